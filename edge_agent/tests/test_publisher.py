"""The publisher against a real Mosquitto with mutual TLS."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from edge_agent import identity
from edge_agent.identity import Identity
from edge_agent.outbox import FILE, Outbox
from edge_agent.publisher import Publisher
from edge_agent.settings import Timers
from workbay_contract import state
from workbay_contract.batch import decode_batch
from workbay_contract.state import Beat, Command, Gone, Hello

from . import making
from .authority import Authority
from .broker import Mosquitto
from .broker import running as running_broker
from .odoo_side import PATIENCE, OdooSide

QUICK = Timers(resend=0.4, resend_max=2, prefer=0.3, reconnect=0.1, reconnect_max=0.5)


class Lab:
    """A bay, its brokers, and whoever answers at them."""

    def __init__(self, folder: Path, authority: Authority, brokers: int) -> None:
        self.stack = ExitStack()
        self.folder, self.authority = folder, authority
        self.brokers: list[Mosquitto] = [
            self.stack.enter_context(
                running_broker(folder / f"broker-{number}", authority)
            )
            for number in range(brokers)
        ]
        self.bay = authority.enrol(
            folder / "bay", "dev-00000001", [broker.port for broker in self.brokers]
        )
        self.outbox = Outbox(self.bay.folder / FILE, self.bay)
        self.stack.callback(self.outbox.close)

    def odoo(self, broker: int = 0, accepting: bool = False) -> OdooSide:
        name = f"bridge-{broker}-test"
        who = self.authority.enrol(self.folder / name, name, [1])
        port = self.brokers[broker].port
        side = OdooSide(who, self.bay, port, self.authority.odoo, accepting)
        self.stack.callback(side.close)
        return side

    @contextmanager
    def publishing(self, timers: Timers = QUICK) -> Iterator[Publisher]:
        publisher = Publisher(
            self.bay,
            self.outbox,
            timers=timers,
            reload=lambda: identity.load(self.bay.folder),
        )
        publisher.start()
        try:
            yield publisher
        finally:
            publisher.stop()

    def record(self) -> str:
        return self.outbox.record(making.event(self.bay.device), making.TESS).uuid

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait, over the changes that the bay announces."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            remaining = deadline - time.monotonic()
            assert remaining > 0, what
            self.outbox.changes.wait(self.outbox.changes.version, min(0.1, remaining))


@pytest.fixture
def lab(tmp_path: Path, authority: Authority) -> Iterator[Lab]:
    lab = Lab(tmp_path, authority, 1)
    with lab.stack:
        yield lab


@pytest.fixture
def two(tmp_path: Path, authority: Authority) -> Iterator[Lab]:
    lab = Lab(tmp_path, authority, 2)
    with lab.stack:
        yield lab


def test_events_come_to_odoo_in_order_and_are_settled(lab: Lab) -> None:
    odoo = lab.odoo(accepting=True)
    with lab.publishing() as publisher:
        for _ in range(5):
            lab.record()
        lab.wait("settled", lambda: lab.outbox.counts().events == 0)
        assert publisher.connection == "online"
    first = [decode_batch(payload).first for payload in odoo.payloads]
    assert first == sorted(set(first))
    assert "c1, k10" in lab.brokers[0].log  # clean start, keepalive


def test_a_broker_without_listeners_is_told_again_until_there_is_one(
    lab: Lab,
) -> None:
    lab.record()
    with lab.publishing() as publisher:
        lab.wait("hellos refused", lambda: lab.brokers[0].log.count("rc16") >= 3)
        assert publisher.connection == "connecting"
        odoo = lab.odoo(accepting=True)
        asked = time.monotonic()
        lab.wait("settled", lambda: lab.outbox.counts().events == 0)
        assert time.monotonic() - asked < 2
        assert len(odoo.payloads) == 1


def test_a_puback_without_an_outcome_settles_nothing(lab: Lab) -> None:
    odoo = lab.odoo()
    lab.record()
    with lab.publishing():
        first = odoo.batches.get(timeout=PATIENCE)
        again = odoo.batches.get(timeout=PATIENCE)
        assert odoo.payloads[0] == odoo.payloads[1]
        assert lab.outbox.counts().events == 1
        odoo.accept(again)
        lab.wait("settled", lambda: lab.outbox.counts().events == 0)
    assert first == again


def test_a_restarted_agent_sends_the_same_bytes(lab: Lab) -> None:
    odoo = lab.odoo()
    lab.record()
    with lab.publishing():
        odoo.batches.get(timeout=PATIENCE)
    lab.record()
    seen = len(odoo.payloads)
    lab.outbox.close()
    lab.outbox = Outbox(lab.bay.folder / FILE, lab.bay)
    with lab.publishing():
        while len(odoo.payloads) <= seen:
            odoo.batches.get(timeout=PATIENCE)
    assert len(set(odoo.payloads)) == 1


def test_the_office_hears_that_a_bay_is_gone(lab: Lab) -> None:
    odoo = lab.odoo()
    with lab.publishing():
        assert isinstance(odoo.states.get(timeout=PATIENCE), Hello)
    said: object = None
    while not isinstance(said, Gone):
        said = odoo.states.get(timeout=PATIENCE)


def test_signs_of_life_reach_the_office(lab: Lab) -> None:
    odoo = lab.odoo()
    with lab.publishing(Timers(health=0.2)):
        said: object = None
        while not isinstance(said, Beat):
            said = odoo.states.get(timeout=PATIENCE)


def test_a_board_arrives(lab: Lab) -> None:
    odoo = lab.odoo()
    with lab.publishing():
        odoo.states.get(timeout=PATIENCE)
        made = making.board(lab.bay, 4)
        odoo.publish("board", making.board_message(lab.authority.odoo, made))
        lab.wait("board", lambda: lab.outbox.board_version == 4)


def test_events_wait_for_a_broker_that_comes_back(lab: Lab) -> None:
    lab.odoo(accepting=True).close()
    lab.brokers[0].kill()
    with lab.publishing() as publisher:
        lab.record()
        assert publisher.connection == "offline"
        lab.brokers[0].start()
        lab.odoo(accepting=True)
        lab.wait("settled", lambda: lab.outbox.counts().events == 0)


def test_the_second_broker_takes_over_and_the_first_is_returned_to(two: Lab) -> None:
    two.odoo(0, accepting=True)
    second = two.odoo(1, accepting=True)
    preferred, spare = two.bay.brokers
    with two.publishing() as publisher:
        two.record()
        two.wait("settled", lambda: two.outbox.counts().events == 0)
        assert publisher.broker == preferred
        second.position = (1, two.outbox.position().last_seal)
        two.brokers[0].kill()
        two.wait("fail-over", lambda: publisher.broker == spare)
        two.record()
        two.wait("settled there", lambda: two.outbox.counts().events == 0)
        two.brokers[0].start()
        first = two.odoo(0, accepting=True)
        first.position = second.position
        two.wait("return", lambda: publisher.broker == preferred)
        two.record()
        two.wait("settled again", lambda: two.outbox.counts().events == 0)
        assert len(first.payloads) == 1


def test_a_broker_where_nobody_listens_is_left_for_one_where_somebody_does(
    two: Lab,
) -> None:
    two.odoo(1, accepting=True)
    two.record()
    with two.publishing(QUICK.model_copy(update={"unheard": 0.5})):
        two.wait("settled", lambda: two.outbox.counts().events == 0)


def test_rotate_connects_anew_with_the_identity_on_the_disk(two: Lab) -> None:
    """The office changed the list of brokers: the second one only."""
    odoo = two.odoo(0)
    two.odoo(1, accepting=True)
    with two.publishing() as publisher:
        odoo.states.get(timeout=PATIENCE)
        two.authority.enrol(
            two.bay.folder, "dev-00000001", [two.brokers[1].port], bay=two.bay.bay
        )
        odoo.publish("commands", state.encode(Command(command="rotate")))
        moved = identity.load(two.bay.folder).brokers
        two.wait("moved", lambda: publisher.broker in moved)


def test_a_strangers_certificate_is_not_admitted(lab: Lab, tmp_path: Path) -> None:
    stranger = Authority(_made(tmp_path / "stranger"))
    bay = stranger.enrol(tmp_path / "false", "dev-00000009", [lab.brokers[0].port])
    (bay.folder / identity.CA).write_bytes(lab.authority.certificate)
    outbox = Outbox(bay.folder / FILE, bay)
    publisher = Publisher(bay, outbox, timers=QUICK)
    publisher.start()
    lab.wait("refused", lambda: "certificate verify failed" in lab.brokers[0].log)
    assert publisher.connection == "offline"
    publisher.stop()
    outbox.close()


def test_a_broker_of_another_authority_is_not_spoken_to(
    lab: Lab, tmp_path: Path
) -> None:
    stranger = Authority(_made(tmp_path / "stranger"))
    (lab.bay.folder / identity.CA).write_bytes(stranger.certificate)
    with lab.publishing() as publisher:
        lab.wait("alert", lambda: " alert " in lab.brokers[0].log)
        assert publisher.connection == "offline"


def test_many_publishers_live_in_one_process(lab: Lab, tmp_path: Path) -> None:
    with ExitStack() as stack:
        outboxes = []
        for number in range(20):
            bay: Identity = lab.authority.enrol(
                tmp_path / f"many-{number}",
                f"dev-1000{number:04}",
                [lab.brokers[0].port],
            )
            name = f"bridge-many-{number}"
            who = lab.authority.enrol(tmp_path / name, name, [1])
            odoo = OdooSide(
                who, bay, lab.brokers[0].port, lab.authority.odoo, accepting=True
            )
            stack.callback(odoo.close)
            outbox = Outbox(bay.folder / FILE, bay)
            stack.callback(outbox.close)
            publisher = Publisher(bay, outbox)
            publisher.start()
            stack.callback(publisher.stop)
            for _ in range(3):
                outbox.record(making.event(bay.device), making.TESS)
            outboxes.append(outbox)
        for outbox in outboxes:
            lab.wait("settled", lambda box=outbox: box.counts().events == 0)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
