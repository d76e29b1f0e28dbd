"""Is this machine fit: Debian-like, with room, with free ports?"""

import contextlib
import shutil
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from workbay_deploy.errors import SettingsError, SetupError

NEEDED_BYTES = 4 * 1024**3


def check_debian(os_release: Path = Path("/etc/os-release")) -> None:
    """Packages come by apt, so the system has to be Debian or derived from it."""
    words: set[str] = set()
    if os_release.is_file():
        for line in os_release.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            if name in {"ID", "ID_LIKE"}:
                words.update(value.strip('"').split())
    if "debian" not in words or shutil.which("apt-get") is None:
        raise SetupError(
            "This is not a Debian system, and Workbay installs its packages by apt: "
            "use Debian 12, on a machine of its own or in a container."
        )


def check_disk(folder: Path, needed: int = NEEDED_BYTES) -> None:
    """Refuse to begin what the disk cannot hold."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise SetupError(
            f"{existing} has {free / 1024**3:.1f} GB free and Workbay needs "
            f"{needed / 1024**3:.0f} GB: make room or choose another by --runtime."
        )


def port_is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a service could listen there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            listener.bind((address, port))
            return True
    return False


def check_ports(ports: Mapping[str, int], ours: Iterable[int], address: str) -> None:
    """Every taken port at once; ``ours`` are held by our own running services."""
    held = set(ours)
    taken = [
        f"{option}: port {port} is taken by another program; stop that or give another"
        for option, port in ports.items()
        if port not in held and not port_is_free(port, address)
    ]
    if taken:
        raise SettingsError(taken)


def free_port() -> int:
    """A port that nobody listens at just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def boot_id() -> str:
    """Another one each time the machine has started."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
