"""One run: a chain, bays at work, and lanes in which faults follow one another."""

import itertools
import json
import queue
import random
import shutil
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from edge_agent.outbox import FILE
from tests.bench import _world
from tests.bench._audit import drain_seconds
from tests.faults import audit, database
from tests.faults.bays import Bay, make
from tests.faults.chain import FaultStack
from tests.faults.schedule import KINDS, Effect, Lanes, Planned, digest, plan
from tests.support.mqtt import MqttClient
from workbay_deploy.readiness import wait_until

PLAIN, LIARS, SITED = 3, 2, 1
ORDERS_PER_BAY = 3
"""More than its people get done: who has nothing to tap has nothing waiting."""
JOBS_PER_ORDER = 8
SETTLE_SECONDS = 150.0
PHOTO_SECONDS = 330.0
"""A bay whose bridge was away for long asks again after five minutes at most."""
WARM_EVENTS = 6
EACH = 3
"""So often each kind has to show its effect."""
MOST_BEFORE, ROOM_SECONDS = 20, 10.0
ROGUE_SECONDS = 90.0
"""A broker that forgot everything waits for Odoo, which may be away itself."""


@dataclass(frozen=True)
class Done:
    """One fault that was brought; without effect it does not count."""

    kind: str
    lane: str
    effect: Effect | None
    seconds: float


@dataclass
class Report:
    """What a run has to say."""

    seed: int
    schedule: str
    kinds: Sequence[str] = ()
    done: list[Done] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    named: int = 0
    seconds: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def counted(self) -> Counter[str]:
        return Counter(d.kind for d in self.done if d.effect and d.effect.waiting)

    @property
    def without_effect(self) -> Counter[str]:
        return Counter(d.kind for d in self.done if not (d.effect and d.effect.waiting))

    def lines(self) -> Iterator[str]:
        yield f"seed {self.seed}, schedule {self.schedule}, {self.seconds:.0f} s"
        yield f"faults that showed their effect: {self.counted.total()}"
        for kind in self.kinds:
            of_kind = [d for d in self.done if d.kind == kind]
            seen = next((d.effect.seen for d in of_kind if d.effect), "")
            mean = sum(d.seconds for d in of_kind) / max(1, len(of_kind))
            yield f"{self.counted[kind]:>6}  {kind:<34} {mean:5.1f} s  {seen}"
        if self.without_effect:
            yield "without effect, not counted:"
            for kind, count in sorted(self.without_effect.items()):
                yield f"{count:>6}  {kind}"
        yield "the parts of the run:"
        for part, seconds in self.parts.items():
            yield f"{seconds:6.0f} s  {part}"
        yield "events by outcome:"
        for outcome, count in sorted(self.outcomes.items()):
            yield f"{count:>6}  {outcome}"
        yield f"lost by lying disks, a gap in their place: {self.named}"
        for breach in (*self.broken, *self.breaches):
            yield f"BREACH {breach}"


class Run:
    """Build by ``with``; ``disturb`` brings the faults, ``finish`` judges."""

    def __init__(
        self, seed: int, count: int, seconds: float, mutation: str | None = None
    ) -> None:
        """:param seconds: for the faults; making the chain comes before."""
        self.seed, self.count = seed, count
        self._begun = time.monotonic()
        self._seconds = seconds
        self._mutation = mutation
        self._lock = threading.Lock()
        self._exit = ExitStack()
        names = [f"bay-{number}" for number in range(PLAIN + LIARS + SITED)]
        self.lanes = Lanes(
            names[:PLAIN], names[PLAIN : PLAIN + LIARS], names[PLAIN + LIARS :]
        )

    def __enter__(self) -> Self:
        try:
            self._build()
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def _build(self) -> None:
        number = PLAIN + LIARS + SITED
        scale = max(1, round(self.count / 250))
        size = _world.Size(number + 1, ORDERS_PER_BAY * scale, JOBS_PER_ORDER)
        self.stack = _world.stack(size, FaultStack)
        self.stack.mutation = self._mutation
        self._exit.enter_context(self.stack)
        made = _world.enrol(self.stack, size)
        self.orders = [order["id"] for bay in made for order in bay.orders]
        self.rogue = made[number]
        self.database = database.Switch(self.stack)
        # In a new database all of these are due at once, and for minutes.
        self.stack.query(
            "UPDATE ir_cron SET nextcall = now() + interval '1 day'"
            " WHERE interval_type IN ('days', 'weeks', 'months')"
        )
        # Other jobs ask for this one between its times; it deletes every key that it
        # finds expired, for good.
        self.stack.query(
            "UPDATE ir_cron SET active = FALSE WHERE id IN ("
            "SELECT res_id FROM ir_model_data"
            " WHERE module = 'base' AND name = 'autovacuum_job')"
        )
        drain_seconds(self.stack)
        self.bays, self.site = make(self.stack, made[:number], self.seed, SITED)
        self._exit.callback(self._end_bays)
        self._at_once(lambda bay: bay.start())
        for bay in self.bays:
            bay.tap(WARM_EVENTS)
        tapped = wait_until(
            lambda: all(
                len(bay.story.follow().confirmed) >= WARM_EVENTS for bay in self.bays
            ),
            120,
        )
        if not tapped or not self._settle(120):
            raise RuntimeError("the bays' first events were not answered in time")
        # From here on every outbox has a settled past that a lying disk can fall to.
        self._at_once(lambda bay: (bay.stop(), bay.start()))

    def _at_once(self, act: Callable[[Bay], object]) -> None:
        with ThreadPoolExecutor(len(self.bays)) as pool:
            list(pool.map(act, self.bays))

    def _end_bays(self) -> None:
        for bay in self.bays:
            if bay.is_alive:
                bay.resume()
                bay.kill()
        self.site.close()

    # Tools of the faults

    @contextmanager
    def loaded(self, bay: Bay, count: int = 4) -> Iterator[int]:
        """The bay has events waiting while the block begins: its link is held.

        What goes on in the block may let it go by ``release``. People must have room
        for more: who has all that a bay takes waiting does nothing when he is asked.
        """
        wait_until(lambda: bay.waiting <= MOST_BEFORE, ROOM_SECONDS)
        self.stack.network.change(bay.mqtt, "half_open")
        try:
            bay.tap(count)
            bay.wait(lambda: bay.waiting >= min(2, count), 6)
            yield bay.waiting
        finally:
            self.release(bay)

    def release(self, bay: Bay) -> None:
        self.stack.network.change(bay.mqtt, "none")

    def load_all(self, count: int = 3) -> None:
        for bay in self.bays:
            bay.load(count)

    def waiting(self) -> int:
        """At all bays together."""
        return sum(bay.waiting for bay in self.bays)

    def log_size(self, service: str) -> int:
        file = self.stack.logs / f"{service}.log"
        return file.stat().st_size if file.exists() else 0

    def logged(self, service: str, since: int, *words: str) -> str | None:
        """The first of the words that a service has logged since then."""
        with (self.stack.logs / f"{service}.log").open("rb") as stream:
            stream.seek(since)
            text = stream.read().decode(errors="replace")
        return next((word for word in words if word in text), None)

    @contextmanager
    def rogue_client(self) -> Iterator[MqttClient]:
        """An enrolled device that does what it should not.

        It waits for the broker, which somebody else may have taken away.
        """
        deadline = time.monotonic() + ROGUE_SECONDS
        while (client := self._connect_rogue()) is None:
            if time.monotonic() > deadline:
                raise RuntimeError("the broker does not let the rogue in")
            time.sleep(0.5)
        try:
            yield client
        finally:
            client.close()

    def _connect_rogue(self) -> MqttClient | None:
        # Anew each time: one that was refused goes on trying in its own thread.
        folder = self.rogue.folder
        device = json.loads((folder / "device.json").read_text())["device"]
        client = MqttClient(
            self.stack.chain.ports.mqtt, device, folder, "device.crt", "device.key"
        )
        with suppress(OSError, queue.Empty):
            if client.connect() == "Success":
                return client
        client.close()
        return None

    # The lanes

    def disturb(self, kinds: Sequence[str] | None = None) -> Report:
        chosen = sorted(kinds or KINDS)
        planned = plan(self.seed, self.count, self.lanes, chosen)
        self.report = Report(self.seed, digest(planned), chosen)
        self.report.parts["the chain and its first events"] = (
            time.monotonic() - self._begun
        )
        self._deadline = time.monotonic() + self._seconds
        with self._timed("faults"):
            self._walk(planned)
        enough = self.count >= EACH * len(chosen)
        if enough and not (self.report.broken or self._mutation):
            with self._timed("faults made up for"):
                self._make_up(chosen)
        return self.report

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        begin = time.monotonic()
        yield
        self.report.parts[part] = time.monotonic() - begin

    def _walk(self, planned: dict[str, list[Planned]]) -> None:
        threads = [
            threading.Thread(target=self._lane, args=(lane, faults), name=lane)
            for lane, faults in planned.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _lane(self, lane: str, faults: list[Planned]) -> None:
        bay = next((bay for bay in self.bays if bay.name == lane), self.bays[0])
        for planned in faults:
            if time.monotonic() > self._deadline or self.report.broken:
                return
            begin = time.monotonic()
            try:
                effect = KINDS[planned.kind].fault(
                    self, bay, random.Random(planned.seed)
                )
            except Exception:  # noqa: BLE001 - a tool that fails ends the run, named
                with self._lock:
                    self.report.broken.append(
                        f"{planned.kind} at {lane}: {traceback.format_exc()}"
                    )
                return
            done = Done(planned.kind, lane, effect, time.monotonic() - begin)
            with self._lock:
                self.report.done.append(done)

    def _make_up(self, chosen: Sequence[str]) -> None:
        """Bring again what showed its effect too seldom, as long as there is time."""
        for turn in itertools.count():
            missing: dict[str, list[Planned]] = {}
            for name in chosen:
                lanes = self.lanes.of(KINDS[name].lane)
                for number in range(EACH - self.report.counted[name]):
                    lane = lanes[number % len(lanes)]
                    missing.setdefault(lane, []).append(
                        Planned(name, hash((turn, number)))
                    )
            if not missing or time.monotonic() > self._deadline:
                return
            self._walk(missing)

    # The end

    def finish(self, patience: float = SETTLE_SECONDS) -> Report:
        """Heal everything, let the bays end their work, compare."""
        report = self.report
        report.seconds = time.monotonic() - self._begun
        if report.broken:
            return report  # what a tool left behind is no fault of the product
        with self._timed("until every outcome was known"):
            self._heal()
            self._settle(patience)
        with self._timed("until every photo had come"):
            self._bring_photos(PHOTO_SECONDS)
        with self._timed("until every consequence was drawn"):
            waiting = self._drain(patience)
        self._at_once(lambda bay: bay.stop())
        with self._timed("the audit"):
            found = audit.audit(self.stack, self.bays, self.orders)
        report.breaches = [*waiting, *found.breaches]
        report.outcomes = found.outcomes
        report.named = found.named
        report.seconds = time.monotonic() - self._begun
        return report

    def keep(self, folder: Path) -> None:
        """Put what services and bays wrote, and outboxes, where a reader finds them."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.stack.logs, folder)
        for bay in self.bays:
            for file in bay.folder.glob(f"{FILE}*"):
                shutil.copy(file, folder / f"{bay.name}-{file.name}")

    def _drain(self, patience: float) -> list[str]:
        """What failed waits for its time, unless somebody asks for it as here.

        :return: what is waiting all the same.
        """
        at_once = "SELECT count(*) FROM workshop_consequence WHERE next_at IS NULL"
        wait_until(lambda: self.stack.query(at_once) == "0", patience)
        if self.stack.query("SELECT count(*) FROM workshop_consequence") != "0":
            _world.shell(self.stack, "_odoo_audit", "retry", {}, package="tests.faults")
        try:
            drain_seconds(self.stack, patience)
        except TimeoutError:
            rows = self.stack.query(
                "SELECT DISTINCT format('consequence: order %s still waits after %s"
                " attempts: %s', order_id, attempts, replace(error, E'\\n', ' '))"
                " FROM workshop_consequence"
            )
            return rows.splitlines()
        return []

    def _heal(self) -> None:
        self.database.heal()
        for gate in self.stack.gates.values():
            self.stack.network.change(gate, "none")
        for gateway in self.stack.gateways.values():
            gateway.trouble = "none"
        for control in self.stack.controls.values():
            control.heal()
            control.clock_offset = 0
        for bay in self.bays:
            for gate in (bay.mqtt, bay.media):
                self.stack.network.change(gate, "none")
            if not bay.is_alive:
                bay.start()
            bay.rest()

    def _settle(self, seconds: float) -> bool:
        """Wait until no bay that can know has an event without its outcome."""
        return wait_until(
            lambda: all(self._has_settled(bay) for bay in self.bays), seconds
        )

    def _has_settled(self, bay: Bay) -> bool:
        story = bay.story.follow()
        return not [
            uuid
            for uuid in story.confirmed
            if uuid not in story.finals and not bay.may_have_lost(uuid)
        ]

    def _bring_photos(self, seconds: float) -> None:
        wait_until(lambda: not audit.missing_photos(self.stack, self.bays), seconds)
