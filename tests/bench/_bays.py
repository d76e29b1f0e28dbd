"""Simulated bays: the agent's own outbox and publisher, several in one process."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from edge_agent import identity
from edge_agent.clock import SystemClock, event_time
from edge_agent.outbox import FILE, Final, Outbox, Settled
from edge_agent.publisher import Publisher
from tests.bench._lives import Step
from tests.bench._world import SimulatedBay
from workbay_contract.answers import Outcomes
from workbay_contract.events import MediaRef, NodeEvent
from workbay_contract.types import sha256

CLOCK = SystemClock()
LOOK_AGAIN = 0.05
START_SECONDS = 120
END_SECONDS = 120


@dataclass
class Tally:
    """What the bays saw: each event confirmed, and its one final outcome."""

    recorded: dict[str, tuple[float, Step]] = field(default_factory=dict)
    finals: dict[str, tuple[float, str]] = field(default_factory=dict)
    repeated: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def settle(self, finals: tuple[Final, ...]) -> None:
        now = time.perf_counter()
        with self.changed:
            for final in finals:
                if final.uuid in self.finals:
                    self.repeated += 1
                self.finals[final.uuid] = (now, final.result)
            self.changed.notify_all()

    def latencies_ms(self) -> list[float]:
        """From the tap to the outcome, sorted."""
        return sorted(
            (self.finals[uuid][0] - at) * 1000
            for uuid, (at, _step) in self.recorded.items()
            if uuid in self.finals
        )

    def wrong(self) -> Counter[str]:
        """Outcomes that are not what the step had to get, by what was answered."""
        return Counter(
            self.finals[uuid][1]
            for uuid, (_at, step) in self.recorded.items()
            if uuid in self.finals
            and self.finals[uuid][1] != ("accepted" if step.valid else "rejected")
        )


class TalliedOutbox(Outbox):
    """The agent's outbox, telling when an event became final."""

    tally: Tally

    def settle(self, answer: Outcomes) -> Settled:
        settled = super().settle(answer)
        self.tally.settle(settled.finals)
        return settled


class Worker:
    """One bay at work."""

    def __init__(self, bay: SimulatedBay, steps: Iterator[Step], tally: Tally) -> None:
        self._identity = identity.load(bay.folder)
        self._outbox = TalliedOutbox(bay.folder / FILE, self._identity)
        self._outbox.tally = tally
        self._publisher = Publisher(self._identity, self._outbox)
        self._steps = steps
        self._tally = tally

    @property
    def online(self) -> bool:
        return self._publisher.connection == "online" and self._outbox.board is not None

    @property
    def waiting(self) -> int:
        return self._outbox.counts().events

    def start(self) -> None:
        self._publisher.start()

    def stop(self) -> None:
        self._publisher.stop()
        self._outbox.close()

    def work(self, until: float, ahead: int) -> None:
        """Confirm until then, or to the end, with at most ``ahead`` events waiting."""
        changes = self._outbox.changes
        while time.monotonic() < until:
            for _event in range(ahead - self.waiting):
                if not self.confirm():
                    return
            # An outcome that came just now wakes nobody: look again soon.
            changes.wait(changes.version, LOOK_AGAIN)

    def confirm(self) -> bool:
        """Record the next step as a tap does; False when there is none left."""
        step = next(self._steps, None)
        if step is None:
            return False
        uuid = uuid4()
        self._tally.recorded[str(uuid)] = (time.perf_counter(), step)
        self._outbox.record(lambda seq: self._event(seq, uuid, step), step.person)
        return True

    def _event(self, seq: int, uuid: UUID, step: Step) -> NodeEvent:
        return NodeEvent(
            uuid=uuid,
            device=self._identity.device,
            seq=seq,
            time=event_time(CLOCK),
            order=step.order,
            job=step.job,
            node=step.node,
            sheet=step.sheet,
            badge=step.badge,
            board=self._outbox.board_version,
            reason=step.reason,
            media=tuple(
                MediaRef(sha256=sha256(f"{uuid} {photo}".encode()), size=180_000)
                for photo in range(step.photos)
            ),
        )


def start_all(workers: list[Worker]) -> None:
    """Return once every bay is online with its board.

    :raises TimeoutError: not within START_SECONDS.
    """
    for worker in workers:
        worker.start()
    until = time.monotonic() + START_SECONDS
    while not all(worker.online for worker in workers):
        if time.monotonic() > until:
            raise TimeoutError("not every bay came online with its board")
        time.sleep(0.1)


def wait_settled(tally: Tally) -> None:
    """Wait until every event that was confirmed has its final outcome."""
    with tally.changed:
        tally.changed.wait_for(
            lambda: len(tally.finals) >= len(tally.recorded), END_SECONDS
        )
