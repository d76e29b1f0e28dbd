"""Power cuts and disks that fail, and two that lie."""

import contextlib
import errno
import random
import sqlite3
import time
from pathlib import Path

from edge_agent.outbox import FILE
from tests.faults.bays import Bay
from tests.faults.control import Mode
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from workbay_deploy.readiness import wait_until


def _cut(name: str, mode: Mode, seen_as: str) -> None:
    @kind(name, "bay", 4)
    def cut(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        with run.loaded(bay):
            waiting, struck = bay.waiting, bay.control.struck
            bay.control.set(mode, countdown=chance.randint(0, 4))
            bay.tap(4)
            seen = bay.wait(lambda: bay.control.struck > struck and not bay.is_alive, 6)
            bay.control.heal()
            bay.kill()
            bay.start()
        return Effect(seen_as, waiting) if seen else None


_cut("disk.torn_write", "torn", "ended in the middle of a write")
_cut("disk.cut_before_sync", "kill_before_sync", "ended before its write was synced")


def _refusing(name: str, code: int) -> None:
    @kind(name, "bay", 6)
    def refuse(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        story = bay.story.follow()
        failures, refused = story.failures, bay.control.refused
        with run.loaded(bay):
            waiting = bay.waiting
            bay.control.set("errno", code=code)
            run.release(bay)
            bay.tap(3)
            bay.wait(lambda: bay.story.follow().failures > failures, 5)
            time.sleep(chance.uniform(0.2, 2))
            told = bay.control.refused - refused
            bay.control.heal()
        if not told:
            return None
        return Effect(f"{errno.errorcode[code]} refused writes", waiting)


for _name, _code in (
    ("disk.full", errno.ENOSPC),
    ("disk.io_error", errno.EIO),
    ("disk.read_only", errno.EROFS),
):
    _refusing(_name, _code)


@kind("disk.dropped_fsync", "liar", 14)
def drop_syncs(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """The disk says that it has written what it has not; then the power goes."""
    folder = run.stack.chain.paths.root / f"{bay.name}.disk"
    unsynced = bay.control.unsynced
    bay.pause()
    bay.control.set("drop_sync")
    bay.snapshot(folder)
    tapped = len(bay.story.follow().confirmed)
    bay.resume()
    _answer_some(bay, tapped, chance)
    with run.loaded(bay, chance.randint(1, 3)):
        bay.kill()
        waiting = bay.waiting
        promised = bay.control.unsynced - unsynced
        bay.control.heal()
        if not promised:
            bay.start()
            return None
        return _lose(run, bay, folder, waiting)


@kind("disk.lost_journal", "liar", 14)
def lose_journal(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """SQLite's write-ahead log is gone with all that no checkpoint had taken over."""
    bay.stop()
    bay.start()
    folder = run.stack.chain.paths.root / f"{bay.name}.disk"
    _answer_some(bay, len(bay.story.follow().confirmed), chance)
    with run.loaded(bay, chance.randint(1, 3)):
        bay.kill()
        waiting = bay.waiting
        bay.snapshot(folder)
        (folder / f"{FILE}-wal").unlink(missing_ok=True)
        if not _is_whole(folder / FILE):
            bay.start()  # a checkpoint was under way: that disk is for the bin
            return None
        return _lose(run, bay, folder, waiting)


def _lose(run: Run, bay: Bay, folder: Path, waiting: int) -> Effect | None:
    """The outbox is what it was; Odoo must come to hear what it lost."""
    gaps = _gaps(run, bay)
    story = bay.story.follow()
    confirmed = list(story.confirmed)
    kept = _events(folder / FILE)
    last_kept = max(
        (n for n, uuid in enumerate(confirmed) if uuid in kept),
        default=bay.confirmed_then - 1,
    )
    lost = confirmed[last_kept + 1 :]
    if not story.finals.keys() & set(lost):
        bay.start()  # nobody else has ever heard of what would be lost
        return None
    open_events = story.confirmed.keys() - story.finals.keys()
    bay.lied.append(frozenset(open_events - kept))
    bay.confirmed_then = len(confirmed)
    bay.renumbered |= _events(folder / FILE, " WHERE result IS NULL")
    bay.restore(folder)
    bay.start()
    run.release(bay)
    if not wait_until(lambda: _gaps(run, bay) > gaps, 60):
        return None
    return Effect("rows lost, a gap told of", waiting)


def _answer_some(bay: Bay, tapped: int, chance: random.Random) -> None:
    """Until Odoo knows more than the disk will: some of what was tapped since."""

    def answered() -> bool:
        story = bay.story.follow()
        return len([u for u in list(story.confirmed)[tapped:] if u in story.finals]) > 2

    for _try in range(10):
        bay.tap(chance.randint(2, 5))
        if bay.wait(answered, 2):
            return


def _events(file: Path, which: str = "") -> set[str]:
    with contextlib.closing(sqlite3.connect(file)) as db:
        return {uuid for (uuid,) in db.execute(f"SELECT uuid FROM events{which}")}


def _gaps(run: Run, bay: Bay) -> int:
    return int(
        run.stack.query(
            "SELECT count(*) FROM workshop_event e"
            " JOIN workshop_device d ON d.id = e.device_id"
            f" WHERE e.kind = 'gap' AND d.name = '{bay.device}'"
        )
    )


def _is_whole(file: Path) -> bool:
    connection = sqlite3.connect(file)
    try:
        [(verdict,)] = connection.execute("PRAGMA integrity_check").fetchall()
        [(settled,)] = connection.execute("SELECT last_seq FROM meta").fetchall()
        return verdict == "ok" and settled > 0
    except (sqlite3.DatabaseError, ValueError):
        return False
    finally:
        connection.close()
