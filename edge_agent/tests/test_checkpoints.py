"""What a bay keeps of Odoo's checkpoints, and how it contradicts a rewritten log."""

import sqlite3
from pathlib import Path

import pytest

from edge_agent.__main__ import main
from edge_agent.health import HealthProbe
from edge_agent.identity import Identity
from edge_agent.media import MediaStore
from edge_agent.outbox import FILE, Outbox
from workbay_contract.checkpoint import (
    GENESIS,
    Checkpoint,
    read_held,
    sign_checkpoint,
)

from . import making
from .authority import Authority


@pytest.fixture
def chain(authority: Authority) -> list[Checkpoint]:
    made: list[Checkpoint] = []
    for number in range(1, 10):
        prev = made[-1].hash if made else GENESIS
        root = f"{number:064x}"
        made.append(sign_checkpoint(authority.odoo, number, prev, root, 1, number))
    return made


def take(
    outbox: Outbox, device: Identity, authority: Authority, *checkpoints: Checkpoint
) -> None:
    board = making.board(device, outbox.board_version + 1, checkpoints=checkpoints)
    outbox.store_board(making.board_message(authority.odoo, board), board)


def probe(outbox: Outbox, device: Identity) -> HealthProbe:
    media = MediaStore(device.folder / "media", outbox, budget=10**6, reserve=0)
    return HealthProbe(outbox, media, camera=lambda: True)


def test_checkpoints_of_boards_are_kept_once_over_restarts(
    outbox: Outbox, device: Identity, authority: Authority, chain: list[Checkpoint]
) -> None:
    take(outbox, device, authority)
    assert outbox.checkpoints.newest is None
    take(outbox, device, authority, *chain[:3])
    take(outbox, device, authority, *chain[1:5])
    outbox.close()
    again = Outbox(device.folder / FILE, device)
    kept, refused = again.checkpoints.held()
    again.close()
    assert (kept, refused) == (chain[:5], [])
    assert again.checkpoints.newest == chain[4]


def test_another_root_under_a_known_number_raises_the_alarm(
    outbox: Outbox, device: Identity, authority: Authority, chain: list[Checkpoint]
) -> None:
    take(outbox, device, authority, *chain[:3])
    forged = sign_checkpoint(authority.odoo, 3, chain[1].hash, "f" * 64, 1, 3)
    take(outbox, device, authority, forged)
    health = probe(outbox, device)()
    assert health.checkpoint == chain[2].mark, "what came first stays"
    assert health.contradicted == 3
    assert outbox.counts().contradicted == 3
    assert outbox.checkpoints.held() == (chain[:3], [forged])


def test_a_checkpoint_that_names_another_one_before_it_raises_the_alarm(
    outbox: Outbox, device: Identity, authority: Authority, chain: list[Checkpoint]
) -> None:
    take(outbox, device, authority, *chain[:2])
    forged = sign_checkpoint(authority.odoo, 3, "e" * 64, "f" * 64, 1, 3)
    take(outbox, device, authority, forged)
    assert outbox.checkpoints.contradicted == 3


def test_a_bay_that_was_away_goes_on_where_the_board_begins(
    outbox: Outbox, device: Identity, authority: Authority, chain: list[Checkpoint]
) -> None:
    take(outbox, device, authority, *chain[:2])
    take(outbox, device, authority, *chain[6:])
    assert outbox.checkpoints.contradicted is None
    assert outbox.checkpoints.newest == chain[-1]


def test_nobody_changes_what_is_kept(
    outbox: Outbox, device: Identity, authority: Authority, chain: list[Checkpoint]
) -> None:
    take(outbox, device, authority, *chain[:2])
    outbox.close()
    db = sqlite3.connect(device.folder / FILE)
    for query in (
        "DELETE FROM checkpoints",
        "UPDATE checkpoints SET hash = 'x' WHERE number = 1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="kept as they came"):
            db.execute(query)
    db.close()


def test_the_command_exports_what_the_bay_signs(
    outbox: Outbox,
    device: Identity,
    authority: Authority,
    chain: list[Checkpoint],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    take(outbox, device, authority, *chain[:2])
    command = ["checkpoints", "--data", str(device.folder)]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{each.number} {each.hash} {each.root}" for each in chain[:2]
    ]
    forged = sign_checkpoint(authority.odoo, 2, chain[0].hash, "f" * 64, 1, 2)
    take(outbox, device, authority, forged)
    file = tmp_path / "held.json"
    assert main([*command, "--export", str(file)]) == 1
    assert "Checkpoint 2 came as" in capsys.readouterr().err
    held = read_held(file.read_bytes())
    held.verify(device.key.public_key())
    assert held.checkpoints == tuple(chain[:2])
    assert held.contradictions == (forged,)
