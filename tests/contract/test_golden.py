"""What bays in the field send and understand must stay understood.

The files are messages as they once went over the wire; see golden/make.py.
"""

import runpy
from pathlib import Path

import pytest

from workbay_contract import answers, batch, board, chain, events, state

GOLDEN = Path(__file__).parent / "golden"
MAKE = runpy.run_path(str(GOLDEN / "make.py"))


def read(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


@pytest.mark.parametrize(
    "name", ["event_node.json", "event_gap.json", "event_checks.json"]
)
def test_an_event_of_old_is_read_and_written_the_same(name: str) -> None:
    assert events.encode_event(events.decode_event(read(name))) == read(name)


def test_a_batch_of_old_still_verifies() -> None:
    old = batch.decode_batch(read("batch.json"))
    old.verify(MAKE["DEVICE_KEY"].public_key())
    assert old.encode() == read("batch.json")
    assert old.raw_events == (read("event_node.json"), read("event_gap.json"))
    assert (
        old.seal
        == answers.read_answer(MAKE["ODOO_KEY"].public_key(), read("answer.json")).seal
    )


def test_a_hello_of_old_is_read() -> None:
    hello = state.read_state(read("hello.json"))
    state.check(MAKE["DEVICE_KEY"].public_key(), hello)
    assert state.encode(hello) == read("hello.json")


def test_a_board_of_old_is_read() -> None:
    public = MAKE["ODOO_KEY"].public_key()
    assert board.read_board(public, read("board.json")) == MAKE["BOARD"]


def test_todays_code_writes_what_it_wrote() -> None:
    sent_by_bays = (
        "event_node.json",
        "event_gap.json",
        "event_checks.json",
        "batch.json",
        "hello.json",
    )
    made = MAKE["messages"]()
    assert {name: made[name] for name in sent_by_bays} == {
        name: read(name) for name in sent_by_bays
    }


def test_a_chain_link_is_what_it_was() -> None:
    link = chain.link(chain.GENESIS, 41, 1, "e" * 64, 1_777_627_800_000, "applied")
    assert link == "a5edeafb4fc8c7333688131b0bce68fe7a557eb04b9ea42e2bf7cbd79be75c06"
