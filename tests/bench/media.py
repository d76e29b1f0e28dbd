"""A gigabyte of photos and videos through connections that break, while bays work.

Some bays tap at a steady rate, first alone, then beside others that bring files; the
latencies of both times are compared. Every file has to be verified in Odoo in the end
and lie in its storage with the hash that its event named.
"""

import hashlib
import sys
import threading
import time
from pathlib import Path

from tests.bench import _report, _usage, _world
from tests.bench._audit import audit, drain_seconds
from tests.bench._fleet import Fleet
from tests.bench._senders import MEGABYTE, Load, Senders
from workbay_deploy.stack import Stack

WARM_SECONDS = 5.0
END_SECONDS = 900.0
LOOK_SECONDS = 0.5


def main() -> int:
    options = _options()
    size = _world.Size.of(options)
    with _world.stack(size) as stack:
        _report.note("enrolling the bays …")
        bays = _world.enrol(stack, size)
        drain_seconds(stack)
        sending, tapping = bays[: options.sending], bays[options.sending :]
        load = Load(
            options.megabytes * MEGABYTE,
            options.cut_mb * MEGABYTE,
            options.rate_kb * 1024,
            stack.chain.paths.root / "films",
            options.seed,
        )
        with (
            Fleet(tapping, options.seed, processes=1) as fleet,
            Senders(sending, load) as senders,
        ):
            fleet.start()
            _report.note("making photos and videos …")
            senders.ask("ready")
            _report.note(f"{options.rate:.0f} events/s, {options.seconds:.0f} s idle …")
            idle = time.perf_counter()
            fleet.tap(options.rate, WARM_SECONDS + options.seconds)
            _report.note(f"the same beside {options.megabytes} MB of uploads …")
            begin = time.perf_counter()
            watch, usage = _Watch(stack), _usage.Usage(stack, fleet)
            volume, files = senders.ask("go")
            while (left := senders.ask("left"))[0]:
                if time.perf_counter() - begin > END_SECONDS:
                    break
                _report.note(f"{files - left[0]} of {files} files, {left[1]} cuts")
                fleet.tap(options.rate, 10.0)
            end, used = watch.end(), usage.cores()
            hashes = senders.ask("stop")
            fleet.settle()
            fleet.stop()
            tally = fleet.tally()
        found = audit(stack, tally)
        good = _verified(stack, hashes)
    alone = tally.latencies_ms(idle + WARM_SECONDS, begin)
    beside = tally.latencies_ms(begin, end)
    idle_p99 = _report.percentile(alone, 0.99)
    lost = len(hashes) - good
    _report.show(
        {
            "mb_per_s": volume / MEGABYTE / (end - begin),
            "bridge_rss_mb": watch.most,
            "event_p99_ratio": _report.percentile(beside, 0.99) / idle_p99,
            "lost": lost + found.lost + found.unanswered,
            "files": files,
            "megabytes": volume / MEGABYTE,
            "cuts": left[1],
            "idle_p50_ms": _report.percentile(alone, 0.50),
            "idle_p99_ms": idle_p99,
            "beside_p50_ms": _report.percentile(beside, 0.50),
            "beside_p99_ms": _report.percentile(beside, 0.99),
            "idle_events": len(alone),
            "beside_events": len(beside),
            "duplicated": found.duplicated,
            **{f"cores_{name}": value for name, value in used.items()},
        },
        options.json,
    )
    return 0 if found.is_clean and not lost else 1


class _Watch:
    """The bridge's largest resident memory from now on."""

    def __init__(self, stack: Stack) -> None:
        self.most = 0.0
        self._pid = next(stack.pid(name) for name in stack.names if "bridge" in name)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return time.perf_counter()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.most = max(self.most, _report.rss_mb(self._pid))


def _verified(stack: Stack, hashes: list[str]) -> int:
    """How many lie in Odoo's storage with their own hash."""
    rows = stack.query(
        "SELECT m.sha256, a.store_fname FROM workshop_media m"
        " JOIN ir_attachment a ON a.id = m.attachment_id WHERE m.state = 'verified'"
    )
    stored = dict(line.split("|") for line in rows.splitlines())
    folder = stack.chain.paths.data / "filestore" / stack.chain.database
    return sum(
        name in stored and _sha256(folder / stored[name]) == name for name in hashes
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--megabytes", type=int, default=1024, help="of files")
    parser.add_argument("--sending", type=int, default=8, help="bays that bring them")
    parser.add_argument(
        "--rate-kb", type=int, default=1024, help="KiB/s of each of them, as shipped"
    )
    parser.add_argument(
        "--cut-mb", type=float, default=8.0, help="a connection breaks after so many"
    )
    parser.add_argument("--rate", type=float, default=30.0, help="events per second")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the idle part")
    _world.add_options(parser, bays=48)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
