"""Keys and certificates change under a running bridge, which loses nothing by it."""

import ssl
from collections.abc import Callable
from pathlib import Path

from mqtt_bridge.bridge import Bridge
from mqtt_bridge.enrolment.init import initialise
from mqtt_bridge.testing.broker import Broker, wait_for
from mqtt_bridge.testing.odoo import FakeOdoo

NEW_KEY = "fedcba9876543210-key"


def test_another_api_key_is_read_without_a_restart(
    start_bridge: Callable[..., Bridge], odoo: FakeOdoo, key_file: Path
) -> None:
    bridge = start_bridge()
    odoo.keys.add(NEW_KEY)
    part = key_file.with_suffix(".part")
    part.write_text(NEW_KEY + "\n")
    part.replace(key_file)

    def uses_it() -> bool:
        return odoo.headers[-1]["Authorization"] == f"bearer {NEW_KEY}"

    assert wait_for(uses_it)
    odoo.keys = {NEW_KEY}
    calls = len(odoo.calls)
    assert wait_for(lambda: len(odoo.calls) > calls + 5)
    assert bridge.health()[0]


def test_other_certificates_are_shown_without_a_restart(
    start_bridge: Callable[..., Bridge],
    environment: dict[str, str],
    pki: Path,
    broker: Broker,
) -> None:
    bridge = start_bridge()
    address = ("localhost", int(environment["BRIDGE_HTTP_PORT"]))
    shown = ssl.get_server_certificate(address)
    initialise(pki, ["localhost"], anew=True)
    bridge.look_at_keys()
    assert ssl.get_server_certificate(address) != shown
    assert bridge.health()[0], "the connection that stands was not cut"
    # And the broker, started anew with its own new certificate, takes us in again.
    broker.stop()
    assert wait_for(lambda: not bridge.health()[0])
    broker.start()
    assert wait_for(lambda: bridge.health()[0], 15)


def test_half_a_pair_is_not_taken(
    start_bridge: Callable[..., Bridge], environment: dict[str, str], pki: Path
) -> None:
    bridge = start_bridge()
    address = ("localhost", int(environment["BRIDGE_HTTP_PORT"]))
    shown = ssl.get_server_certificate(address)
    certificate = (pki / "bridge/https.crt").read_bytes()
    initialise(pki, ["localhost"], anew=True)
    newer = (pki / "bridge/https.crt").read_bytes()
    (pki / "bridge/https.crt").write_bytes(certificate)
    bridge.look_at_keys()
    assert ssl.get_server_certificate(address) == shown
    (pki / "bridge/https.crt").write_bytes(newer)
    bridge.look_at_keys()
    assert ssl.get_server_certificate(address) != shown
