"""A loss is named only by a gap that stands in its place."""

import json

from tests.faults.audit import Logged, is_named

CONFIRMED = {"a": 1, "b": 2, "c": 3, "d": 3, "e": 4}
"""``c`` was lost after Odoo had 2; the gap and what came later took its numbers."""


def _log(*uuids: str, lost_from: int = 2) -> list[Logged]:
    gap = json.dumps({"lost_from": lost_from, "lost_to": 2})
    return [
        Logged(
            id=number,
            uuid=uuid,
            device="dev-1",
            seq=number,
            result="accepted",
            effect="none" if uuid == "gap" else "applied",
            code=None,
            kind="gap" if uuid == "gap" else "node",
            raw=gap if uuid == "gap" else "{}",
        )
        for number, uuid in enumerate(uuids, 1)
    ]


def test_a_gap_in_its_place_names_it() -> None:
    assert is_named(CONFIRMED, _log("a", "b", "gap", "d", "e"), "c")


def test_no_gap_one_elsewhere_and_one_of_later_numbers_do_not() -> None:
    assert not is_named(CONFIRMED, _log("a", "b", "d", "e"), "c")
    assert not is_named(CONFIRMED, _log("a", "gap", "b", "d", "e"), "c")
    assert not is_named(CONFIRMED, _log("a", "b", "d", "gap", "e"), "c")
    assert not is_named(CONFIRMED, _log("a", "b", "gap", "d", lost_from=4), "c")
