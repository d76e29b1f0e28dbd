import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge_agent import identity
from edge_agent.errors import IdentityError
from edge_agent.identity import Identity

from .authority import Authority


def rewritten(**values: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / identity.DEVICE
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


def gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def spoilt(name: str) -> Callable[[Path], None]:
    return lambda folder: _write_privately(folder / name, b"spoilt")


def _write_privately(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o600)


def test_keygen_makes_a_private_key_and_a_request(tmp_path: Path) -> None:
    path = identity.keygen(tmp_path / "bay", "dev-00000001")
    key = tmp_path / "bay" / identity.KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    request = x509.load_pem_x509_csr(path.read_bytes())
    assert request.subject.rfc4514_string() == "CN=dev-00000001"
    assert isinstance(request.public_key(), Ed25519PublicKey)
    assert request.is_signature_valid


def test_keygen_again_keeps_key_and_name(tmp_path: Path) -> None:
    name = identity.device_id(tmp_path)
    identity.keygen(tmp_path, name)
    key = (tmp_path / identity.KEY).read_bytes()
    assert identity.device_id(tmp_path) == name
    identity.keygen(tmp_path, name)
    assert (tmp_path / identity.KEY).read_bytes() == key


@pytest.mark.parametrize("name", ["short", "Upper-00001", "a" * 41, "dev_00000001"])
def test_keygen_refuses_what_is_no_device_id(tmp_path: Path, name: str) -> None:
    with pytest.raises(IdentityError, match="no device id"):
        identity.keygen(tmp_path, name)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (gone(identity.DEVICE), r"device\.json: No such file.*enrol"),
        (gone(identity.KEY), r"device\.key: No such file.*keygen"),
        (gone(identity.CERTIFICATE), r"device\.crt: No such file.*enrol"),
        (gone(identity.CA), r"ca\.crt: No such file.*enrol"),
        (spoilt(identity.DEVICE), r"device\.json: content: Invalid JSON"),
        (spoilt(identity.KEY), r"device\.key is no Ed25519 key"),
        (spoilt(identity.CERTIFICATE), r"device\.crt is no certificate"),
        (spoilt(identity.CA), r"ca\.crt is no certificate"),
        (rewritten(brokers=[]), r"device\.json: brokers: .*correct it"),
        (rewritten(partition=64), r"device\.json: partition"),
        (rewritten(more=1), r"device\.json: more: Extra"),
        (rewritten(device="dev-00000002"), r"device\.crt is not of dev-00000002"),
        (lambda folder: (folder / identity.KEY).chmod(0o640), "chmod 600"),
    ],
)
def test_a_spoilt_folder_is_told_by_file_and_cure(
    device: Identity, spoil: Callable[[Path], None], says: str
) -> None:
    spoil(device.folder)
    with pytest.raises(IdentityError, match=says):
        identity.load(device.folder)


def test_a_certificate_of_another_key_is_refused(
    device: Identity, authority: Authority, tmp_path: Path
) -> None:
    other = authority.enrol(tmp_path / "other", device.device, [1])
    certificate = (other.folder / identity.CERTIFICATE).read_bytes()
    (device.folder / identity.CERTIFICATE).write_bytes(certificate)
    with pytest.raises(IdentityError, match=r"does not belong to device\.key"):
        identity.load(device.folder)
