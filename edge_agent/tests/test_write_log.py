"""A tap waits for its own bytes only: the log of writes has its size before."""

import resource
import sqlite3

from edge_agent.identity import Identity
from edge_agent.outbox import FILE, Outbox
from edge_agent.write_log import ROOM

from .test_outbox import record


def log_size(device: Identity) -> int:
    return (device.folder / f"{FILE}-wal").stat().st_size


def test_the_log_does_not_grow_under_the_taps(outbox: Outbox, device: Identity) -> None:
    record(outbox, device)
    assert log_size(device) < ROOM  # it would
    outbox.make_room()
    size = log_size(device)
    assert size >= ROOM
    record(outbox, device, 100)
    assert log_size(device) == size


def test_the_log_is_copied_before_a_tap_has_to(
    outbox: Outbox, device: Identity
) -> None:
    path = device.folder / FILE
    record(outbox, device, 20)
    before = path.stat().st_size
    outbox.copy_log()
    assert path.stat().st_size > before
    # What is copied is written over from its start.
    size = log_size(device)
    record(outbox, device)
    assert log_size(device) == size


def test_a_disk_that_takes_no_copy_stops_nothing(
    outbox: Outbox, device: Identity, caplog
) -> None:
    record(outbox, device, 20)
    path = device.folder / FILE
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        outbox.copy_log()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "stays as it is" in caplog.text
    assert len(record(outbox, device, 3)) == 3
    outbox.copy_log()
    assert len(outbox.recent(50)) == 23


def test_what_was_recorded_before_is_there_after(
    outbox: Outbox, device: Identity
) -> None:
    said = record(outbox, device, 3)
    outbox.make_room()
    outbox.close()
    again = Outbox(device.folder / FILE, device)
    assert [row.uuid for row in reversed(again.recent(9))] == said
    again.close()


def test_a_start_that_was_cut_short_leaves_nothing(
    outbox: Outbox, device: Identity
) -> None:
    outbox.make_room()
    with sqlite3.connect(device.folder / FILE) as db:
        db.execute("CREATE TABLE room (filling BLOB)")
    db.close()
    outbox.make_room()
    with sqlite3.connect(device.folder / FILE) as db:
        assert not db.execute(
            "SELECT * FROM sqlite_master WHERE name='room'"
        ).fetchall()
    db.close()


def test_a_disk_without_room_records_all_the_same(
    outbox: Outbox, device: Identity, caplog
) -> None:
    with outbox._engine.connect() as one, outbox._engine.connect() as other:
        for connection in (one, other):  # all that the pool has
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 50}")
    outbox.make_room()
    assert "No room" in caplog.text
    assert len(record(outbox, device, 3)) == 3
