"""A bay's wall clock that is wrong: by days, by decades, or all of a sudden."""

import random
import time

from tests.faults.bays import Bay
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind

DAY = 86_400
WORDS = ("the wall clock was wrong for confirmed events",)


def _moved(name: str, days: int) -> None:
    @kind(name, "bay", 6)
    def move(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        with run.loaded(bay):
            bay.kill()
            bay.control.clock_offset = days * DAY + chance.randint(-3600, 3600)
            return _work(run, bay, chance, restart=True)


_moved("clock.week_ahead", 7)
_moved("clock.week_behind", -7)


@kind("clock.1970_at_boot", "bay", 6)
def epoch(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """No battery and no network yet: the system begins in 1970."""
    with run.loaded(bay):
        bay.kill()
        bay.control.clock_offset = chance.randint(10, 300) - int(time.time())
        return _work(run, bay, chance, restart=True)


@kind("clock.jump", "bay", 5)
def jump(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """In the middle of the shift, some hours this way or that."""
    with run.loaded(bay):
        bay.control.clock_offset = chance.choice((-1, 1)) * chance.randint(900, 30_000)
        return _work(run, bay, chance, restart=False)


def _work(run: Run, bay: Bay, chance: random.Random, *, restart: bool) -> Effect | None:
    if restart:
        bay.start()
    misread = bay.control.misread
    confirmed = len(bay.story.follow().confirmed)
    bay.tap(4)
    bay.wait(lambda: len(bay.story.follow().confirmed) >= confirmed + 2, 5)
    waiting = bay.waiting
    run.release(bay)
    time.sleep(chance.uniform(0.5, 3))
    worked = len(bay.story.follow().confirmed) > confirmed
    seen = bay.control.misread > misread
    bay.control.clock_offset = 0
    return Effect(WORDS[0], waiting) if worked and seen else None
