"""Makes the CA and every service's certificate; run it again whenever you like."""

from collections.abc import Sequence
from pathlib import Path

from mqtt_bridge.enrolment import files, leaf
from mqtt_bridge.enrolment.access import refresh_services
from mqtt_bridge.enrolment.authority import Authority
from mqtt_bridge.enrolment.names import BRIDGE, ENROLMENT


def initialise(
    root: Path,
    hosts: Sequence[str],
    bridges: Sequence[str] = (BRIDGE,),
    *,
    anew: bool = False,
) -> list[str]:
    """Make what is missing in ``root`` and renew what ends within 30 days.

    The first bridge's files lie in ``bridge``, a further one's in a folder of its name.

    :param anew: other keys and certificates for all services; the CA stays.
    :return: the files that were made, relative to ``root``.
    :raises AuthorityError: a CA lies there that cannot be used.
    """
    files.folder(root)
    authority = Authority.create(root / "ca")
    names = (*dict.fromkeys((*hosts, "127.0.0.1")),)
    made: list[str] = []

    broker = _folder(authority, root / "broker")
    if leaf.ensure(
        authority, broker, "server", "mosquitto-main", "server", names, anew=anew
    ):
        made.append("broker/server.crt")
    plugin = broker / "dynamic-security.json"
    held = plugin.read_bytes() if plugin.exists() else None
    if files.write_if_changed(
        plugin, refresh_services(held, bridges, ENROLMENT), 0o600
    ):
        made.append("broker/dynamic-security.json")

    for index, name in enumerate(bridges):
        bridge = _folder(authority, root / (name if index else "bridge"))
        if leaf.ensure(authority, bridge, "client", name, "client", anew=anew):
            made.append(f"{bridge.name}/client.crt")
        if leaf.ensure(authority, bridge, "https", name, "server", names, anew=anew):
            made.append(f"{bridge.name}/https.crt")

    enrolment = _folder(authority, root / "enrolment")
    if leaf.ensure(authority, enrolment, "client", ENROLMENT, "client", anew=anew):
        made.append("enrolment/client.crt")
    return made


def _folder(authority: Authority, path: Path) -> Path:
    """A service's folder with the CA's certificate, which is all it needs of the CA."""
    files.folder(path)
    files.write_if_changed(path / "ca.crt", authority.pem, 0o644)
    return path
