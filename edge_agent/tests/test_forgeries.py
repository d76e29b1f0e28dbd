"""10,000 forged outcomes and 10,000 forged boards: a bay takes none of them."""

import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.outbox import FILE, Outbox
from workbay_contract import keys
from workbay_contract.batch import decode_batch
from workbay_contract.succession import announce
from workbay_contract.topics import Leaf

from . import making
from .authority import Authority
from .forging import BOARDS, OUTCOMES, SIGNATURE_ALONE, Scene, Way
from .test_conversation import Wire

COUNT = 10_000
SEED = int(os.environ.get("WORKBAY_FORGERIES_SEED", "5"))


class Target:
    """A bay that is on-line, holds a board, and has a batch on its way."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        device = authority.enrol(folder / "bay", "dev-00000001", [1])
        other = authority.enrol(folder / "other", "dev-00000002", [1])
        self.odoo = Ed25519PrivateKey.generate()
        self.outbox = Outbox(device.folder / FILE, device)
        self.wire = Wire(device, self.outbox, authority)
        self.wire.up()
        self.wire.welcome()
        self.wire.record(2)
        [(_leaf, first)] = self.wire.act()
        self.wire.got("outcomes", making.signed(authority.odoo, making.outcomes(first)))
        # Odoo's key was followed by another one since the bay was enrolled.
        self.wire.got(
            "outcomes",
            announce(authority.odoo, self.odoo.public_key(), 1).encode(),
        )
        held = making.board(device, 2)
        self.wire.got("board", making.board_message(self.odoo, held))
        self.wire.record(3)
        [(_leaf, payload)] = self.wire.act()
        self.scene = Scene(
            odoo=self.odoo,
            former=authority.odoo,
            device=device,
            other=other,
            batch=decode_batch(payload),
            settled=decode_batch(first),
            board=held,
            under_way=making.board(device, 3),
        )

    def state(self) -> tuple[object, ...]:
        """Whatever a message that was taken would change."""
        talk, outbox = self.wire.talk, self.outbox
        return (
            outbox.changes.version,
            outbox.board_version,
            keys.public_hex(talk.identity.odoo),
            talk.in_flight,
            talk.talk,
            self.wire.time.now().least,
        )


@pytest.fixture
def target(authority: Authority, tmp_path: Path) -> Iterator[Target]:
    target = Target(authority, tmp_path)
    yield target
    target.outbox.close()


def _try(
    target: Target, leaf: Leaf, ways: Mapping[str, Way], count: int
) -> tuple[Counter[str], Counter[str]]:
    """Have each way's messages received in turn.

    :return: by way, how many were tried and how many changed something.
    """
    chance = Random(f"{SEED} {leaf}")
    tried: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    names = list(ways)
    while tried.total() < count:
        name = names[tried.total() % len(names)]
        before = target.state()
        target.wire.got(leaf, ways[name](chance, target.scene))
        tried[name] += 1
        if target.state() != before:
            taken[name] += 1
    return tried, taken


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Each of them is a warning; kept, 10,000 of them cost more than the test."""
    caplog.set_level(logging.ERROR, "edge_agent.conversation")


def test_no_forged_outcome_settles_anything(target: Target) -> None:
    tried, taken = _try(target, "outcomes", OUTCOMES, COUNT)
    assert (tried.total(), taken) == (COUNT, Counter())
    # It was for their falseness: the genuine one is taken.
    target.wire.got("outcomes", target.scene.outcomes())
    assert target.outbox.counts().events == 0
    assert [row.result for row in target.outbox.recent(3)] == ["accepted"] * 3


def test_no_forged_board_is_shown(target: Target) -> None:
    tried, taken = _try(target, "board", BOARDS, COUNT)
    assert (tried.total(), taken) == (COUNT, Counter())
    target.wire.got("board", target.scene.next_board())
    assert target.outbox.board == target.scene.under_way


@pytest.mark.parametrize(("leaf", "ways"), [("outcomes", OUTCOMES), ("board", BOARDS)])
def test_a_bay_that_looks_at_no_signature_is_found_out(
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    leaf: Leaf,
    ways: Mapping[str, Way],
) -> None:
    """Each way that only the signature tells is one that it is needed for."""
    monkeypatch.setattr(keys, "check", lambda *_: None)
    chance = Random(SEED)
    for name in sorted(SIGNATURE_ALONE):
        target = Target(authority, tmp_path / name)
        before = target.state()
        for _ in range(100):  # a byte of the body may fall where no number allows it
            target.wire.got(leaf, ways[name](chance, target.scene))
        assert target.state() != before, name
        target.outbox.close()
