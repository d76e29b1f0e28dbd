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
from edge_agent.settings import Timers
from tests.bench._lives import Step
from tests.bench._world import SimulatedBay
from workbay_contract.answers import Outcomes
from workbay_contract.events import MediaRef, NodeEvent
from workbay_contract.types import sha256

CLOCK = SystemClock()


@dataclass
class Tally:
    """What bays saw: each event confirmed, and its one final outcome.

    :ivar recorded: by UUID, when it was tapped and whether it has to be accepted.
    :ivar finals: by UUID, when its outcome was settled at the bay, and which.
    """

    recorded: dict[str, tuple[float, bool]] = field(default_factory=dict)
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

    def add(self, other: "Tally") -> None:
        self.recorded |= other.recorded
        self.finals |= other.finals
        self.repeated += other.repeated

    def latencies_ms(
        self, begin: float = 0.0, end: float = float("inf")
    ) -> list[float]:
        """From the tap to the outcome, sorted; of the taps between two instants."""
        return sorted(
            (self.finals[uuid][0] - at) * 1000
            for uuid, (at, _valid) in self.recorded.items()
            if uuid in self.finals and begin <= at < end
        )

    def rate(self, begin: float, end: float) -> float:
        """Final outcomes per second between two instants."""
        found = sum(begin <= at < end for at, _result in self.finals.values())
        return found / (end - begin)

    def wrong(self) -> Counter[str]:
        """Outcomes that are not what the step had to get, by what was answered."""
        return Counter(
            self.finals[uuid][1]
            for uuid, (_at, valid) in self.recorded.items()
            if uuid in self.finals
            and self.finals[uuid][1] != ("accepted" if valid else "rejected")
        )


class TalliedOutbox(Outbox):
    """The agent's outbox, telling when an event became final."""

    tally: Tally
    settled = 0

    def settle(self, answer: Outcomes) -> Settled:
        settled = super().settle(answer)
        self.settled += len(settled.finals)
        self.tally.settle(settled.finals)
        return settled


class Worker:
    """One bay at work."""

    def __init__(
        self,
        bay: SimulatedBay,
        steps: Iterator[Step],
        tally: Tally,
        timers: Timers | None = None,
    ) -> None:
        self._identity = identity.load(bay.folder)
        self._outbox = TalliedOutbox(bay.folder / FILE, self._identity)
        self._outbox.tally = tally
        self._publisher = Publisher(self._identity, self._outbox, timers=timers)
        self._steps = steps
        self._tally = tally
        self._recorded = 0

    @property
    def online(self) -> bool:
        return self._publisher.connection == "online" and self._outbox.board is not None

    @property
    def waiting(self) -> int:
        return self._recorded - self._outbox.settled

    def start(self) -> None:
        self._publisher.start()

    def stop(self) -> None:
        self._publisher.stop()
        self._outbox.close()

    def confirm(self) -> bool:
        """Record the next step as a tap does; False when there is none left."""
        step = next(self._steps, None)
        if step is None:
            return False
        uuid = uuid4()
        self._tally.recorded[str(uuid)] = (time.perf_counter(), step.valid)
        self._outbox.record(lambda seq: self._event(seq, uuid, step), step.person)
        self._recorded += 1
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
