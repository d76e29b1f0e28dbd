"""A bay as a process: the agent's outbox, publisher, media store and uploader.

``python -m tests.faults.bay SPEC``. People's taps are drawn by a seed; ``tap N`` on
standard input makes N of them at once, ``load N`` as long as not many wait, ``rest``
lets people pause, its end stops the bay orderly.
"""

import json
import logging
import random
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import numpy as np
from sqlalchemy.exc import IntegrityError

from edge_agent import identity, logs
from edge_agent.clock import SystemClock, event_time
from edge_agent.errors import AgentError
from edge_agent.health import HealthProbe
from edge_agent.media import FOLDER, MEGABYTE, MediaStore
from edge_agent.outbox import FILE, Outbox, Settled
from edge_agent.publisher import Publisher
from edge_agent.tables import EventRow
from edge_agent.uploader import Uploader
from tests.bench import _lives
from tests.bench._world import SimulatedBay
from tests.faults.journal import Journal, Story
from workbay_contract.answers import Outcomes
from workbay_contract.events import MediaRef, NodeEvent

MOST_WAITING = 40
"""Under what the outbox keeps to be shown, so that a start can look up every final."""
MOST_LOADED = 20
"""Where nothing gets through for long, there is room left for what a fault of this very
bay asks for."""

_logger = logging.getLogger("workbay.faults.bay")


class JournalledOutbox(Outbox):
    """The agent's outbox; what became final is noted where no fault reaches."""

    journal: Journal

    def settle(self, answer: Outcomes) -> Settled:
        settled = super().settle(answer)
        for final in settled.finals:
            self.journal.note(
                "final", uuid=final.uuid, result=final.result, code=final.code
            )
        return settled


class People:
    """Tap one step after the other; one that the bay did not confirm, again."""

    def __init__(self, spec: dict[str, Any], journal: Journal, story: Story) -> None:
        folder = Path(spec["folder"])
        bay = SimulatedBay(
            folder, spec["technicians"], spec["inspector"], spec["orders"]
        )
        self._seed = f"{spec['seed']} {folder.name}"
        self._identity = identity.load(folder)
        self._journal, self._story = journal, story
        self._outbox = JournalledOutbox(folder / FILE, self._identity)
        self._outbox.journal = journal
        self._media = MediaStore(
            folder / FOLDER, self._outbox, budget=64 * MEGABYTE, reserve=0
        )
        self._clock = SystemClock()
        self.publisher = Publisher(
            self._identity,
            self._outbox,
            clock=self._clock,
            health=HealthProbe(
                self._outbox,
                self._media,
                camera=lambda: True,
                clock=self._clock,
                until=lambda: self.publisher.identity.valid[1],
            ),
            reload=lambda: identity.load(folder),
        )
        self._uploader = Uploader(
            self._identity, self._outbox, self._media, self.publisher.server_time
        )
        self._pause = float(spec["pause"])
        self._steps = self._remaining(bay, int(spec["seed"]))
        self._step: tuple[int, _lives.Step] | None = None
        self._wanted: dict[str, int] = {"tap": 0, "load": 0}
        self._connection = ""
        self._changed = threading.Condition()
        self._stopping = False
        self._resting = False

    def start(self) -> None:
        self._reconcile()
        self._journal.note("start")
        self._outbox.changes.subscribe(self._note_connection)
        self.publisher.start()
        self._uploader.start()
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        self._uploader.stop()
        self.publisher.stop()
        self._outbox.close()

    def work(self) -> None:
        while not self._stopping:
            with self._changed:
                self._changed.wait_for(
                    lambda: any(self._wanted.values()) or self._stopping,
                    None if self._resting else self._pause,
                )
                asked, loaded = self._wanted["tap"], self._wanted["load"]
                self._wanted = dict.fromkeys(self._wanted, 0)
            if self._stopping:
                return
            for number in range(asked + loaded or 1):
                if self._waiting() < (MOST_WAITING if number < asked else MOST_LOADED):
                    self._tap()

    def _waiting(self) -> int:
        try:
            return self._outbox.counts().events
        except Exception:  # noqa: BLE001 - the disk's trouble is the people's as well
            return MOST_WAITING

    def _tap(self) -> None:
        if self._step is None:
            self._step = next(self._steps, None)
        if self._step is None:
            return
        number, step = self._step
        uuid = UUID(
            int=random.Random(f"{self._seed} {number}").getrandbits(128), version=4
        )
        self._journal.note("try", uuid=uuid, step=number)
        try:
            media = self._photos(uuid, step.photos)
            not_kept = self._media.not_kept(media)
            for sha256 in sorted(not_kept):
                self._journal.note("not_kept", sha256=sha256)
            row = self._outbox.record(
                lambda seq: self._event(seq, uuid, step, media),
                step.person,
                not_kept=not_kept,
            )
            self._media.let_go(not_kept)
        except IntegrityError:
            # It was recorded after all, when the bay could not say so.
            seq = self._recorded([str(uuid)])[str(uuid)].seq
            self._journal.note("ok", uuid=uuid, seq=seq)
        except Exception as error:  # noqa: BLE001 - the bay says that it did not work
            self._journal.note("fail", uuid=uuid, error=_name(error))
            time.sleep(0.2)
            return
        else:
            self._journal.note("ok", uuid=uuid, seq=row.seq)
        self._step = None

    def _event(
        self, seq: int, uuid: UUID, step: _lives.Step, media: tuple[MediaRef, ...]
    ) -> NodeEvent:
        return NodeEvent(
            uuid=uuid,
            device=self._identity.device,
            seq=seq,
            time=event_time(self._clock),
            order=step.order,
            job=step.job,
            node=step.node,
            sheet=step.sheet,
            badge=step.badge,
            board=self._outbox.board_version,
            reason=step.reason,
            media=media,
        )

    def _photos(self, uuid: UUID, count: int) -> tuple[MediaRef, ...]:
        """Pictures that differ; a tap made again takes the same ones."""
        kept = []
        for number in range(count):
            noise = np.random.default_rng([number, uuid.int % 2**63])
            picture = noise.integers(0, 255, (48, 64, 3), np.uint8)
            _done, data = cv2.imencode(".jpg", picture)
            kept.append(self._media.keep(data.tobytes()))
        return tuple(kept)

    def _remaining(
        self, bay: SimulatedBay, seed: int
    ) -> Iterator[tuple[int, _lives.Step]]:
        """From the tap on that was under way when the process ended last."""
        done = max(
            (self._story.steps[uuid] + 1 for uuid in self._story.confirmed), default=0
        )
        steps = enumerate(_lives.draw(bay, seed, pauses=(32, 44, 56), shown=0))
        return islice(steps, done, None)

    def _reconcile(self) -> None:
        """Say what the bay's screen would show of what the journal lacks."""
        story = self._story
        open_uuids = [uuid for uuid in story.confirmed if uuid not in story.finals]
        if story.tried and story.tried[-1] not in story.confirmed:
            open_uuids.append(story.tried[-1])
        for uuid, row in self._recorded(open_uuids).items():
            if uuid not in story.confirmed:
                self._journal.note("ok", uuid=uuid, seq=row.seq)
                story.confirmed[uuid] = row.seq
                self._steps = islice(self._steps, 1, None)
            if row.result is not None:
                self._journal.note("final", uuid=uuid, result=row.result, code=row.code)

    def _recorded(self, uuids: list[str]) -> dict[str, EventRow]:
        rows = self._outbox.recent(10_000)
        return {row.uuid: row for row in rows if row.uuid in set(uuids)}

    def _note_connection(self) -> None:
        now = self.publisher.connection
        if now != self._connection:
            self._connection = now
            self._journal.note("connection", state=now)

    def _listen(self) -> None:
        for line in sys.stdin:
            word, _, number = line.partition(" ")
            with self._changed:
                self._resting = word == "rest"
                if number:
                    self._wanted[word] += int(number)
                self._changed.notify()
        self._stopping = True
        with self._changed:
            self._changed.notify()


def _name(error: Exception) -> str:
    """``OperationalError: disk I/O error``, without the statement."""
    reason = getattr(error, "orig", None) or error.__cause__ or error
    return f"{type(error).__name__}: {reason}"[:120]


def main() -> int:
    spec = json.loads(Path(sys.argv[1]).read_text())
    file = Path(spec["journal"])
    story = Story(file).follow()
    logs.configure()
    try:
        people = People(spec, Journal(file), story)
        people.start()
    except AgentError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    people.work()
    people.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
