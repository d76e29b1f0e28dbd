from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from edge_agent.bay import MAX_PHOTOS, Bay
from edge_agent.clock import FakeClock
from edge_agent.identity import Identity
from edge_agent.media import FOLDER, MEGABYTE, MediaStore
from edge_agent.outbox import Outbox
from edge_agent.server_time import ServerTime
from edge_agent.view import JobView, NodeView, Recorded, Refusal, View
from workbay_contract import interpreter
from workbay_contract.batch import decode_batch
from workbay_contract.board import OpenIssue
from workbay_contract.codes import code_url
from workbay_contract.confirmation import Certificate
from workbay_contract.events import MediaRef, NodeEvent, decode_event
from workbay_contract.gates import MEDIA_VERIFIED
from workbay_contract.process import JobState

from . import making
from .test_media import photo

BASE = "https://workbay.example"
SHEET = code_url(BASE, "order", making.SHEET_TOKEN)
TESS = code_url(BASE, "badge", making.TESS_TOKEN)
TOM = code_url(BASE, "badge", making.TOM_TOKEN)


class World:
    """A bay with a board, and Odoo's answers to what it recorded."""

    def __init__(self, device: Identity, outbox: Outbox) -> None:
        self.device, self.outbox, self.clock = device, outbox, FakeClock()
        self.time = ServerTime(self.clock)
        self.time.pair(making.SERVER_MS, self.clock.mono_ms())
        media = MediaStore(device.folder / FOLDER, outbox, 16 * MEGABYTE, 0)
        self.bay = Bay(device, outbox, media, self.clock, self.time, lambda: "online")

    def board(self, version: int = 1, **values: Any) -> None:
        self.outbox.store_board(b"{}", making.board(self.device, version, **values))

    def answer(self, result: str, effect: str, code: str | None = None) -> None:
        batch = self.outbox.open_batch()
        assert batch is not None
        self.outbox.settle(
            making.outcomes(batch.payload, result, effect, code, self.time.best())
        )

    def job(self, view: View | None = None) -> JobView:
        view = view or self.bay.view()
        assert view.order is not None
        return view.order.jobs[0]

    def node(self, code: str) -> NodeView:
        return next(node for node in self.job().nodes if node.code == code)

    def do(self, node: str, reason: str | None = None) -> Recorded:
        result = self.bay.confirm(making.JOB, node, reason)
        assert isinstance(result, Recorded), result
        self.clock.advance(60)
        return result

    def refused(self, node: str, reason: str | None = None) -> Refusal:
        result = self.bay.confirm(making.JOB, node, reason)
        assert isinstance(result, Refusal), result
        return result

    def events(self) -> list[NodeEvent]:
        rows = reversed(self.outbox.recent(100))
        events = [decode_event(row.data) for row in rows]
        return [event for event in events if isinstance(event, NodeEvent)]


@pytest.fixture
def world(device: Identity, outbox: Outbox) -> Iterator[World]:
    world = World(device, outbox)
    world.board()
    yield world
    world.bay.close()


@pytest.fixture
def at_work(world: World) -> World:
    """Tess is here and her order is up."""
    world.bay.scanned(TESS)
    world.bay.scanned(SHEET)
    return world


def test_a_badge_and_a_sheet_bring_person_and_order_up(world: World) -> None:
    scanned = world.bay.scanned(TESS)
    assert (scanned.kind, scanned.name, scanned.changed) == ("badge", "Tess", True)
    scanned = world.bay.scanned(SHEET)
    assert (scanned.kind, scanned.name, scanned.changed) == ("order", "WO-0031", True)
    view = world.bay.view()
    assert view.person is not None
    assert (view.person.name, view.person.roles) == ("Tess", ("技师", "质检员"))
    assert view.order is not None
    assert view.order.plate == "沪A12345"
    assert world.job().steps[0].name == "举升车辆"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://example.com/menu", "foreign_code"),
        ("I1HGCM82633A004352", "vin_here"),
        ("06J 115 403 Q", "part_here"),
        ("GREETINGS FROM A POSTER", "foreign_code"),
        ("A1" * 30, "foreign_code"),
        (code_url(BASE, "order", "x" * 24), "order_unknown_here"),
        (code_url(BASE, "badge", "x" * 24), "badge_unknown_here"),
    ],
)
def test_a_code_that_means_nothing_here_says_why(
    world: World, text: str, code: str
) -> None:
    refusal = world.bay.scanned(text).refusal
    assert refusal is not None
    assert refusal.code == code
    assert refusal.text != code


def test_a_bay_without_a_board_knows_nothing_yet(
    device: Identity, outbox: Outbox
) -> None:
    bay = World(device, outbox).bay
    refusal = bay.scanned(SHEET).refusal
    assert refusal is not None
    assert refusal.code == "order_unknown_here"
    assert bay.view().board == 0


def test_the_same_code_again_changes_nothing(at_work: World) -> None:
    version = at_work.bay.view().version
    assert not at_work.bay.scanned(TESS).changed
    assert at_work.bay.view().version == version


def test_a_badge_that_ran_out_is_not_known(world: World) -> None:
    world.clock.advance(86_401)
    refusal = world.bay.scanned(TOM).refusal
    assert refusal is not None
    assert refusal.code == "badge_unknown_here"


def test_a_badge_is_not_judged_by_a_clock_that_is_wrong(world: World) -> None:
    world.bay._server_time = ServerTime(world.clock)
    world.clock.is_synced = False
    world.clock.advance(86_401)
    assert world.bay.scanned(TOM).refusal is None


def test_the_page_speaks_the_persons_language_unless_asked(at_work: World) -> None:
    assert at_work.job().name == "更换刹车片"
    assert at_work.job(at_work.bay.view("en_US")).name == "Brake pads"


def test_what_may_follow_is_shown_with_why_not(at_work: World) -> None:
    assert at_work.node("start").may
    at_work.do("start")
    finish = at_work.node("finish")
    assert (finish.may, finish.photos_needed) == (False, 1)
    assert finish.refusal is not None
    assert finish.refusal.code == "photos_missing"
    pause = at_work.node("pause")
    assert pause.may
    assert [(reason.code, reason.name) for reason in pause.reasons] == [
        ("parts", "等配件"),
        ("customer", "等客户"),
    ]
    assert pause.button == "pause"


def test_without_a_badge_nothing_may_be_confirmed(world: World) -> None:
    world.bay.scanned(SHEET)
    start = world.node("start")
    assert start.refusal is not None
    assert start.refusal.code == "scan_badge_first"
    assert world.refused("start").code == "scan_badge_first"
    world.bay.clear_session()
    world.bay.scanned(TESS)
    assert world.refused("start").code == "scan_order_first"


def test_a_confirmation_carries_who_what_when_and_under_which_board(
    at_work: World,
) -> None:
    at_work.do("start")
    recorded = at_work.do("pause", "parts")
    event = at_work.events()[-1]
    assert (event.uuid, event.seq) == (recorded.uuid, recorded.seq)
    assert (event.order, event.job, event.node) == (making.ORDER, making.JOB, "pause")
    assert (event.reason, event.board) == ("parts", 1)
    assert event.time.boot == at_work.clock.boot()


def test_refusals_name_nodes_in_the_persons_language(at_work: World) -> None:
    refusal = at_work.refused("finish")
    assert refusal.code == "node_not_now"
    assert "完工" in refusal.text
    assert "开工" in refusal.text
    assert not at_work.events()


def test_who_lacks_a_jobs_certificate_is_told_its_name(world: World) -> None:
    start = making.PROCESS.nodes[0].model_copy(update={"gates": ("certificate",)})
    nodes = (start, *making.PROCESS.nodes[1:])
    persons = making.board(world.device).persons
    day = 86_400_000
    certificate = Certificate(
        skill=7, valid_from=making.SERVER_MS - day, valid_to=making.SERVER_MS + day
    )
    values = {
        "processes": {1: making.PROCESS.model_copy(update={"nodes": nodes})},
        "skills": {7: {"en_US": "High voltage", "zh_CN": "高压电"}},
        "state": JobState(skills=(7,)),
    }
    world.board(2, **values)
    world.bay.scanned(TESS)
    world.bay.scanned(SHEET)
    refusal = world.refused("start")
    assert refusal.code == "certificate_missing"
    assert "高压电" in refusal.text
    holder = persons[0].model_copy(update={"certificates": (certificate,)})
    world.board(3, persons=(holder, persons[1]), **values)
    assert world.node("start").may
    # Offline since it was switched on, with a clock that is years behind.
    world.bay._server_time = ServerTime(world.clock)
    world.clock.is_synced = False
    world.clock._wall = datetime(1970, 1, 2, tzinfo=UTC)
    world.do("start")
    assert world.job().running == "Tess"
    world.bay._server_time.pair(making.SERVER_MS + 2 * day, world.clock.mono_ms())
    world.board(4, persons=(holder, persons[1]), **values)
    assert not world.node("start").may


def test_a_job_of_another_order_is_refused(at_work: World) -> None:
    result = at_work.bay.confirm(99, "start")
    assert isinstance(result, Refusal)


def test_a_double_tap_is_recorded_once(at_work: World) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(
            pool.map(lambda _: at_work.bay.confirm(making.JOB, "start"), range(8))
        )
    assert sum(isinstance(result, Recorded) for result in results) == 1
    assert len(at_work.events()) == 1


def test_photos_belong_to_the_node_confirmed_next(at_work: World) -> None:
    at_work.do("start")
    kept = at_work.bay.add_photo(photo())
    assert isinstance(kept, MediaRef)
    assert [shown.sha256 for shown in at_work.bay.view().photos] == [kept.sha256]
    assert at_work.node("finish").may
    at_work.do("finish")
    assert at_work.events()[-1].media == (kept,)
    assert at_work.bay.view().photos == ()
    assert at_work.bay.photo(kept.sha256) is not None
    assert at_work.bay.view().waiting.media == 1


def test_a_photo_taken_back_is_gone(at_work: World) -> None:
    kept = at_work.bay.add_photo(photo())
    assert isinstance(kept, MediaRef)
    at_work.bay.drop_photo(kept.sha256)
    assert at_work.bay.view().photos == ()
    assert at_work.bay.photo(kept.sha256) is None


def test_another_persons_photos_are_not_evidence(at_work: World) -> None:
    at_work.bay.add_photo(photo())
    at_work.bay.scanned(TOM)
    assert at_work.bay.view().photos == ()
    order = at_work.bay.view().order
    assert order is not None  # the car stays


def test_photos_are_bounded_and_need_somebody(world: World) -> None:
    refused = world.bay.add_photo(photo())
    assert isinstance(refused, Refusal)
    assert refused.code == "scan_badge_first"
    world.bay.scanned(TESS)
    world.bay.scanned(SHEET)
    unreadable = world.bay.add_photo(b"nothing")
    assert isinstance(unreadable, Refusal)
    assert unreadable.code == "photo_unreadable"
    for seed in range(MAX_PHOTOS):
        assert isinstance(world.bay.add_photo(photo(seed, 32)), MediaRef)
    enough = world.bay.add_photo(photo(99, 32))
    assert isinstance(enough, Refusal)
    assert enough.code == "photos_enough"


def test_quality_control_is_another_persons(at_work: World) -> None:
    at_work.do("start")
    at_work.bay.add_photo(photo())
    at_work.do("finish")
    assert at_work.refused("qc").code == "own_work"
    at_work.bay.scanned(TOM)
    at_work.do("qc")
    assert at_work.job().phase == "qc_passed"


def test_nobody_passes_what_its_photos_have_not_proved_yet(world: World) -> None:
    nodes = (
        *making.PROCESS.nodes[:-1],
        making.PROCESS.nodes[-1].model_copy(update={"gates": (MEDIA_VERIFIED,)}),
    )
    processes = {1: making.PROCESS.model_copy(update={"nodes": nodes})}
    opened = JobState(facts=frozenset({MEDIA_VERIFIED}))
    world.board(2, processes=processes, state=opened)
    world.bay.scanned(TESS)
    world.bay.scanned(SHEET)
    world.do("start")
    world.bay.add_photo(photo())
    world.do("finish")
    world.bay.scanned(TOM)
    # Without a network, by the bay's own event alone.
    node = world.node("qc")
    assert not node.may
    assert node.refusal is not None
    assert "still on their way" in node.refusal.text
    assert world.refused("qc").code == "media_not_verified"
    world.answer("accepted", "applied")
    world.clock.advance(1)
    done = opened.model_copy(
        update={"node": "finish", "phase": "done", "workers": (making.TESS,)}
    )
    came = world.time.best()
    shut = done.model_copy(update={"facts": frozenset()})
    world.board(3, processes=processes, state=shut, made_at=came)
    assert not world.node("qc").may
    world.board(4, processes=processes, state=done, made_at=came)
    assert world.node("qc").may
    world.do("qc")
    assert world.job().phase == "qc_passed"


def test_the_board_is_folded_with_what_waits_and_undoes_itself_on_rejection(
    at_work: World,
) -> None:
    at_work.do("start")
    assert (at_work.job().phase, at_work.job().running) == ("in_progress", "Tess")
    person = at_work.bay.view().person
    assert person is not None
    assert person.running_job == making.JOB
    at_work.answer("rejected", "none", "order_unknown")
    assert (at_work.job().phase, at_work.job().running) == ("waiting", None)
    view = at_work.bay.view("en_US")
    assert [(row.result, row.text) for row in view.recent] == [
        ("rejected", "No such order in this store.")
    ]
    assert [issue.node for issue in view.issues] == ["Start"]


def test_a_held_event_changes_no_state_and_is_an_issue(at_work: World) -> None:
    at_work.do("start")
    at_work.answer("accepted", "held", "order_closed")
    assert at_work.job().phase == "waiting"
    assert [issue.result for issue in at_work.bay.view().issues] == ["held"]
    at_work.board(2, made_at=at_work.time.best())
    assert at_work.bay.view().issues == ()


def test_an_issue_is_shown_once_where_an_early_board_has_it_too(
    at_work: World,
) -> None:
    at_work.do("start")
    at_work.answer("accepted", "held", "order_closed")
    [ours] = at_work.bay.view().issues
    issue = OpenIssue(
        order=making.ORDER,
        job=making.JOB,
        person=making.TESS,
        node="start",
        result="held",
        code="order_closed",
        seq=ours.seq,
        at=making.SERVER_MS,
    )
    at_work.board(2, issues=(issue,))  # made_at lies before the answer
    assert [each.seq for each in at_work.bay.view().issues] == [ours.seq]


def test_an_accepted_event_stays_until_a_board_made_later_brings_it(
    at_work: World,
) -> None:
    at_work.do("start")
    at_work.answer("accepted", "applied")
    assert at_work.job().phase == "in_progress"
    assert at_work.bay.view().waiting.events == 0
    at_work.clock.advance(1)
    at_work.board(2, made_at=at_work.time.best(), state=JobState())
    assert at_work.job().phase == "waiting"  # the board is later and says so


def test_the_boards_issues_are_shown_where_the_person_is(world: World) -> None:
    issue = OpenIssue(
        order=making.ORDER,
        job=making.JOB,
        person=making.TESS,
        node="start",
        result="rejected",
        code="person_busy",
        at=5,
    )
    world.board(2, issues=(issue,))
    assert world.bay.view().issues == ()
    world.bay.scanned(TESS)
    [shown] = world.bay.view().issues
    assert (shown.order, shown.job, shown.node) == ("WO-0031", "更换刹车片", "开工")


def test_an_issue_keeps_its_names_though_its_order_left_the_board(
    world: World,
) -> None:
    issue = OpenIssue(
        order=99,
        job=98,
        person=making.TESS,
        node="start",
        result="held",
        code="order_closed",
        at=5,
        order_name="WO-0007",
        job_name={"en_US": "Oil change", "zh_CN": "更换机油"},
        node_name={"en_US": "Start", "zh_CN": "开工"},
    )
    world.board(2, issues=(issue,))
    world.bay.scanned(TESS)
    [shown] = world.bay.view().issues
    assert (shown.order, shown.job, shown.node) == ("WO-0007", "更换机油", "开工")


def test_an_idle_bay_forgets_its_person(at_work: World) -> None:
    at_work.bay.add_photo(photo())
    at_work.clock.advance(9 * 60)
    at_work.bay.scanned(TESS)
    at_work.clock.advance(9 * 60)
    assert at_work.bay.view().person is not None
    at_work.clock.advance(61)
    view = at_work.bay.view()
    assert (view.person, view.order, view.photos) == (None, None, ())


def test_an_idle_bay_tells_those_who_watch(device: Identity, outbox: Outbox) -> None:
    world = World(device, outbox)
    world.board()
    world.bay._idle_ms = 50
    world.bay.scanned(TESS)
    version = world.bay.view().version
    world.clock.advance(1)
    assert world.bay.wait_change(version, 10) > version
    assert world.bay.view().person is None


def test_a_person_taken_off_the_board_is_not_at_the_bay(at_work: World) -> None:
    at_work.board(2, persons=())
    assert at_work.bay.view().person is None
    assert at_work.refused("start").code == "scan_badge_first"


def test_a_full_disk_never_says_recorded(
    at_work: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk is full"))

    monkeypatch.setattr(at_work.outbox, "record", full)
    assert at_work.refused("start").code == "not_recorded"
    assert at_work.job().phase == "waiting"


def test_the_floor_is_folded_only_when_it_may_be_another(
    at_work: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded: list[int] = []
    fold = interpreter.fold

    def counted(*said: Any) -> Any:
        folded.append(len(said[3]))
        return fold(*said)

    monkeypatch.setattr(interpreter, "fold", counted)
    at_work.do("start")
    at_work.bay.view()
    folded.clear()
    at_work.bay.add_photo(photo())
    at_work.bay.announce()
    at_work.bay.view("en_US")
    at_work.bay.view("zh_CN")
    assert folded == []
    at_work.do("pause", "customer")
    at_work.bay.view()
    assert folded == [2], "once, with what was recorded"
    at_work.time.pair(making.SERVER_MS + 5, at_work.clock.mono_ms())
    at_work.bay.view()
    assert folded == [2, 2], "with the times as Odoo's clock has them now"
    at_work.board(2)
    at_work.bay.view()
    assert folded == [2, 2, 2]


def test_watchers_hear_of_every_change(at_work: World) -> None:
    heard: list[int] = []
    cancel = at_work.bay.subscribe(lambda: heard.append(1))
    version = at_work.bay.view().version
    at_work.do("start")
    assert heard
    assert at_work.bay.wait_change(version, 0) > version
    cancel()
    heard.clear()
    at_work.bay.clear_session()
    assert not heard


def test_a_wait_without_a_change_ends_with_its_time(at_work: World) -> None:
    version = at_work.bay.view().version
    assert at_work.bay.wait_change(version, 0.01) == version


def test_what_was_recorded_goes_out_in_one_sealed_batch(at_work: World) -> None:
    at_work.do("start")
    at_work.do("pause", "customer")
    batch = at_work.outbox.open_batch()
    assert batch is not None
    decode_batch(batch.payload).verify(at_work.device.key.public_key())


def test_why_a_photo_cannot_be_sent_is_told_in_the_readers_language(
    world: World,
) -> None:
    assert world.bay.view().stuck == ()
    for digit, reason in (
        ("a", "media_lost"),
        ("b", "media_lost"),
        ("c", "media_hash"),
    ):
        media = MediaRef(sha256=digit * 64, size=1)
        world.outbox.record(making.event(world.device.device, [media]), making.TESS)
        world.outbox.media.mark(media.sha256, "quarantined", reason)
    view = world.bay.view("en_US")
    assert view.waiting.media_stuck == 3
    assert ["not what was taken" in text for text in view.stuck] == [True, False]
    assert "lost" in view.stuck[1]
    assert "丢失" in world.bay.view("zh_CN").stuck[1]
