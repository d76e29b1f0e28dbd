import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mqtt_bridge.certificate import common_name
from mqtt_bridge.enrolment import authority, leaf
from mqtt_bridge.enrolment.__main__ import main
from mqtt_bridge.enrolment.access import render_broker_file
from mqtt_bridge.enrolment.authority import Authority
from mqtt_bridge.enrolment.errors import AuthorityError
from mqtt_bridge.enrolment.init import initialise
from mqtt_bridge.enrolment.names import BRIDGE, ENROLMENT
from mqtt_bridge.testing.broker import ONE, TWO, Broker, Client, wait_for

EXPECTED = {
    "ca/ca.key",
    "ca/ca.crt",
    "broker/server.crt",
    "broker/server.key",
    "broker/ca.crt",
    "broker/dynamic-security.json",
    "bridge/client.crt",
    "bridge/client.key",
    "bridge/https.crt",
    "bridge/https.key",
    "bridge/ca.crt",
    "enrolment/client.crt",
    "enrolment/client.key",
    "enrolment/ca.crt",
}


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_init_makes_everything_once(tmp_path: Path) -> None:
    assert main(["init", "--dir", str(tmp_path), "--host", "localhost"]) == 0
    first = tree(tmp_path)
    assert set(first) == EXPECTED
    assert main(["init", "--dir", str(tmp_path), "--host", "localhost"]) == 0
    assert tree(tmp_path) == first


def test_keys_are_the_owners_alone(pki: Path) -> None:
    for path in pki.rglob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((pki / "ca").stat().st_mode) == 0o700


def test_the_ca_key_lies_nowhere_else(pki: Path) -> None:
    secret = (pki / "ca/ca.key").read_bytes()
    assert [n for n, data in tree(pki).items() if data == secret] == ["ca/ca.key"]


def test_server_certificates_name_hosts_and_loopback(tmp_path: Path) -> None:
    initialise(tmp_path, ["bay.example", "192.168.7.4"])
    names = load(tmp_path / "bridge/https.crt").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["bay.example"]
    addresses = names.value.get_values_for_type(x509.IPAddress)
    assert [str(address) for address in addresses] == ["192.168.7.4", "127.0.0.1"]


def test_a_new_host_renews_only_the_servers(pki: Path) -> None:
    before = tree(pki)
    made = initialise(pki, ["localhost", "bay.example"])
    assert made == ["broker/server.crt", "bridge/https.crt"]
    after = tree(pki)
    assert {n for n in after if after[n] != before[n]} == set(made)


def test_what_ends_within_thirty_days_is_renewed(
    pki: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (pki / "bridge/client.key").read_bytes()
    soon = datetime.now(UTC) + timedelta(days=authority.LEAF_DAYS - 29)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return soon

    monkeypatch.setattr(authority, "datetime", Later)
    monkeypatch.setattr(leaf, "datetime", Later)
    assert len(initialise(pki, ["localhost"])) == 4
    assert load(pki / "bridge/client.crt").not_valid_after_utc > soon + timedelta(300)
    assert (pki / "bridge/client.key").read_bytes() == key
    assert initialise(pki, ["localhost"]) == []


def test_validity_is_ten_years_and_one(pki: Path) -> None:
    now = datetime.now(UTC)
    assert 3648 < (load(pki / "ca/ca.crt").not_valid_after_utc - now).days < 3651
    assert 363 < (load(pki / "broker/server.crt").not_valid_after_utc - now).days < 366


@pytest.mark.parametrize("lost", sorted(EXPECTED - {"ca/ca.key", "ca/ca.crt"}))
def test_what_was_lost_is_made_again(pki: Path, lost: str) -> None:
    (pki / lost).unlink()
    initialise(pki, ["localhost"])
    assert set(tree(pki)) == EXPECTED


def test_a_start_interrupted_after_the_key_goes_on(pki: Path) -> None:
    key = (pki / "ca/ca.key").read_bytes()
    (pki / "ca/ca.crt").unlink()
    initialise(pki, ["localhost"])
    assert (pki / "ca/ca.key").read_bytes() == key
    assert Authority.open(pki / "ca").has_signed(load(pki / "bridge/client.crt"))


def test_a_lost_ca_key_stops_and_is_not_replaced(
    pki: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pki / "ca/ca.key").unlink()
    assert main(["init", "--dir", str(pki), "--host", "localhost"]) == 1
    assert "ca.key" in capsys.readouterr().err
    assert not (pki / "ca/ca.key").exists()


def test_key_and_certificate_of_different_cas_are_refused(
    pki: Path, tmp_path: Path
) -> None:
    other = Authority.create(tmp_path / "other")
    (pki / "ca/ca.crt").write_bytes(other.pem)
    with pytest.raises(AuthorityError, match="do not belong together"):
        initialise(pki, ["localhost"])


def test_a_certificate_of_a_foreign_ca_is_replaced(pki: Path, tmp_path: Path) -> None:
    other = Authority.create(tmp_path / "other")
    path = pki / "bridge/client.crt"
    foreign = other.sign(BRIDGE, load(path).public_key(), "client")  # type: ignore[arg-type]
    path.write_bytes(foreign.public_bytes(Encoding.PEM))
    assert initialise(pki, ["localhost"]) == ["bridge/client.crt"]


@pytest.mark.parametrize("name", ["dev-00000001", "bridge", "Bridge-Main", "bridge-x"])
def test_a_bridge_has_a_bridges_name(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["init", "--dir", str(tmp_path), "--host", "localhost", "--bridge", name]
    if name == "bridge-x":  # just long enough
        assert main(command) == 0
        return
    with pytest.raises(SystemExit):
        main(command)
    assert "bridge-" in capsys.readouterr().err


def test_each_further_bridge_has_its_own_folder_and_rights(tmp_path: Path) -> None:
    initialise(tmp_path, ["localhost"], [BRIDGE, "bridge-main-02"])
    assert common_name(load(tmp_path / "bridge-main-02/client.crt")) == (
        "bridge-main-02"
    )
    assert b"bridge-main-02" in (tmp_path / "broker/dynamic-security.json").read_bytes()


def test_init_keeps_the_devices_that_a_broker_wrote_down(
    broker: Broker, pki: Path
) -> None:
    initialise(pki, ["localhost"], [BRIDGE, "bridge-main-02"])
    assert broker.clients() == {
        ONE.device,
        TWO.device,
        BRIDGE,
        "bridge-main-02",
        ENROLMENT,
    }


def test_a_device_called_like_a_service_gets_no_rights(pki: Path) -> None:
    impostor = ONE.model_copy(update={"device": "enrolment-main-02"})
    assert b"enrolment-main-02" not in render_broker_file(
        (impostor,), (BRIDGE,), ENROLMENT
    )


def test_a_damaged_plugin_file_is_made_anew(pki: Path) -> None:
    path = pki / "broker/dynamic-security.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    initialise(pki, ["localhost"])
    assert path.read_bytes() == whole


def test_a_renewed_broker_still_serves(pki: Path) -> None:
    initialise(pki, ["localhost", "bay.example"])
    broker = Broker(pki, (ONE,))
    broker.start()
    try:
        bridge = Client(pki / "bridge", broker.port)
        assert wait_for(lambda: bridge.connected == [0])
        bridge.close()
    finally:
        broker.stop()
