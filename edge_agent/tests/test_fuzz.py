"""Whatever comes on a bay's topics: it is ignored, and the bay goes on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import garbling
from tests.support.garbling import FUZZ
from workbay_contract import signed, state
from workbay_contract.answers import Refused, Welcome, read_answer
from workbay_contract.batch import GENESIS
from workbay_contract.board import read_board
from workbay_contract.signed import Purpose
from workbay_contract.state import Command
from workbay_contract.topics import Leaf
from workbay_contract.types import Message

from . import making
from .authority import Authority
from .test_forgeries import Target


@pytest.fixture(scope="module")
def target(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    target = Target(authority, tmp_path_factory.mktemp("fuzz"))
    yield target
    target.outbox.close()


def _values(message: Message) -> Any:
    return message.model_dump(mode="json")


def _receive(target: Target, leaf: Leaf, payload: bytes) -> None:
    """What comes is ignored, in one line of the log, and changes nothing."""
    before = target.state()
    target.wire.got(leaf, payload)
    assert target.state() == before


@pytest.mark.parametrize("leaf", ["outcomes", "board"])
@given(data=st.data())
@FUZZ
def test_what_odoo_did_not_sign(
    target: Target, leaf: Leaf, data: st.DataObject
) -> None:
    genuine = (
        target.scene.outcomes() if leaf == "outcomes" else target.scene.next_board()
    )
    payload = data.draw(garbling.payloads(json.loads(genuine)))
    if not _is_the_same(payload, genuine):
        _receive(target, leaf, payload)


def _is_the_same(payload: bytes, genuine: bytes) -> bool:
    """Whether only what stands outside the signature was changed."""
    try:
        changed = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    names = ("body", "sig")
    kept = [json.loads(genuine)[name] for name in names]
    return isinstance(changed, dict) and [changed.get(n) for n in names] == kept


def _answers(target: Target) -> list[Any]:
    batch = target.scene.batch
    device = target.scene.device.device
    return [
        _values(making.outcomes(batch)),
        _values(
            Refused(
                device=device,
                server_time=making.SERVER_MS,
                payload=batch.seal,
                code="seal",
                last_seq=1,
                last_seal=GENESIS,
            )
        ),
        _values(
            Welcome(
                device=device,
                server_time=making.SERVER_MS,
                nonce=GENESIS,
                last_seq=1,
                last_seal=GENESIS,
                board=3,
            )
        ),
    ]


@pytest.mark.parametrize("purpose", ["answer", "board", "key"])
@given(data=st.data())
@FUZZ
def test_what_odoo_signed_and_nobody_understands(
    target: Target, purpose: Purpose, data: st.DataObject
) -> None:
    """An Odoo of another version, or one with a fault: no bay stops for it."""
    if purpose == "answer":
        message = data.draw(st.sampled_from(_answers(target)))
    elif purpose == "board":
        message = _values(target.scene.under_way)
    else:
        message = {"former": GENESIS, "key": GENESIS, "at": 1}
    payload = data.draw(garbling.payloads(message))
    try:
        sealed = signed.sign(target.odoo, purpose, payload).encode()
    except ValueError:  # larger than Odoo can send
        return
    leaf: Leaf = "board" if purpose == "board" else "outcomes"
    before = target.state()
    target.wire.got(leaf, sealed)
    if target.state() != before:
        # Changed so little that it still is a message: then it was Odoo's word.
        assert purpose != "key"
        read = read_board if purpose == "board" else read_answer
        assert read(target.odoo.public_key(), sealed)


@given(payload=garbling.payloads({"v": 1, "command": "resend"}))
@FUZZ
def test_commands(target: Target, payload: bytes) -> None:
    _receive(target, "commands", payload)


def test_the_bay_still_works_after_all_that(
    authority: Authority, tmp_path: Path
) -> None:
    """A bay of its own, for the others' state depends on what was drawn."""
    target = Target(authority, tmp_path)
    for payload in (b"", b"\xff", b"[" * 60_000, b"{}", b"null", b'{"v":1}'):
        for leaf in ("outcomes", "board", "commands"):
            _receive(target, leaf, payload)  # type: ignore[arg-type]
    sent = target.wire.got("commands", state.encode(Command(command="resend")))
    assert sent == [("events", target.scene.batch.encode())]
    target.wire.got("outcomes", target.scene.outcomes())
    assert target.outbox.counts().events == 0
    target.outbox.close()
