"""The QR code that enrols a bay unit, signed renewals, and the line of Odoo's keys."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbay_contract import enrolment, key_files, keys, succession
from workbay_contract.errors import ContractError, SealError

SECRET = "s" * 43
CA = "a" * 64


def test_the_code_is_read_back_as_it_was_made() -> None:
    text = enrolment.code_text("https://hub.example:8443/", SECRET, CA)
    assert text == f"https://hub.example:8443/enrol#{SECRET}.{CA}"
    code = enrolment.read_enrolment_code(text)
    assert code is not None
    assert (code.url, code.secret, code.ca) == ("https://hub.example:8443", SECRET, CA)
    assert SECRET not in repr(code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"http://hub.example/enrol#{SECRET}.{CA}",
        f"https://hub.example/enrol#{SECRET}",
        f"https://hub.example/enrol?{SECRET}.{CA}",
        f"https://hub.example/b/{SECRET}",
        f"https://hub.example/x/enrol#{SECRET}.{CA}",
        f"https://hub.example/enrol#{SECRET}.{CA.upper()}",
        f"https://hub.example/enrol#short.{CA}",
    ],
)
def test_another_text_is_no_enrolment_code(text: str) -> None:
    assert enrolment.read_enrolment_code(text) is None


def test_a_renewal_is_signed_over_device_body_and_time() -> None:
    key = Ed25519PrivateKey.generate()
    headers = enrolment.sign_renewal(key, "dev-00000001", b"{}", 1000)
    signature = headers["X-Workbay-Signature"]
    public = key.public_key()
    enrolment.check_renewal(public, "dev-00000001", b"{}", 1000, signature, 2000)
    late = 1000 + enrolment.MAX_AGE_MS + 1
    for device, body, at, now in (
        ("dev-00000002", b"{}", 1000, 1000),
        ("dev-00000001", b"{ }", 1000, 1000),
        ("dev-00000001", b"{}", 1001, 1000),
        ("dev-00000001", b"{}", 1000, late),
    ):
        with pytest.raises(SealError):
            enrolment.check_renewal(public, device, body, at, signature, now)


def test_a_line_of_keys_leads_from_any_to_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    line = [key_files.generate(path).public_key()]
    for _ in range(3):
        line.append(key_files.rotate(path).public_key())
    assert key_files.load(path).public_key() == line[-1]
    assert path.with_name("signing.pem.pub").read_text().strip() == keys.public_hex(
        line[-1]
    )
    assert path.stat().st_mode & 0o777 == 0o600
    messages = key_files.read_line(path)
    for start in range(4):
        assert succession.follow(line[start], messages) == line[start:]
    stranger = Ed25519PrivateKey.generate().public_key()
    assert succession.follow(stranger, messages) == [stranger]


def test_only_the_key_itself_names_its_successor() -> None:
    first, second, thief = (Ed25519PrivateKey.generate() for _ in range(3))
    genuine = succession.announce(first, second.public_key(), 1)
    change = succession.read_change(first.public_key(), genuine)
    assert change.key == keys.public_hex(second)
    for message in (
        succession.announce(thief, second.public_key(), 1),
        genuine.replace(genuine[20:24], "AAAA"),
        "{}",
    ):
        with pytest.raises(ContractError):
            succession.read_change(first.public_key(), message)


def test_a_rotation_that_was_broken_off_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    old = key_files.generate(path).public_key()
    following = key_files.generate(tmp_path / "signing.pem.next")
    announced = succession.announce(key_files.load(path), following.public_key(), 1)
    key_files.line_file(path).write_text(announced + "\n")
    assert key_files.rotate(path).public_key() == following.public_key()
    assert key_files.read_line(path) == [announced]
    assert succession.follow(old, [announced]) == [old, following.public_key()]
    assert not (tmp_path / "signing.pem.next").exists()
