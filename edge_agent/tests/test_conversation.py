"""What bay and Odoo say to each other, with a clock that stands until it is moved."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.clock import FakeClock
from edge_agent.conversation import Conversation
from edge_agent.identity import Identity
from edge_agent.link import NO_SUBSCRIBER, NOT_AUTHORIZED
from edge_agent.outbox import FILE, Outbox
from edge_agent.server_time import ServerTime
from edge_agent.settings import Timers
from workbay_contract import state
from workbay_contract.answers import Refused
from workbay_contract.batch import GENESIS, decode_batch
from workbay_contract.events import GapEvent, decode_event
from workbay_contract.state import Beat, Command, Health, Hello
from workbay_contract.topics import Leaf
from workbay_contract.types import sha256

from . import making
from .authority import Authority


class Wire:
    """Both ends: what the bay sent, and Odoo's answers to it."""

    def __init__(self, device: Identity, outbox: Outbox, authority: Authority) -> None:
        self.device, self.outbox, self.odoo = device, outbox, authority.odoo
        self.clock = FakeClock()
        self.time = ServerTime(self.clock)
        self.out: list[tuple[Leaf, bytes]] = []
        self.talk = Conversation(
            device,
            outbox,
            self.clock,
            self.time,
            Timers(),
            lambda: Health(agent="test", waiting=0),
            uniform=lambda low, high: low,
        )

    @property
    def now(self) -> float:
        return self.clock.mono_ms() / 1000

    def send(self, leaf: Leaf, payload: bytes) -> int:
        self.out.append((leaf, payload))
        return len(self.out)

    def up(self) -> None:
        self.talk.up(self.send, self.now)
        self.act()

    def act(self) -> list[tuple[Leaf, bytes]]:
        """Let the bay act; what it sent now."""
        before = len(self.out)
        self.talk.act(self.now)
        return self.out[before:]

    def pass_time(self, seconds: float) -> list[tuple[Leaf, bytes]]:
        self.clock.advance(seconds)
        return self.act()

    def record(self, count: int = 1) -> None:
        for _ in range(count):
            self.outbox.record(making.event(self.device.device), making.TESS)
        self.talk.recorded()

    def ack(self, code: int) -> None:
        """The broker's word on the last message."""
        self.talk.acked(len(self.out), code, self.now)

    def got(self, leaf: Leaf, payload: bytes) -> list[tuple[Leaf, bytes]]:
        self.talk.got(leaf, payload, self.clock.mono_ms(), self.now)
        return self.act()

    def hello(self) -> Hello:
        hellos = [
            message
            for leaf, payload in self.out
            if leaf == "state"
            and isinstance(message := state.read_state(payload), Hello)
        ]
        return hellos[-1]

    def welcome(
        self, last_seq: int = 0, last_seal: str = GENESIS
    ) -> list[tuple[Leaf, bytes]]:
        answer = making.welcome(self.hello(), last_seq, last_seal)
        return self.got("outcomes", making.signed(self.odoo, answer))

    def command(self, command: str) -> list[tuple[Leaf, bytes]]:
        payload = state.encode(Command.model_validate({"command": command}))
        return self.got("commands", payload)

    def refuse(self, code: str, last_seq: int = 0) -> list[tuple[Leaf, bytes]]:
        answer = Refused.model_validate(
            {
                "device": self.device.device,
                "server_time": making.SERVER_MS,
                "payload": sha256(self.batch()),
                "code": code,
                "last_seq": last_seq,
                "last_seal": GENESIS,
            }
        )
        return self.got("outcomes", making.signed(self.odoo, answer))

    def batch(self) -> bytes:
        return [payload for leaf, payload in self.out if leaf == "events"][-1]


@pytest.fixture
def wire(device: Identity, outbox: Outbox, authority: Authority) -> Wire:
    return Wire(device, outbox, authority)


@pytest.fixture
def talking(wire: Wire) -> Wire:
    """Connected and welcomed."""
    wire.up()
    wire.welcome()
    return wire


def test_a_connection_begins_with_hello_and_events_wait_for_the_welcome(
    wire: Wire,
) -> None:
    wire.record()
    wire.up()
    assert [leaf for leaf, _ in wire.out] == ["state"]
    assert wire.talk.talk == "connecting"
    sent = wire.welcome()
    assert [leaf for leaf, _ in sent] == ["events"]
    assert wire.talk.talk == "online"


def test_a_hello_says_what_the_bay_holds(wire: Wire, authority: Authority) -> None:
    wire.record(2)
    batch = wire.outbox.open_batch()
    assert batch is not None
    made = making.board(wire.device, 7)
    wire.outbox.store_board(making.board_message(authority.odoo, made), made)
    wire.up()
    hello = wire.hello()
    assert (hello.last_seq, hello.last_seal, hello.board) == (2, batch.seal, 7)


def test_one_batch_is_in_flight_and_the_next_follows_its_outcome(talking: Wire) -> None:
    talking.record()
    first = talking.act()
    talking.record(2)
    assert talking.act() == []
    answer = making.signed(talking.odoo, making.outcomes(first[0][1]))
    [(leaf, payload)] = talking.got("outcomes", answer)
    assert leaf == "events"
    assert [decode_batch(payload).first, decode_batch(payload).last] == [2, 3]


def test_an_unanswered_batch_goes_again_after_5_s_doubling_to_60(talking: Wire) -> None:
    talking.record()
    [first] = talking.act()
    waits = []
    for _ in range(6):
        due = talking.talk.deadline()
        # Signs of life come between; only batches count here.
        while due - talking.now > 0 and not any(
            leaf == "events" for leaf, _ in talking.pass_time(due - talking.now)
        ):
            due = talking.talk.deadline()
        waits.append(round(talking.now))
        assert talking.batch() == first[1]
    start = waits[0] - 5
    assert [at - start for at in waits] == [5, 15, 35, 75, 135, 195]


def test_a_puback_deletes_nothing(talking: Wire) -> None:
    talking.record()
    talking.act()
    talking.ack(0)
    assert talking.outbox.counts().events == 1
    assert talking.pass_time(4.9) == []
    assert [leaf for leaf, _ in talking.pass_time(0.1)] == ["events"]


@pytest.mark.parametrize("code", [NO_SUBSCRIBER, 0x80, 0x97])
def test_what_the_broker_cannot_deliver_is_not_sent_and_goes_again(
    talking: Wire, code: int
) -> None:
    talking.record()
    talking.act()
    for _ in range(5):
        talking.ack(code)
        assert talking.talk.talk == "connecting"
        assert talking.pass_time(0.29) == []
        assert [leaf for leaf, _ in talking.pass_time(0.01)] == ["events"]


def test_not_authorized_is_said_and_asked_once_a_minute(talking: Wire) -> None:
    talking.record()
    talking.act()
    talking.ack(NOT_AUTHORIZED)
    assert talking.talk.talk == "not_authorized"
    talking.pass_time(59.9)
    assert [leaf for leaf, _ in talking.out].count("events") == 1
    talking.pass_time(0.2)
    assert [leaf for leaf, _ in talking.out].count("events") == 2


@pytest.mark.parametrize("case", ["unsigned", "other key", "other device", "a board"])
def test_nothing_is_deleted_on_a_false_outcome(talking: Wire, case: str) -> None:
    talking.record()
    [(_, payload)] = talking.act()
    answer = making.outcomes(payload)
    if case == "unsigned":
        message = answer.model_dump_json().encode()
    elif case == "other key":
        message = making.signed(Ed25519PrivateKey.generate(), answer)
    elif case == "other device":
        other = answer.model_copy(update={"device": "dev-99999999"})
        message = making.signed(talking.odoo, other)
    else:
        message = making.board_message(talking.odoo, making.board(talking.device))
    talking.got("outcomes", message)
    assert talking.outbox.counts().events == 1
    assert talking.outbox.recent(1)[0].result is None
    assert talking.talk.ignored == 1


def test_a_retry_keeps_the_batch_and_goes_again_soon(talking: Wire) -> None:
    talking.record(2)
    [(_, payload)] = talking.act()
    busy = making.outcomes(payload, "retry", "none", "busy")
    talking.got("outcomes", making.signed(talking.odoo, busy))
    assert talking.outbox.counts().events == 2
    for wait in (0.05, 0.1, 0.2):
        assert talking.pass_time(wait) == [("events", payload)]
        talking.got("outcomes", making.signed(talking.odoo, busy))


def test_resend_comes_from_a_bridge_that_took_over(talking: Wire) -> None:
    talking.record()
    [(_, payload)] = talking.act()
    talking.pass_time(1)
    assert talking.command("resend") == [("events", payload)]


def test_resend_without_anything_in_flight_sends_nothing(talking: Wire) -> None:
    assert talking.command("resend") == []


def test_hello_please_is_answered_with_a_fresh_nonce(talking: Wire) -> None:
    before = talking.hello().nonce
    [(leaf, _)] = talking.command("hello_please")
    assert leaf == "state"
    assert talking.hello().nonce != before


def test_a_welcome_to_another_hello_is_no_welcome(wire: Wire) -> None:
    wire.record()
    wire.up()
    old = making.welcome(wire.hello(), 9, "f" * 64)
    wire.command("hello_please")
    wire.got("outcomes", making.signed(wire.odoo, old))
    assert wire.talk.ignored == 1
    assert wire.talk.talk == "connecting"
    assert wire.outbox.counts().events == 1


def test_a_welcome_that_an_outcome_overtook_is_asked_for_again(talking: Wire) -> None:
    talking.record()
    [(_, payload)] = talking.act()
    talking.command("hello_please")
    old = making.welcome(talking.hello(), 0, GENESIS)  # as Odoo was before the batch
    talking.got("outcomes", making.signed(talking.odoo, making.outcomes(payload)))
    [(leaf, _)] = talking.got("outcomes", making.signed(talking.odoo, old))
    assert leaf == "state"
    assert talking.talk.talk == "online"
    batch = decode_batch(payload)
    talking.welcome(batch.last, batch.seal)
    talking.record()
    assert [leaf for leaf, _ in talking.act()] == ["events"]


def test_another_version_is_said_and_asked_each_minute(talking: Wire) -> None:
    talking.record()
    talking.act()
    talking.refuse("version")
    assert talking.talk.talk == "version"
    assert "events" not in [leaf for leaf, _ in talking.pass_time(59)]
    assert "events" in [leaf for leaf, _ in talking.pass_time(1)]
    batch = talking.batch()
    talking.got("outcomes", making.signed(talking.odoo, making.outcomes(batch)))
    assert talking.talk.talk == "online"


def test_a_refusal_of_other_bytes_is_not_ours(talking: Wire) -> None:
    talking.record()
    talking.act()
    other = Refused(
        device=talking.device.device,
        server_time=1,
        payload="a" * 64,
        code="version",
        last_seq=0,
        last_seal=GENESIS,
    )
    talking.got("outcomes", making.signed(talking.odoo, other))
    assert talking.talk.talk == "online"


def test_a_refused_seal_asks_and_then_stands_still_with_an_alarm(talking: Wire) -> None:
    talking.record()
    talking.act()
    [(leaf, _)] = talking.refuse("seal")
    assert leaf == "state"
    assert talking.welcome() == []
    assert talking.talk.talk == "alarm"
    assert talking.outbox.counts().events == 1


def test_lost_rows_end_in_a_gap_event_above_odoos_number(wire: Wire) -> None:
    """The disk lost a batch that Odoo has; the bay recorded on, unknowing."""
    wire.record()
    settled = wire.outbox.open_batch()
    assert settled is not None
    wire.outbox.settle(making.outcomes(settled.payload))
    wire.record(2)
    assert wire.outbox.open_batch() is not None
    wire.up()
    [(_, payload)] = wire.welcome(4, "f" * 64)  # its open batch may be known there
    assert (decode_batch(payload).first, decode_batch(payload).last) == (2, 3)
    [(leaf, _)] = wire.refuse("gap", last_seq=4)
    assert leaf == "state"
    [(_, payload)] = wire.welcome(4, "f" * 64)
    batch = decode_batch(payload)
    events = [decode_event(raw) for raw in batch.raw_events]
    assert isinstance(events[0], GapEvent)
    assert (events[0].lost_from, events[0].lost_to) == (2, 4)
    assert [event.seq for event in events] == [5, 6, 7]
    assert batch.prev == "f" * 64
    assert wire.talk.talk == "online"


def test_a_bay_whose_outbox_is_gone_stands_still_and_asks_on(wire: Wire) -> None:
    wire.up()
    assert wire.welcome(9, "f" * 64) == []
    assert wire.talk.talk == "alarm"
    wire.record()
    assert wire.act() == []
    assert "state" in [leaf for leaf, _ in wire.pass_time(60)]
    wire.welcome()
    assert wire.talk.talk == "online"


def test_an_open_batch_goes_out_again_over_a_new_link(talking: Wire) -> None:
    talking.record()
    [(_, payload)] = talking.act()
    talking.talk.down()
    assert talking.pass_time(100) == []
    talking.up()
    assert talking.out[-1] == ("events", payload)


def test_a_restarted_bay_sends_the_same_bytes(
    talking: Wire, device: Identity, authority: Authority
) -> None:
    talking.record(2)
    [(_, payload)] = talking.act()
    talking.outbox.close()
    again = Wire(device, Outbox(device.folder / FILE, device), authority)
    again.up()
    assert again.welcome() == [("events", payload)]
    again.outbox.close()


def test_signs_of_life_come_each_minute(talking: Wire) -> None:
    [(leaf, payload)] = talking.pass_time(60)
    assert leaf == "state"
    assert isinstance(state.read_state(payload), Beat)
    assert talking.pass_time(59) == []


def test_a_sign_of_life_that_nobody_hears_brings_a_hello(talking: Wire) -> None:
    talking.pass_time(60)
    talking.ack(NO_SUBSCRIBER)
    [(_, payload)] = talking.pass_time(0.3)
    assert isinstance(state.read_state(payload), Hello)


def test_boards_are_taken_when_signed_newer_and_ours(talking: Wire) -> None:
    board = making.board(talking.device, 3)
    talking.got("board", making.board_message(talking.odoo, board))
    assert talking.outbox.board_version == 3
    foreign = making.board(talking.device, 4, device="dev-99999999")
    talking.got("board", making.board_message(talking.odoo, foreign))
    talking.got("board", b"{}")
    assert talking.outbox.board_version == 3
    assert talking.talk.ignored == 2


def test_server_time_runs_on_from_the_last_answer(talking: Wire) -> None:
    talking.clock.advance(2.5)
    assert talking.time.known() == making.SERVER_MS + 2_500


def restarted(wire: Wire, device: Identity, authority: Authority) -> Wire:
    """The agent was ended and began again: nothing but its disk is left."""
    wire.outbox.close()
    again = Wire(device, Outbox(device.folder / FILE, device), authority)
    again.up()
    return again


def test_a_gap_is_found_over_restarts_and_named_once(
    wire: Wire, device: Identity, authority: Authority
) -> None:
    wire.record()
    settled = wire.outbox.open_batch()
    assert settled is not None
    wire.outbox.settle(making.outcomes(settled.payload))
    wire.record(2)
    assert wire.outbox.open_batch() is not None
    wire = restarted(wire, device, authority)
    wire.welcome(4, "f" * 64)
    wire.refuse("gap", last_seq=4)
    wire = restarted(wire, device, authority)  # before it heard where Odoo stands
    [(_, payload)] = wire.welcome(4, "f" * 64)
    assert decode_batch(payload).first == 2
    wire.refuse("gap", last_seq=4)
    [(_, named)] = wire.welcome(4, "f" * 64)
    wire = restarted(wire, device, authority)  # before the gap was answered
    assert wire.welcome(4, "f" * 64) == [("events", named)]
    events = [decode_event(raw) for raw in decode_batch(named).raw_events]
    assert [type(event) is GapEvent for event in events] == [True, False, False]
    assert [event.seq for event in events] == [5, 6, 7]
    wire.outbox.close()


@pytest.mark.parametrize(
    ("code", "trouble"), [("seal", "alarm"), ("version", "version")]
)
def test_a_refusal_holds_over_a_restart_and_loses_nothing(
    talking: Wire, device: Identity, authority: Authority, code: str, trouble: str
) -> None:
    talking.record(2)
    [(_, payload)] = talking.act()
    talking.refuse(code)
    again = restarted(talking, device, authority)
    assert again.welcome() == [("events", payload)], "the very bytes, to be judged"
    again.refuse(code)
    if code == "seal":
        assert again.welcome() == []
    assert again.talk.talk == trouble
    assert again.outbox.counts().events == 2
    assert ("events", payload) in again.pass_time(80) or code == "seal"
    again.outbox.close()
