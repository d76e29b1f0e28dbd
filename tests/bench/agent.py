"""What one bay's agent takes of a machine while nothing is held up.

The agent is a process of its own as at a bay: camera at 5 frames a second (a film of
work at a bay without codes), scanner, kiosk with a page that listens, publisher
connected to a real broker with an Odoo side that answers, uploader, panel. Needs
neither Odoo nor PostgreSQL.
"""

import contextlib
import importlib
import os
import subprocess
import sys
import tempfile
import threading
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from edge_agent.camera.source import FRAME_RATE
from tests.bench import _report, _workday

ROOT = Path(__file__).parents[2]
BEGIN_SECONDS = 30.0


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder, "film.npy")
        frames = round(options.film_seconds * FRAME_RATE)
        _workday.write(film, frames, options.seed, FRAME_RATE)
        with _running(Path(folder), film) as (process, url), _page(url):
            _report.note(f"settling for {options.settle:g} s …")
            time.sleep(options.settle)
            figures = _measured(process, options.seconds)
    _report.show(figures, options.json)
    return 0


def _measured(process: "subprocess.Popen[bytes]", seconds: float) -> dict[str, float]:
    """CPU over the time, in percent of one core, and the most memory seen in it."""
    pids = [process.pid]
    begin, before = time.perf_counter(), _report.cpu_ms(pids)
    most = 0.0
    threads = _thread_ms(process.pid)
    while time.perf_counter() - begin < seconds:
        time.sleep(0.5)
        most = max(most, _report.rss_mb(process.pid))
        if process.poll() is not None:
            raise SystemExit("The agent ended.")
    elapsed = (time.perf_counter() - begin) * 1000
    spent = _report.cpu_ms(pids) - before
    after = _thread_ms(process.pid)
    shares = {
        name: 100 * (ms - threads.get(name, 0)) / elapsed for name, ms in after.items()
    }
    for name, share in sorted(shares.items(), key=lambda each: -each[1])[:6]:
        _report.note(f"{name:>16}: {share:.1f} % of a core")
    return {"rss_mb": most, "cpu_pct": 100 * spent / elapsed, "seconds": elapsed / 1000}


def _thread_ms(pid: int) -> dict[str, float]:
    """Processor time by the names of threads."""
    spent: dict[str, float] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            head, _, tail = (task / "stat").read_text().rpartition(")")
            fields = tail.split()
            name = head.partition("(")[2]
            ticks = int(fields[11]) + int(fields[12])
            spent[name] = spent.get(name, 0) + ticks * 1000 / os.sysconf("SC_CLK_TCK")
    return spent


@contextlib.contextmanager
def _running(
    folder: Path, film: Path
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """An enrolled bay behind a broker with an Odoo side, once it is online."""
    side = _bay_tests()
    authority = side.authority.Authority(_made(folder / "authority"))
    with side.broker.running(folder / "broker", authority) as broker:
        bay = authority.enrol(folder / "bay", "dev-00000001", [broker.port])
        who = authority.enrol(folder / "bridge", "bridge-00000", [1])
        odoo = side.odoo_side.OdooSide(
            who, bay, broker.port, authority.odoo, accepting=True
        )
        port = side.broker.free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench._one_agent", str(film)],
            cwd=ROOT,
            env={
                **os.environ,
                "BAY_DATA_DIR": str(bay.folder),
                "BAY_KIOSK_PORT": str(port),
            },
        )
        try:
            odoo.states.get(timeout=BEGIN_SECONDS)
            board = side.making.board(bay, 4)
            odoo.publish("board", side.making.board_message(authority.odoo, board))
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()
            odoo.close()


@contextlib.contextmanager
def _page(url: str) -> Iterator[None]:
    """A page of the kiosk that is open: it holds the stream of what changes."""
    ending = threading.Event()

    def listen() -> None:
        with (
            contextlib.suppress(httpx.HTTPError),
            httpx.stream("GET", f"{url}/api/events", timeout=None) as stream,
        ):
            for _ in stream.iter_lines():
                if ending.is_set():
                    return

    httpx.get(f"{url}/").raise_for_status()
    threading.Thread(target=listen, daemon=True).start()
    yield
    ending.set()


def _bay_tests() -> Any:
    """The agent's tests have a broker and an Odoo side; they are no package."""
    package = types.ModuleType("bay_tests")
    package.__path__ = [str(ROOT / "edge_agent" / "tests")]
    sys.modules["bay_tests"] = package
    for name in ("authority", "broker", "making", "odoo_side"):
        setattr(package, name, importlib.import_module(f"bay_tests.{name}"))
    return package


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _options() -> Any:
    parser = _report.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="measured")
    parser.add_argument("--settle", type=float, default=15.0, help="before that")
    parser.add_argument("--film-seconds", type=float, default=24.0, help="of film")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
