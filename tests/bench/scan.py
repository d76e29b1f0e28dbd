"""The reader against the free ones: photographs, frames to misread, film.

Needs no chain. Test seeds are drawn from ``--seed`` on; the reader was tuned on others.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from edge_agent.camera.source import Frame
from edge_agent.scan.code import Code
from edge_agent.scan.effort import SAVED_SECONDS, Effort
from edge_agent.scan.memory import Memory
from edge_agent.scan.reader import Reader
from tests.bench import (
    _frames,
    _labelled,
    _labels,
    _photographs,
    _report,
    _rivals,
    _scan_passes,
)
from tests.bench._labelled import Labelled
from tests.bench._photographs import FIRST_TEST_SEED, KINDS

PHOTO_SECONDS = 1.5
"""No pass begins after it, so that a photograph takes no more than two."""

PHOTO_SIDE = 4096
FILM_RATE = 10
"""Frames per second."""

Read = Callable[[Frame], list[Code]]


def main() -> int:
    options = _options()
    if options.images:
        try:
            figures = images(options.images)
        except ValueError as error:
            _report.note(str(error))
            return 2
    elif options.passes:
        _scan_passes.show(options.count, options.seed)
        return 0
    else:
        figures = {
            **photographs(options.photos),
            **generated(options.count, FIRST_TEST_SEED + options.seed * 100_000),
            **_labels.measure(options.count, FIRST_TEST_SEED + options.seed * 100_000),
            **misreads(options.frames, FIRST_TEST_SEED + options.seed * 10_000_000),
            **films(options.scenes, FIRST_TEST_SEED + options.seed * 100_000),
        }
    _report.show(figures, options.json)
    return 1 if figures["misreads"] else 0


def photographs(folder: Path | None) -> dict[str, float | None]:
    """Mean over categories of the codes read, ours and each rival's."""
    if folder is None:
        return {
            f"photos_{name}mean": None for name in ("", "zxing_", "pyzbar_", "opencv_")
        }
    labelled = _labelled.load(folder)
    figures: dict[str, float | None] = {}
    reader = Reader(budget=PHOTO_SECONDS, max_side=PHOTO_SIDE)
    for name, read in {"": reader.read, **_rivals.RIVALS}.items():
        shares = by_category(labelled, read, name or "workbay")[0]
        figures[f"photos_{name + '_' if name else ''}mean"] = statistics.mean(
            shares.values()
        )
    return figures


def by_category(
    labelled: Iterable[Labelled], read: Read, name: str
) -> tuple[dict[str, float], int, list[float]]:
    """Percent read per category, texts that are not there, milliseconds."""
    got: dict[str, int] = defaultdict(int)
    there: dict[str, int] = defaultdict(int)
    wrong, times = 0, []
    for each in labelled:
        frame = each.frame()
        begun = time.perf_counter()
        codes = read(frame) if frame is not None else []
        times.append((time.perf_counter() - begun) * 1000)
        hits, misses = each.score(codes)
        got[each.category] += hits
        there[each.category] += each.count
        wrong += misses
    shares = {
        each: 100 * got[each] / there[each] for each in sorted(there) if there[each]
    }
    listed = ", ".join(f"{each} {share:.0f}" for each, share in shares.items())
    _report.note(f"{name}: {listed}")
    return shares, wrong, times


def images(folder: Path) -> dict[str, float | None]:
    """A folder that was brought: codes read of all, and the mean over its folders."""
    labelled = _labelled.load(folder)
    reader = Reader(budget=PHOTO_SECONDS, max_side=PHOTO_SIDE)
    reader.read(_photographs.take(KINDS[0], 0).frame)
    shares, wrong, times = by_category(labelled, reader.read, "workbay")
    count: dict[str, int] = defaultdict(int)
    for each in labelled:
        count[each.category] += each.count
    read = sum(share * count[each] for each, share in shares.items())
    there = sum(count.values())
    return {
        "images_pct": read / there if there else None,
        "images_mean": statistics.mean(shares.values()) if shares else None,
        "misreads": wrong,
        **_times(times),
    }


def generated(count: int, seed: int) -> dict[str, float]:
    """Each kind of damage weighs equally; each photograph's own reading is timed."""
    reader = Reader()
    reads: dict[str, Read] = {"": reader.read, **_rivals.RIVALS}
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    times, wrong = [], 0
    for kind in KINDS:
        got: dict[str, int] = defaultdict(int)
        there = 0
        for number in range(count):
            photograph = _photographs.take(kind, seed + number)
            texts = {text for text, _ in photograph.labels}
            there += len(texts)
            for name, read in reads.items():
                begun = time.perf_counter()
                seen = {code.text for code in read(photograph.frame)}
                if not name:
                    times.append((time.perf_counter() - begun) * 1000)
                    wrong += len(seen - texts)
                got[name] += len(seen & texts)
        for name in reads:
            shares[name][kind] = 100 * got[name] / there
        _report.note(
            f"{kind:>16}: "
            + ", ".join(
                f"{name or 'workbay'} {shares[name][kind]:.0f}" for name in reads
            )
        )
    figures = {
        f"generated_{name + '_' if name else ''}pct": statistics.mean(each.values())
        for name, each in shares.items()
    }
    return {**figures, "generated_misreads": wrong, **_times(times)}


def _times(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50_ms": _report.percentile(ordered, 0.50),
        "p95_ms": _report.percentile(ordered, 0.95),
        "max_ms": ordered[-1],
    }


def misreads(frames: int, seed: int) -> dict[str, int | None]:
    """Texts read that are not in the frame. Two processes, since nothing is timed."""
    if not frames:
        return {"misreads": None}
    with ProcessPoolExecutor(2) as pool:
        numbers = [
            range(first, min(first + 50, frames)) for first in range(0, frames, 50)
        ]
        found = list(pool.map(_misread, [(each, seed) for each in numbers]))
    return {
        "misreads": sum(wrong for wrong, _ in found),
        "frames": frames,
        "frames_read": sum(read for _, read in found),
    }


def _misread(part: tuple[range, int]) -> tuple[int, int]:
    numbers, seed = part
    reader = Reader()
    wrong = read = 0
    for number in numbers:
        frame, texts = _frames.frame(number, seed)
        seen = {code.text for code in reader.read(frame)}
        for text in seen - texts:
            _report.note(f"frame {number}: {text!r} is not there")
        wrong += len(seen - texts)
        read += bool(seen & texts)
    return wrong, read


def films(scenes: int, seed: int) -> dict[str, float | None]:
    """Scenes whose code is known within a second of film, as in the bay: in a quiet
    one, and in one that has spent what it may search on suspicion (``effort.py``).

    Reading takes the time that it takes: a frame that comes meanwhile is not looked at.
    """
    if not scenes:
        return {"moving_pct": None, "moving_spent_pct": None}
    read = [0, 0]
    for number in range(scenes):
        kind = KINDS[number % len(KINDS)]
        for place, saved in enumerate((SAVED_SECONDS, 0.0)):
            read[place] += _known_within_a_second(kind, seed + number, saved)
    quiet, spent = (100 * each / scenes for each in read)
    return {"moving_pct": quiet, "moving_spent_pct": spent, "scenes": scenes}


def _known_within_a_second(kind: str, seed: int, saved: float) -> bool:
    clock = _FilmClock()
    reader = Reader(clock=clock)
    memory = Memory()
    effort = Effort(saved=saved)
    free = 0.0
    for number, photograph in enumerate(_photographs.film(kind, seed, FILM_RATE)):
        at = number / FILM_RATE
        if at < free:
            continue
        clock.start(at)
        suspicious = effort.affords()
        effort.begin()
        codes = reader.read(photograph.frame, suspicious=suspicious, memory=memory)
        if suspicious:
            effort.end(read=bool(codes))
        free = clock()
        if free <= 1.0 and any(code.text == photograph.labels[0][0] for code in codes):
            return True
    return False


class _FilmClock:
    """The film's time, which goes on while a frame is read."""

    def start(self, at: float) -> None:
        self._offset = at - time.perf_counter()

    def __call__(self) -> float:
        return self._offset + time.perf_counter()


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="BoofCV's, with corners"
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="any, with labels.csv or corner files",
    )
    parser.add_argument("--passes", action="store_true", help="what each pass adds")
    parser.add_argument("--count", type=int, default=100, help="photographs per kind")
    parser.add_argument("--frames", type=int, default=10_000, help="to be misread")
    parser.add_argument("--scenes", type=int, default=260, help="of film")
    options = parser.parse_args()
    if not options.images and options.count < len(_labels.SYMBOLOGIES):
        parser.error(
            f"--count has to be at least {len(_labels.SYMBOLOGIES)}: each kind of label"
            " is pictured once"
        )
    return options


if __name__ == "__main__":
    sys.exit(main())
