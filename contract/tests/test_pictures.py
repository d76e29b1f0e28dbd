"""The request for a step's picture, and what it costs a board."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from workbay_contract import media, pictures
from workbay_contract.board import BoardStep
from workbay_contract.errors import SealError

KEY = Ed25519PrivateKey.generate()
NOW = 1_780_000_000_000
SHA = "ab" * 32


def check(
    sha256: str = SHA, device: str = "dev-00000001", now: int = NOW, at: int = NOW
) -> None:
    said = pictures.sign_fetch(KEY, "dev-00000001", SHA, NOW)
    signature = said[media.HEADER_SIGNATURE]
    pictures.check_fetch(KEY.public_key(), device, sha256, at, signature, now)


def test_a_request_is_its_devices_for_one_picture_and_a_few_minutes() -> None:
    check()
    for wrong in (
        {"sha256": "cd" * 32},
        {"device": "dev-00000002"},
        {"at": NOW + 1},
        {"now": NOW + media.MAX_AGE_MS + 1},
        {"now": NOW - media.MAX_AGE_MS - 1},
    ):
        with pytest.raises(SealError):
            check(**wrong)  # type: ignore[arg-type]


def test_an_uploads_signature_fetches_nothing() -> None:
    upload = media.sign_upload(KEY, "dev-00000001", SHA, NOW, "GET")
    with pytest.raises(SealError):
        pictures.check_fetch(
            KEY.public_key(),
            "dev-00000001",
            SHA,
            NOW,
            upload[media.HEADER_SIGNATURE],
            NOW,
        )


def test_a_step_without_a_picture_stands_on_a_board_as_ever() -> None:
    bare = BoardStep(name={"en_US": "Look"})
    assert "picture" not in bare.model_dump(mode="json")
    assert BoardStep.model_validate_json(bare.model_dump_json()) == bare
    shown = bare.model_copy(update={"picture": SHA})
    assert json.loads(shown.model_dump_json())["picture"] == SHA
    assert BoardStep.model_validate_json(shown.model_dump_json()) == shown
    with pytest.raises(ValidationError):
        BoardStep(name={}, picture="../secret")


@pytest.mark.parametrize(
    ("told", "tool"),
    [
        (None, {}),
        ("Caliper", {"en_US": "Caliper"}),
        ({"zh_CN": "游标卡尺"}, {"zh_CN": "游标卡尺"}),
    ],
)
def test_a_board_of_old_tells_a_tool_in_one_language(told: object, tool: dict) -> None:
    assert BoardStep.model_validate({"name": {}, "tool": told}).tool == tool
