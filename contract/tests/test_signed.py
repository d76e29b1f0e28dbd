import base64
import json
import zlib
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbay_contract import answers, board, key_files, keys, signed, wording
from workbay_contract.errors import ContractError, OversizeError, SealError

KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
PUBLIC = KEY.public_key()
ANSWER = answers.Outcomes(
    device="dev-00000001",
    server_time=1,
    seal="c" * 64,
    outcomes=(
        answers.Outcome(seq=1, result="accepted", effect="applied"),
        answers.Outcome(
            seq=2,
            result="rejected",
            code="photos_missing",
            params={"need": 1, "have": 0},
        ),
        answers.Outcome(seq=3, result="retry", code="busy"),
    ),
)
BOARD = board.Board(
    device="dev-00000001",
    bay=UUID(int=1),
    version=1,
    made_at=1,
    store="S001",
    bay_name="Bay 1",
    lang="zh_CN",
    processes={},
    persons=(),
    orders=(),
)


def test_an_answer_comes_back_as_it_was() -> None:
    message = answers.sign_answer(KEY, ANSWER)
    assert answers.read_answer(PUBLIC, message) == ANSWER
    assert [outcome.is_final for outcome in ANSWER.outcomes] == [True, True, False]


def test_a_board_comes_back_as_it_was() -> None:
    assert board.read_board(PUBLIC, board.sign_board(KEY, BOARD)) == BOARD


def test_only_odoos_key_is_believed() -> None:
    message = answers.sign_answer(Ed25519PrivateKey.generate(), ANSWER)
    with pytest.raises(SealError):
        answers.read_answer(PUBLIC, message)


def test_a_board_never_passes_for_an_answer() -> None:
    with pytest.raises(SealError):
        answers.read_answer(PUBLIC, board.sign_board(KEY, BOARD))


@pytest.mark.parametrize("position", range(0, 600, 37))
def test_any_changed_byte_is_noticed(position: int) -> None:
    message = bytearray(answers.sign_answer(KEY, ANSWER).encode())
    message[position % len(message)] ^= 1
    with pytest.raises(ContractError):
        answers.read_answer(PUBLIC, bytes(message))


def test_a_small_message_cannot_unpack_to_a_huge_one() -> None:
    text = base64.b64encode(zlib.compress(b" " * (signed.MAX_BODY_BYTES + 1))).decode()
    signature = KEY.sign(f"workbay-board-v1\n{text}".encode()).hex()
    message = json.dumps({"v": 1, "body": text, "sig": signature})
    assert len(message) < signed.MAX_MESSAGE_BYTES
    with pytest.raises(OversizeError):
        signed.unwrap(PUBLIC, "board", message)


def test_a_generated_key_is_private_and_stays(tmp_path) -> None:
    path = tmp_path / "odoo.key"
    key = key_files.generate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.public_hex(key_files.generate(path)) == keys.public_hex(key)
    assert (tmp_path / "odoo.key.pub").read_text().strip() == keys.public_hex(key)


def test_every_code_has_its_sentence_in_both_languages() -> None:
    tables = (wording.WORDING, wording.ROLES, wording.REASONS)
    for table in tables:
        for code, texts in table.items():
            assert set(texts) == {"en_US", "zh_CN"}, code


def test_a_sentence_names_roles_and_survives_missing_parameters() -> None:
    params = {"roles": ["technician", "qc"]}
    assert wording.word("role_missing", params, "zh_CN").endswith("技师、质检员。")
    assert "quality inspector" in wording.word("role_missing", params, "fr_FR")
    assert "{need}" in wording.word("photos_missing", {}, "en_US")
    assert wording.word("from_the_future", {}, "en_US") == "from_the_future"
