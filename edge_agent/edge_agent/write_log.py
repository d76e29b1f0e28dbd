"""SQLite's write-ahead log, kept so that a tap waits for nothing but its own bytes."""

import logging
import sqlite3
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from edge_agent.tables import driver_of

ROOM = 4 * 1024 * 1024
"""Bytes: what SQLite lets the log grow to before it writes it over from its start
(``wal_autocheckpoint``, 1,000 pages by default)."""

TAKE_BACK = "DROP TABLE IF EXISTS room"

_logger = logging.getLogger(__name__)


def make_room(engine: Engine, path: Path) -> bool:
    """Let the log have its full size now, unless it has it already.

    A commit that lengthens a file waits for the file system's own journal, and with it
    for whatever else is on its way to that disk: 17 ms in one tap of thirty and 66 at
    most, where one that writes over what is there takes 1 to 8. The log goes with the
    last connection of an orderly end, so each start would pay for it, tap by tap.

    :param engine: as ``tables.open_engine`` gives it; nobody reads or writes beside.
    :param path: the database's file.
    :return: whether the room is there; a full disk has none, and needs no more than
        what a commit asks for.
    """
    log = path.with_name(f"{path.name}-wal")
    writer = engine.execution_options(write=True)
    try:
        with writer.begin() as db:  # of a start that was cut short
            db.exec_driver_sql(TAKE_BACK)
        if log.stat().st_size < ROOM:
            with writer.begin() as db:
                db.exec_driver_sql("CREATE TABLE room (filling BLOB)")
                db.exec_driver_sql("INSERT INTO room VALUES (zeroblob(?))", (ROOM,))
            with writer.begin() as db:
                db.exec_driver_sql(TAKE_BACK)
    except DatabaseError as error:
        _logger.warning("No room for %s: %s", log.name, error.orig)
        return False
    return True


def copy_log(engine: Engine) -> None:
    """Copy into the database's file what the log holds, beside whoever writes.

    Else the commit that fills the log does so, and the tap behind it waits for a
    thousand pages: 86 ms were seen.
    """
    with engine.connect() as reader:
        try:
            driver_of(reader).execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:  # events need no more room than they did
            _logger.warning("The log of writes stays as it is: %s", error)
