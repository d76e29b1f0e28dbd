import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import IntegrityError, OperationalError

from edge_agent.errors import OutboxError
from edge_agent.identity import Identity
from edge_agent.outbox import FILE, KEPT_SETTLED, OpenBatch, Outbox
from workbay_contract.batch import GENESIS, Batch, decode_batch
from workbay_contract.errors import OversizeError
from workbay_contract.events import GapEvent, MediaRef, NodeEvent, decode_event

from . import making
from .authority import Authority


def record(outbox: Outbox, device: Identity, count: int = 1) -> list[str]:
    return [
        outbox.record(making.event(device.device), making.TESS).uuid
        for _ in range(count)
    ]


def opened(outbox: Outbox) -> tuple[OpenBatch, Batch]:
    batch = outbox.open_batch()
    assert batch is not None
    return batch, decode_batch(batch.payload)


def settle_all(outbox: Outbox) -> None:
    while (batch := outbox.open_batch()) is not None:
        outbox.settle(making.outcomes(batch.payload))


def test_numbers_have_no_gaps_however_many_confirm_at_once(
    outbox: Outbox, device: Identity
) -> None:
    with ThreadPoolExecutor(8) as pool:
        rows = list(
            pool.map(lambda _: outbox.record(making.event(device.device), 1), range(80))
        )
    assert sorted(row.seq for row in rows) == list(range(1, 81))
    _, batch = opened(outbox)
    assert [decode_event(raw).seq for raw in batch.raw_events] == list(range(1, 81))


def test_an_event_that_is_refused_spends_no_number(
    outbox: Outbox, device: Identity
) -> None:
    def make(seq: int) -> NodeEvent:
        raise OversizeError("event of 20000 bytes")

    with pytest.raises(OversizeError):
        outbox.record(make)
    assert outbox.record(making.event(device.device)).seq == 1


def test_a_batch_is_byte_identical_after_a_restart(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 3)
    before, _ = opened(outbox)
    record(outbox, device, 2)
    outbox.close()
    again = Outbox(device.folder / FILE, device)
    after, batch = opened(again)
    assert after == before
    assert (batch.first, batch.last) == (1, 3)
    batch.verify(device.key.public_key())
    again.close()


def test_batches_follow_one_another_seal_by_seal(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 130)
    batches = []
    while (batch := outbox.open_batch()) is not None:
        batches.append(decode_batch(batch.payload))
        outbox.settle(making.outcomes(batch.payload))
    assert [len(batch.events) for batch in batches] == [100, 30]
    assert [batch.waiting for batch in batches] == [130, 30]
    assert batches[0].prev == GENESIS
    assert all(right.prev == left.seal for left, right in pairwise(batches))


def test_the_next_batch_waits_for_the_last_retry(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 3)
    before, _ = opened(outbox)
    settled = outbox.settle(making.outcomes(before.payload, only=[1]))
    assert (len(settled.finals), settled.closed) == (1, False)
    settled = outbox.settle(making.outcomes(before.payload, "retry", "none", "busy"))
    assert (len(settled.finals), settled.closed) == (0, False)
    assert outbox.open_batch() == before
    assert outbox.counts().events == 2
    assert outbox.settle(making.outcomes(before.payload)).closed
    assert outbox.open_batch() is None


def test_a_retry_after_the_final_outcome_changes_nothing(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 2)
    before, _ = opened(outbox)
    outbox.settle(making.outcomes(before.payload, only=[1]))
    outbox.settle(making.outcomes(before.payload, "retry", "none", "busy", only=[1]))
    assert [row.result for row in outbox.recent(5)] == [None, "accepted"]


def test_an_outcome_of_another_seal_is_no_outcome(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device)
    before, _ = opened(outbox)
    other = making.outcomes(before.payload).model_copy(update={"seal": "e" * 64})
    assert outbox.settle(other).finals == ()
    assert outbox.open_batch() == before


def test_outcomes_beyond_the_batch_touch_nothing(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device)
    before, batch = opened(outbox)
    record(outbox, device)
    wide = making.outcomes(batch.model_copy(update={"events": batch.events * 2}))
    outbox.settle(wide.model_copy(update={"seal": before.seal}))
    assert outbox.counts().events == 1


@pytest.mark.parametrize(
    ("result", "effect", "shown"),
    [("rejected", "none", "rejected"), ("accepted", "held", "held")],
)
def test_what_is_rejected_or_held_stays_known_until_a_board_lists_it(
    outbox: Outbox, device: Identity, result: str, effect: str, shown: str
) -> None:
    record(outbox, device)
    batch, _ = opened(outbox)
    outbox.settle(making.outcomes(batch.payload, result, effect, "order_closed", 2_000))
    assert [(row.result, row.code) for row in outbox.issues()] == [
        (shown, "order_closed")
    ]
    early = making.board(device, 1, made_at=1_999)
    outbox.store_board(b"{}", early)
    assert outbox.issues()
    outbox.store_board(b"{}", making.board(device, 2, made_at=2_000))
    assert not outbox.issues()


def test_an_older_board_is_not_taken(outbox: Outbox, device: Identity) -> None:
    assert outbox.store_board(b"{}", making.board(device, 5))
    assert not outbox.store_board(b"{}", making.board(device, 5))
    assert not outbox.store_board(b"{}", making.board(device, 4))
    assert outbox.board_version == 5


def test_the_board_is_there_after_a_restart(
    outbox: Outbox, device: Identity, authority: Authority
) -> None:
    made = making.board(device, 5)
    outbox.store_board(making.board_message(authority.odoo, made), made)
    outbox.close()
    again = Outbox(device.folder / FILE, device)
    assert again.board == made
    again.close()


def test_a_board_altered_on_the_disk_is_not_believed(
    outbox: Outbox, device: Identity
) -> None:
    made = making.board(device, 5)
    stranger = Ed25519PrivateKey.generate()
    outbox.store_board(making.board_message(stranger, made), made)
    outbox.close()
    again = Outbox(device.folder / FILE, device)
    assert again.board is None
    again.close()


def test_settled_events_are_forgotten_in_the_end(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 150)
    settle_all(outbox)
    assert len(outbox.recent(1000)) == KEPT_SETTLED


def test_an_outbox_serves_one_device_only(
    outbox: Outbox, authority: Authority, tmp_path: Path, device: Identity
) -> None:
    other = authority.enrol(tmp_path / "other", "dev-00000002", [1])
    with pytest.raises(OutboxError, match="belongs to dev-00000001"):
        Outbox(device.folder / FILE, other)


def test_a_file_that_is_no_outbox_is_named_with_the_cure(device: Identity) -> None:
    path = device.folder / "broken.sqlite"
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(OutboxError, match=r"broken\.sqlite.*enrol"):
        Outbox(path, device)


def test_commits_survive_a_power_cut_by_setting(outbox: Outbox) -> None:
    with outbox._engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        full = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert (mode, full) == ("wal", 2)


# Rows lost on the bay's disk


def lose_rows(device: Identity, above: int, allocated: int) -> None:
    """What a disk that lied about its last commits leaves behind."""
    with sqlite3.connect(device.folder / FILE) as connection:
        connection.execute("DELETE FROM events WHERE seq > ?", (above,))
        connection.execute("UPDATE meta SET allocated = ?", (allocated,))
        connection.execute("DELETE FROM batch")


def test_a_bay_in_step_just_goes_on(outbox: Outbox, device: Identity) -> None:
    record(outbox, device, 2)
    batch, _ = opened(outbox)
    assert outbox.standing(0, GENESIS, refused=False) == "in_step"
    assert outbox.standing(2, batch.seal, refused=False) == "in_step"
    settle_all(outbox)
    assert outbox.standing(2, batch.seal, refused=False) == "in_step"


def test_lost_rows_are_named_by_a_gap_above_odoos_number(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 3)
    settle_all(outbox)
    record(outbox, device, 4)
    sealed_by_odoo = opened(outbox)[1]
    lose_rows(device, above=3, allocated=3)
    record(outbox, device, 2)  # 4 and 5 again: Odoo has others under these numbers
    waiting = [row.uuid for row in reversed(outbox.recent(2))]
    assert outbox.standing(7, sealed_by_odoo.seal, refused=False) == "behind"
    outbox.continue_above(7, sealed_by_odoo.seal, making.TIME)
    _, batch = opened(outbox)
    gap, *rest = [decode_event(raw) for raw in batch.raw_events]
    assert isinstance(gap, GapEvent)
    assert (gap.seq, gap.lost_from, gap.lost_to) == (8, 4, 7)
    assert batch.prev == sealed_by_odoo.seal
    assert [(event.seq, str(event.uuid)) for event in rest] == [
        (9, waiting[0]),
        (10, waiting[1]),
    ]
    assert all(isinstance(event, NodeEvent) for event in rest)
    assert outbox.record(making.event(device.device)).seq == 11


def test_a_loss_is_told_of_once_though_an_older_batch_comes_between(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 3)
    settle_all(outbox)
    lose_rows(device, above=3, allocated=3)
    record(outbox, device, 1)
    outbox.continue_above(5, "d" * 64, making.TIME)
    opened(outbox)  # on its way, and refused: Odoo took an older batch meanwhile
    record(outbox, device, 1)
    outbox.continue_above(8, "e" * 64, making.TIME)
    _, batch = opened(outbox)
    gap, *rest = [decode_event(raw) for raw in batch.raw_events]
    assert isinstance(gap, GapEvent)
    assert (gap.seq, gap.lost_from, gap.lost_to) == (9, 4, 8)
    assert [(event.seq, event.kind) for event in rest] == [(10, "node"), (11, "node")]


def test_an_open_batch_is_tried_before_its_events_are_numbered_anew(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 3)
    settle_all(outbox)
    record(outbox, device, 2)
    opened(outbox)
    assert outbox.standing(9, "f" * 64, refused=False) == "resend"
    assert outbox.standing(9, "f" * 64, refused=True) == "behind"


def test_a_bay_without_its_outbox_has_to_be_enrolled_anew(outbox: Outbox) -> None:
    assert outbox.standing(9, "f" * 64, refused=False) == "stuck"


def test_an_odoo_that_lost_what_it_had_is_a_matter_for_people(
    outbox: Outbox, device: Identity
) -> None:
    record(outbox, device, 3)
    settle_all(outbox)
    assert outbox.standing(0, GENESIS, refused=False) == "stuck"
    assert outbox.standing(3, "f" * 64, refused=False) == "stuck"


def test_what_the_disk_refuses_is_told_and_spends_no_number(
    outbox: Outbox, device: Identity
) -> None:
    twice = making.event(device.device, uuid=uuid4())
    outbox.record(twice)
    with pytest.raises(IntegrityError):
        outbox.record(twice)
    with outbox._write() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OperationalError, match="full"):
        record(outbox, device, 200)
    kept = [row.seq for row in outbox.recent(500)][::-1]
    with outbox._write() as db:
        db.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert outbox.record(making.event(device.device)).seq == len(kept) + 1
    assert kept == list(range(1, len(kept) + 1))


def test_a_photo_that_two_events_name_goes_with_the_first_that_is_accepted(
    outbox: Outbox, device: Identity
) -> None:
    photo = MediaRef(sha256="a" * 64, size=5)
    outbox.record(making.event(device.device, [photo]))
    second = outbox.record(making.event(device.device, [photo])).uuid
    assert outbox.media.known() == {photo.sha256: "waiting"}
    settle_all(outbox)
    upload = outbox.media.next()
    assert upload is not None
    assert upload.event == second
    outbox.record(making.event(device.device, [photo]))
    assert outbox.media.known() == {photo.sha256: "ready"}


def test_an_event_with_several_photos_names_them_all(
    outbox: Outbox, device: Identity
) -> None:
    photos = [MediaRef(sha256=letter * 64, size=5) for letter in "ab"]
    outbox.record(making.event(device.device, photos))
    settle_all(outbox)
    assert outbox.media.known() == {photo.sha256: "ready" for photo in photos}
    outbox.record(making.event(device.device, photos))
    assert outbox.media.known() == {photo.sha256: "ready" for photo in photos}
