"""The run's side of the bays: starts, ends and disturbs their processes."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_agent.identity import DEVICE
from edge_agent.outbox import FILE
from tests.bench._world import SimulatedBay
from tests.faults.chain import FaultStack
from tests.faults.control import Control
from tests.faults.journal import Story
from tests.faults.network import Gate
from workbay_deploy.readiness import wait_until
from workbay_deploy.services import base_env

FIRST_PORT = 18830
SOURCE = Path(__file__).parents[2]
SHOWN_OF_A_LOG = 3000
PAUSE_SECONDS = 2.0
"""Between two taps of a bay at which nothing is disturbed."""


@dataclass
class Bay:
    """One bay's process, and everything that can be done to it."""

    name: str
    folder: Path
    spec: Path
    story: Story
    control: Control
    env: dict[str, str]
    log: Path
    steps: Path
    mqtt: Gate
    media: Gate
    prefix: Sequence[str] = ()
    process: "subprocess.Popen[str] | None" = None
    lied: list[frozenset[str]] = field(default_factory=list)
    """Each time its disk lied: the events without outcome that it took in and lost."""
    confirmed_then: int = 0
    """How many events it had confirmed when its disk lied last."""
    renumbered: set[str] = field(default_factory=set)
    """What waited on such a disk: to go out once more under another number."""

    @property
    def device(self) -> str:
        return str(json.loads((self.folder / DEVICE).read_text())["device"])

    @property
    def allocated(self) -> int:
        """The last number that the outbox has given."""
        with contextlib.closing(sqlite3.connect(self.folder / FILE)) as db:
            [(number,)] = db.execute("SELECT allocated FROM meta").fetchall()
        return int(number)

    def may_have_lost(self, uuid: str) -> bool:
        return any(uuid in lost for lost in self.lied)

    @property
    def waiting(self) -> int:
        return self.story.follow().waiting

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Return once its people can tap again."""
        starts, size = self.story.follow().starts, self.log_size()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(*self.prefix, sys.executable, "-m", "tests.faults.bay"),
                    str(self.spec),
                ],
                env=self.env,
                cwd=SOURCE,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        if not wait_until(
            lambda: self.story.follow().starts > starts, 60, lambda: self.is_alive
        ):
            how = "hangs" if self.is_alive else "ended"
            said = self.log.read_text(errors="replace")[size:][-SHOWN_OF_A_LOG:]
            raise RuntimeError(f"{self.name} does not start, it {how}:\n{said}")

    def tap(self, count: int) -> None:
        self._tell(f"tap {count}")

    def load(self, count: int) -> None:
        """Tap as long as not many wait: what befalls others takes no room here."""
        self._tell(f"load {count}")

    def rest(self) -> None:
        """Nobody taps until somebody is told to."""
        self._tell("rest")

    def _tell(self, line: str) -> None:
        if not self.is_alive:
            return
        assert self.process is not None and self.process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it ends just now
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL, whatever it was at."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Orderly."""
        assert self.process is not None
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def pause(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def wait(self, found: Callable[[], bool], seconds: float) -> bool:
        """Look often: what is waited for may last for milliseconds only."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found():
                return True
            time.sleep(0.005)
        return False

    def log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def logged(self, since: int, *words: str) -> str | None:
        """The first of the words that it has logged since then."""
        with self.log.open("rb") as stream:
            stream.seek(since)
            text = stream.read().decode(errors="replace")
        return next((word for word in words if word in text), None)

    def snapshot(self, target: Path) -> None:
        """Copy its outbox as the disk holds it; the process must stand still."""
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for file in self.folder.glob("outbox.sqlite*"):
            if not file.name.endswith("-shm"):
                shutil.copy2(file, target / file.name)

    def restore(self, source: Path) -> None:
        """The outbox is what it was when it was copied."""
        for file in self.folder.glob("outbox.sqlite*"):
            file.unlink()
        for file in source.glob(f"{FILE}*"):
            if not file.name.endswith("-shm"):
                shutil.copy2(file, self.folder / file.name)


class Site:
    """A network namespace with a few bays in it."""

    def __init__(self, ways: dict[int, Path], python_path: str) -> None:
        self._process = subprocess.Popen(
            [
                *("/usr/bin/unshare", "--user", "--map-root-user", "--net"),
                *(sys.executable, "-m", "tests.faults.site"),
                *(f"{port}={path}" for port, path in ways.items()),
            ],
            cwd=SOURCE,
            env={**os.environ, "PYTHONPATH": python_path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("no network namespace can be made here")

    @property
    def prefix(self) -> tuple[str, ...]:
        """What runs a command inside."""
        return (
            *("/usr/bin/nsenter", f"--target={self._process.pid}"),
            *("--user", "--net", "--preserve-credentials", "--"),
        )

    def run(self, *command: str) -> str:
        """:raises CalledProcessError: the tool is missing or refuses."""
        return subprocess.run(
            [*self.prefix, *command], capture_output=True, text=True, check=True
        ).stdout

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def make(
    stack: FaultStack, made: Sequence[SimulatedBay], seed: int, sited: int
) -> tuple[list[Bay], Site]:
    """A process for each bay; the last ``sited`` ones live in a network of their own.

    Everybody's ways to broker and bridge go through gates.
    """
    bays: list[Bay] = []
    ways: dict[int, Path] = {}
    root = stack.chain.paths.root
    for number, world in enumerate(made):
        at = [
            stack.chain.paths.run / f"{number}-{what}.sock"
            if number >= len(made) - sited
            else None
            for what in ("mqtt", "media")
        ]
        gates = [
            stack.network.gate(f"{world.folder.name}-{what}", port, path)
            for what, port, path in zip(
                ("mqtt", "media"),
                (stack.chain.ports.mqtt, stack.chain.ports.media),
                at,
                strict=True,
            )
        ]
        ports = [gate.listening for gate in gates]
        for index, path in enumerate(at):
            if path is not None:
                ports[index] = FIRST_PORT + 2 * number + index
                ways[ports[index]] = path
        bays.append(_bay(stack, world, seed, ports, gates, root))
    site = Site(ways, f"{SOURCE}")
    for bay in bays[len(made) - sited :]:
        bay.prefix = site.prefix
    return bays, site


def _bay(
    stack: FaultStack,
    world: SimulatedBay,
    seed: int,
    ports: list[int],
    gates: list[Gate],
    root: Path,
) -> Bay:
    name = world.folder.name
    file = world.folder / DEVICE
    values: dict[str, Any] = json.loads(file.read_text())
    values["brokers"] = [{"host": "localhost", "port": ports[0]}]
    values["media_url"] = f"https://localhost:{ports[1]}"
    file.write_text(json.dumps(values))
    journal = root / f"{name}.journal"
    spec = root / f"{name}.json"
    spec.write_text(
        json.dumps(
            {
                "folder": str(world.folder),
                "journal": str(journal),
                "seed": seed,
                "pause": PAUSE_SECONDS,
                "technicians": world.technicians,
                "inspector": world.inspector,
                "orders": world.orders,
            }
        )
    )
    steps = stack.steps(name)
    env = {
        **base_env(stack.chain),
        **stack.shimmed(name, f"{world.folder}/"),
        **stack.mutated(str(SOURCE)),
        "WORKBAY_STEPS": str(steps),
    }
    return Bay(
        name=name,
        folder=world.folder,
        spec=spec,
        story=Story(journal),
        control=stack.controls[name],
        env=env,
        log=stack.logs / f"{name}.log",
        steps=steps,
        mqtt=gates[0],
        media=gates[1],
    )
