"""Many simulated bays in a few processes, which do what they are told."""

import gc
import multiprocessing
import random
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, Self

from tests.bench import _lives
from tests.bench._bays import Tally, Worker
from tests.bench._world import SimulatedBay

PROCESSES = 4
"""A process of bays must have time left, or it measures itself."""
PAUSES = (8, 11, 14, 17, 20)
"""How often a job may be interrupted, for parts, for the customer: a bay's 300 events a
day are those of some ten jobs. A world of 8,000 jobs so makes 280,000 events."""
COLLECT = (50_000, 20, 1000)
"""In the field a bay's process collects its own garbage alone. Fifty in one process
would each pay for all the others' objects: 8 instead of 2 ms for a board, and every bay
standing still for 0.15 s meanwhile."""
START_SECONDS = 180
END_SECONDS = 120
LOOK_AGAIN = 0.02


class Fleet:
    """Bays at work; ``with`` bounds the life of their processes."""

    def __init__(
        self,
        bays: Sequence[SimulatedBay],
        seed: int,
        processes: int = PROCESSES,
        pauses: tuple[int, ...] = PAUSES,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for number in range(min(processes, len(bays))):
            here, there = context.Pipe()
            process = context.Process(
                target=_serve,
                args=(there, bays[number::processes], seed, pauses),
                daemon=True,
            )
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(20)
            if process.is_alive():
                process.kill()

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes if process.pid]

    def start(self) -> None:
        """Return once every bay is online with its board.

        :raises TimeoutError: not within START_SECONDS.
        """
        self._ask("start")

    def work(self, seconds: float, ahead: int) -> None:
        """Confirm for so long, or to the end, with at most ``ahead`` events waiting
        at each bay; return when the time is over."""
        self.begin("work", seconds, ahead)
        self.wait()

    def tap(self, rate: float, seconds: float) -> None:
        """Confirm at random moments and bays (a Poisson process) for so long."""
        self.begin("tap", rate / len(self._pipes), seconds)
        self.wait()

    def hoard(self, events: int) -> None:
        """Record so many events at each bay, which were not started yet."""
        self._ask("hoard", events)

    def begin(self, command: str, *arguments: Any) -> None:
        """Have every process begin; ``wait`` returns when all are done."""
        for pipe in self._pipes:
            pipe.send((command, arguments))

    def wait(self) -> None:
        for pipe in self._pipes:
            answer = pipe.recv()
            if isinstance(answer, Exception):
                raise answer

    def settle(self) -> None:
        """Wait until every event confirmed has its final outcome, END_SECONDS long."""
        self._ask("settle")

    def tally(self) -> Tally:
        """What the bays saw so far."""
        total = Tally()
        for pipe in self._pipes:
            pipe.send(("tally", ()))
            recorded, finals, repeated = pipe.recv()
            total.add(Tally(recorded, finals, repeated))
        return total

    def stop(self) -> None:
        """Let every bay say goodbye."""
        self._ask("stop")

    def _ask(self, command: str, *arguments: Any) -> None:
        self.begin(command, *arguments)
        self.wait()


def _serve(
    pipe: Connection,
    bays: Sequence[SimulatedBay],
    seed: int,
    pauses: tuple[int, ...],
) -> None:
    """A process: some bays and one hand that taps at all of them."""
    gc.set_threshold(*COLLECT)
    tally = Tally()
    chance = random.Random(f"{seed} {bays[0].folder.name}")
    workers = [Worker(bay, _lives.draw(bay, seed, pauses), tally) for bay in bays]
    commands = {
        "start": lambda: _start(workers),
        "work": lambda *values: _work(workers, tally, *values),
        "tap": lambda *values: _tap(workers, chance, *values),
        "hoard": lambda *values: _hoard(workers, *values),
        "settle": lambda: _settle(tally),
        "tally": lambda: (tally.recorded, tally.finals, tally.repeated),
        "stop": lambda: [worker.stop() for worker in workers] and None,
    }
    while True:
        try:
            command, arguments = pipe.recv()
        except EOFError:
            return
        try:
            answer = commands[command](*arguments)
        except Exception as error:  # noqa: BLE001  the bench fails with it
            answer = error
        pipe.send(answer)


def _start(workers: list[Worker]) -> None:
    for worker in workers:
        worker.start()
    until = time.monotonic() + START_SECONDS
    while not all(worker.online for worker in workers):
        if time.monotonic() > until:
            raise TimeoutError("not every bay came online with its board")
        time.sleep(0.1)


def _work(workers: list[Worker], tally: Tally, seconds: float, ahead: int) -> None:
    until = time.monotonic() + seconds
    busy = list(workers)
    while busy and time.monotonic() < until:
        settled = len(tally.finals)
        for worker in tuple(busy):
            for _event in range(ahead - worker.waiting):
                if not worker.confirm():
                    busy.remove(worker)
                    break
        with tally.changed:
            if len(tally.finals) == settled:
                tally.changed.wait(LOOK_AGAIN)


def _tap(
    workers: list[Worker], chance: random.Random, rate: float, seconds: float
) -> None:
    begin = at = time.monotonic()
    while (at := at + chance.expovariate(rate)) - begin < seconds:
        time.sleep(max(0.0, at - time.monotonic()))
        if not any(worker.confirm() for worker in chance.sample(workers, len(workers))):
            return


def _hoard(workers: list[Worker], events: int) -> None:
    """Record so many events while nothing is sent."""
    for worker in workers:
        for _event in range(events):
            worker.confirm()


def _settle(tally: Tally) -> None:
    with tally.changed:
        tally.changed.wait_for(
            lambda: len(tally.finals) >= len(tally.recorded), END_SECONDS
        )
