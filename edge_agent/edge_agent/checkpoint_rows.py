"""Odoo's checkpoints as this bay first heard them; the part of the outbox about them.

Kept for ever and never changed: whoever rewrites Odoo's log is contradicted from here.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection, insert, select

from edge_agent.tables import CheckpointRow
from workbay_contract.checkpoint import Checkpoint, agrees
from workbay_contract.errors import SealError

_Transaction = Callable[[], AbstractContextManager[Connection]]

_logger = logging.getLogger(__name__)


class CheckpointRows:
    """Safe from any thread.

    :ivar newest: the newest one held that agrees with all before it.
    :ivar contradicted: number of the first one that did not.
    """

    def __init__(self, read: _Transaction) -> None:
        self._read = read
        self.newest: Checkpoint | None = None
        self.contradicted: int | None = None
        self.refresh()

    def keep(self, db: Connection, offered: Sequence[Checkpoint]) -> bool:
        """Keep what is new of a verified board's; what disagrees is kept as such.

        :return: whether there was any: ``refresh`` once the transaction is committed.
        """
        if not offered:
            return False
        is_news = False
        known = {
            (row.number, row.hash)
            for row in db.execute(
                select(CheckpointRow.number, CheckpointRow.hash).where(
                    CheckpointRow.number >= offered[0].number - 1
                )
            )
        }
        held = dict(
            db.execute(
                select(CheckpointRow.number, CheckpointRow.hash).where(
                    CheckpointRow.number >= offered[0].number - 1,
                    CheckpointRow.agrees,
                )
            )
            .tuples()
            .all()
        )
        for checkpoint in offered:
            if (checkpoint.number, checkpoint.hash) in known:
                continue
            try:
                checkpoint.verify()
            except SealError:
                _logger.error("Checkpoint %s is not signed", checkpoint.number)
                continue
            fits = agrees(held, checkpoint)
            if fits:
                held[checkpoint.number] = checkpoint.hash
            else:
                _logger.critical(
                    "Checkpoint %s contradicts what this bay holds: Odoo's log was"
                    " rewritten",
                    checkpoint.number,
                )
            is_news = True
            db.execute(
                insert(CheckpointRow),
                {
                    "number": checkpoint.number,
                    "hash": checkpoint.hash,
                    "agrees": fits,
                    "message": checkpoint.model_dump_json().encode(),
                },
            )
        return is_news

    def refresh(self) -> None:
        """Look again at what is held."""
        kept, refused = self.held()
        self.newest = kept[-1] if kept else None
        self.contradicted = refused[0].number if refused else None

    def held(self) -> tuple[list[Checkpoint], list[Checkpoint]]:
        """All that agree, by number, and those that do not, as they came."""
        with self._read() as db:
            rows = db.execute(
                select(CheckpointRow.agrees, CheckpointRow.message).order_by(
                    CheckpointRow.number, CheckpointRow.id
                )
            ).all()
        kept: list[Checkpoint] = []
        refused: list[Checkpoint] = []
        for row in rows:
            checkpoint = Checkpoint.model_validate_json(row.message)
            (kept if row.agrees else refused).append(checkpoint)
        return kept, refused
