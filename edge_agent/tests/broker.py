"""A real Mosquitto with mutual TLS, on a free port."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from .authority import Authority

MOSQUITTO = "/usr/sbin/mosquitto"
START_SECONDS = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """Can be killed and started again on the same port."""

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        server: tuple[Path, Path] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        certificate, key = server or authority.server()
        self._config.write_text(
            f"""
per_listener_settings true
listener {self.port} 127.0.0.1
cafile {authority.ca_path}
certfile {certificate}
keyfile {key}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
set_tcp_nodelay true
persistence false
log_dest file {self._log}
log_type all
user root
"""
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self._log.read_text()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), timeout=1),
            ):
                return
            time.sleep(0.02)  # another process: there is nothing to wait upon
        raise TimeoutError("mosquitto did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def running(folder: Path, authority: Authority) -> Iterator[Mosquitto]:
    broker = Mosquitto(folder, authority)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
