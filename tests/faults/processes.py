"""kill -9, standing still, no memory, and a crash at each named step."""

import contextlib
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.faults.bays import Bay
from tests.faults.chain import BRIDGES
from tests.faults.control import Mode
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from workbay_deploy import services
from workbay_deploy.readiness import wait_until

AGENT_STEPS = (
    "agent.record.before_commit",
    "agent.record.after_commit",
    "agent.seal.before_commit",
    "agent.batch.handed_over",
    "agent.settle.before_commit",
    "agent.settle.after_commit",
    "agent.photo.taken",
)
BRIDGE_STEPS = (
    "bridge.hello.after_call",
    "bridge.ingest.before_call",
    "bridge.ingest.after_call",
    "bridge.ingest.answered",
)
ODOO_STEPS = (
    "odoo.ingest.locked",
    "odoo.ingest.before_commit",
    "odoo.ingest.after_commit",
    "odoo.photo.before_commit",
)
BROKER_STEPS: tuple[tuple[str, Mode], ...] = (
    ("broker.packet.read", "kill_after_read"),
    ("broker.packet.before_send", "kill_before_write"),
    ("broker.packet.half_sent", "torn"),
)
POSTGRES_STEPS: tuple[tuple[str, Mode], ...] = (
    ("postgres.wal.before_write", "kill_before_write"),
    ("postgres.wal.half_written", "torn"),
)
NO_MEMORY = ("MemoryError", "out of memory", "Out of memory", "Cannot allocate memory")


# Agent


@kind("agent.kill", "bay", 3)
def kill_agent(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    with run.loaded(bay, chance.randint(2, 8)):
        time.sleep(chance.uniform(0, 0.3))
        bay.kill()
        waiting = bay.waiting
        bay.start()
    return Effect("SIGKILL ended it with events waiting", waiting)


@kind("agent.pause", "bay", 5)
def pause_agent(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    with run.loaded(bay):
        bay.pause()
        run.release(bay)
        waiting = bay.waiting
        # The longest is past the keepalive: the broker takes it for dead.
        time.sleep(chance.choice((1.0, 3.0, 16.0)))
        still = bay.waiting == waiting
        bay.resume()
    return Effect("stood still with events waiting", waiting) if still else None


@kind("agent.memory", "bay", 6)
def starve_agent(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    failures, size = bay.story.follow().failures, bay.log_size()
    with run.loaded(bay):
        waiting = bay.waiting
        _limit_memory([bay.pid])
        run.release(bay)
        bay.tap(35)

        def starved() -> bool:
            return (
                not bay.is_alive
                or bay.story.follow().failures > failures
                or bool(bay.logged(size, *NO_MEMORY))
            )

        seen = bay.wait(starved, 8)
        # What cannot get memory is ended by the system.
        bay.kill()
        bay.start()
    return Effect("no memory, then ended", waiting) if seen else None


def _agent_step(step: str) -> None:
    @kind(step, "bay", 12 if "photo" in step else 4)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        with run.loaded(bay):
            waiting = bay.waiting
            _order(bay.steps, step)
            run.release(bay)
            seen = _await_step(
                bay.steps,
                lambda: bay.tap(30 if "photo" in step else 2),
                25 if "photo" in step else 8,
            )
            if seen:
                bay.wait(lambda: not bay.is_alive, 5)
            bay.kill()
            bay.steps.unlink(missing_ok=True)
            bay.start()
        return Effect("ended at this step", waiting) if seen else None


for _name in AGENT_STEPS:
    _agent_step(_name)


# Bridge


@kind("bridge.kill", "bridges", 4)
def kill_bridge(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    name = chance.choice(BRIDGES)
    run.load_all(chance.randint(2, 6))
    bay.wait(lambda: run.waiting() > 2, 4)
    run.stack.kill(name)
    waiting = run.waiting()
    time.sleep(chance.uniform(0, 3))
    run.stack.start_service(name)
    return Effect("SIGKILL ended it with events waiting", waiting)


@kind("bridge.pause", "bridges", 4)
def pause_bridge(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """The longer ones are past its lease: another bridge takes over meanwhile."""
    name = chance.choice(BRIDGES)
    run.stack.pause(name)
    run.load_all()
    time.sleep(chance.choice((1.0, 3.0, 5.0)))
    waiting = run.waiting()
    run.stack.resume(name)
    return Effect("stood still with events waiting", waiting)


@kind("bridge.memory", "bridges", 6)
def starve_bridge(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    name = chance.choice(BRIDGES)
    size = run.log_size(name)
    _limit_memory([run.stack.pid(name)])
    waiting = 0

    def starved() -> bool:
        nonlocal waiting
        run.load_all(4)
        run.stack.network.cut(run.stack.gates[name])  # a new handshake wants memory
        time.sleep(0.5)
        waiting = max(waiting, run.waiting())
        return bool(run.logged(name, size, *NO_MEMORY))

    seen = bay.wait(starved, 8)
    run.stack.kill(name)
    run.stack.start_service(name)
    return Effect("no memory, then ended", waiting) if seen else None


def _bridge_step(step: str) -> None:
    @kind(step, "bridges", 4)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        name = chance.choice(BRIDGES)
        steps = run.stack.steps(name)
        _order(steps, step)

        def provoke() -> None:
            run.load_all(2)
            if "hello" in step:
                for each in run.bays:
                    run.stack.network.cut(each.mqtt)

        seen = _await_step(steps, provoke, 8)
        waiting = run.waiting()
        steps.unlink(missing_ok=True)
        run.stack.kill(name)
        run.stack.start_service(name)
        return Effect("ended at this step", waiting) if seen else None


for _name in BRIDGE_STEPS:
    _bridge_step(_name)


# Odoo


@kind("odoo.kill", "office", 4)
def kill_worker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    before = _unanswered(run)
    waiting = 0
    for _try in range(6):
        run.load_all(3)
        if not bay.wait(lambda: _in_flight(run) > 0, 2):
            continue
        for worker in _workers(run):
            _signal(worker, signal.SIGKILL)
        waiting = run.waiting()
        if bay.wait(lambda: _unanswered(run) > before, 1):
            return Effect("a call broke off", waiting)
    return None


@kind("odoo.pause", "office", 4)
def pause_worker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    workers = _workers(run)
    for worker in workers:
        _signal(worker, signal.SIGSTOP)
    run.load_all(3)
    time.sleep(chance.choice((1.0, 2.5, 4.0)))
    waiting, held = run.waiting(), _in_flight(run)
    for worker in workers:
        _signal(worker, signal.SIGCONT)
    return Effect("calls stood still", waiting) if held else None


@kind("odoo.memory", "office", 6)
def starve_worker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    size = run.log_size("odoo")
    workers = _workers(run)
    _limit_memory(workers)
    waiting = 0

    def starved() -> bool:
        nonlocal waiting
        run.load_all(4)
        time.sleep(0.3)
        waiting = max(waiting, run.waiting())
        return bool(run.logged("odoo", size, *NO_MEMORY))

    seen = bay.wait(starved, 8)
    for worker in workers:
        _signal(worker, signal.SIGKILL)
    return Effect("no memory, then ended", waiting) if seen else None


def _odoo_step(step: str) -> None:
    @kind(step, "office", 12 if "photo" in step else 3)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        steps = run.stack.steps("odoo")
        _order(steps, step)
        many = 12 if "photo" in step else 2
        seen = _await_step(
            steps, lambda: run.load_all(many), 20 if "photo" in step else 8
        )
        waiting = run.waiting()
        steps.unlink(missing_ok=True)
        return Effect("ended at this step", waiting) if seen else None


for _name in ODOO_STEPS:
    _odoo_step(_name)


@kind("odoo.consequence.before_commit", "office", 10)
def crash_cron(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    steps = run.stack.steps("odoo-cron")
    _order(steps, "odoo.consequence.before_commit")
    seen = _await_step(steps, lambda: run.load_all(3), 20)
    waiting = run.waiting() + int(
        run.stack.query("SELECT count(*) FROM workshop_consequence")
    )
    steps.unlink(missing_ok=True)
    return Effect("ended at this step", waiting) if seen else None


# Broker


@kind("broker.kill", "broker", 3)
def kill_broker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    run.load_all(chance.randint(2, 6))
    bay.wait(lambda: run.waiting() > 2, 4)
    run.stack.kill("mosquitto")
    run.load_all(1)
    waiting = run.waiting()
    time.sleep(chance.uniform(0, 2))
    run.stack.start_service("mosquitto")
    return Effect("SIGKILL ended it with events waiting", waiting)


@kind("broker.pause", "broker", 4)
def pause_broker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    run.stack.pause("mosquitto")
    run.load_all(3)
    time.sleep(chance.choice((1.0, 2.5, 6.0)))
    waiting = run.waiting()
    run.stack.resume("mosquitto")
    return Effect("stood still with events waiting", waiting)


@kind("broker.memory", "broker", 5)
def starve_broker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    size = run.log_size("mosquitto")
    pid = run.stack.pid("mosquitto")
    _limit_memory([pid])
    waiting = 0

    def starved() -> bool:
        nonlocal waiting
        run.load_all(6)
        for each in run.bays:
            run.stack.network.cut(each.mqtt)  # every handshake wants memory
        time.sleep(0.4)
        waiting = max(waiting, run.waiting())
        return not _exists(pid) or bool(
            run.logged("mosquitto", size, "memory", "error:", "rror in")
        )

    seen = bay.wait(starved, 8)
    run.stack.kill("mosquitto")
    run.stack.start_service("mosquitto")
    return Effect("no memory, then ended", waiting) if seen else None


def _broker_step(name: str, mode: Mode) -> None:
    @kind(name, "broker", 3)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        control = run.stack.controls["mosquitto"]
        struck = control.struck
        run.load_all(3)
        control.set(mode, countdown=chance.randint(0, 30))
        seen = bay.wait(lambda: _tap_until(run, control.struck > struck), 8)
        control.heal()
        waiting = run.waiting()
        run.stack.kill("mosquitto")
        run.stack.start_service("mosquitto")
        return Effect("ended at this step", waiting) if seen else None


for _name, _mode in BROKER_STEPS:
    _broker_step(_name, _mode)


# PostgreSQL


@kind("postgres.kill", "office", 5)
def kill_postgres(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """One backend: the server then ends all of them and recovers from its log."""
    size = run.log_size("postgres")
    run.load_all(5)
    bay.wait(lambda: run.waiting() > 2, 4)
    for backend in _backends(run)[:1]:
        _signal(backend, signal.SIGKILL)
    waiting = run.waiting()
    return _recovered(run, bay, size, waiting)


@kind("postgres.pause", "office", 4)
def pause_postgres(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    backends = _backends(run)
    for backend in backends:
        _signal(backend, signal.SIGSTOP)
    run.load_all(3)
    time.sleep(chance.choice((1.0, 2.0, 3.0)))
    waiting, held = run.waiting(), _in_flight(run)
    for backend in backends:
        _signal(backend, signal.SIGCONT)
    return Effect("transactions stood still", waiting) if held else None


@kind("postgres.memory", "office", 7)
def starve_postgres(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    size = run.log_size("postgres")
    backends = _backends(run)
    _limit_memory(backends)
    waiting = 0

    def starved() -> bool:
        nonlocal waiting
        run.load_all(5)
        time.sleep(0.3)
        waiting = max(waiting, run.waiting())
        return bool(run.logged("postgres", size, *NO_MEMORY))

    seen = bay.wait(starved, 6)
    for backend in backends:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(
                backend,
                resource.RLIMIT_AS,
                (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
            )
    for backend in _backends(run)[:1]:
        _signal(backend, signal.SIGKILL)
    _recovered(run, bay, size, waiting)
    return Effect("no memory, then ended", waiting) if seen else None


def _postgres_step(name: str, mode: Mode) -> None:
    @kind(name, "office", 5)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        control = run.stack.controls["postgres"]
        struck, size = control.struck, run.log_size("postgres")
        control.set(mode, countdown=chance.randint(0, 8))
        seen = bay.wait(lambda: _tap_until(run, control.struck > struck), 8)
        control.heal()
        waiting = run.waiting()
        if not seen:
            return None
        return _recovered(run, bay, size, waiting)


for _name, _mode in POSTGRES_STEPS:
    _postgres_step(_name, _mode)


# What they have in common


def _order(steps: Path, step: str) -> None:
    """Have whoever reaches the step first end there."""
    steps.with_suffix(".reached").unlink(missing_ok=True)
    part = steps.with_suffix(".part")
    part.write_text(f"{step} kill")
    part.replace(steps)


def _await_step(steps: Path, provoke: Callable[[], None], seconds: float) -> bool:
    reached = steps.with_suffix(".reached")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        provoke()
        until = time.monotonic() + 1
        while time.monotonic() < until:
            if reached.exists():
                return True
            time.sleep(0.005)
    return False


def _tap_until(run: Run, done: bool) -> bool:
    if not done:
        run.load_all(1)
        time.sleep(0.1)
    return done


def _limit_memory(pids: Iterable[int]) -> None:
    """Let each keep what it has and get no more."""
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):  # it has just ended
            status = Path(f"/proc/{pid}/status").read_text()
            kilobytes = int(status.partition("VmSize:")[2].split()[0])
            _soft, hard = resource.prlimit(pid, resource.RLIMIT_AS)
            resource.prlimit(pid, resource.RLIMIT_AS, (kilobytes * 1024, hard))


def _workers(run: Run) -> list[int]:
    """Odoo's processes that answer requests."""
    master = run.stack.pid("odoo")
    return [pid for pid in _children(master) if _is_worker(pid)]


def _is_worker(pid: int) -> bool:
    try:
        return b"gevent" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _backends(run: Run) -> list[int]:
    """PostgreSQL's processes that work for Odoo, the busy ones first."""
    rows = run.stack.query(
        "SELECT pid FROM pg_stat_activity"
        f" WHERE datname = '{run.stack.chain.database}' AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
        " ORDER BY state <> 'active', state_change DESC"
    )
    return [int(row) for row in rows.splitlines()]


def _children(parent: int) -> list[int]:
    try:
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    except OSError:
        return []  # it has just ended
    return [int(pid) for pid in text.split()]


def _exists(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _in_flight(run: Run) -> int:
    return sum(gateway.in_flight for gateway in run.stack.gateways.values())


def _unanswered(run: Run) -> int:
    return sum(each.seen["unanswered"] for each in run.stack.gateways.values())


def _recovered(run: Run, bay: Bay, size: int, waiting: int) -> Effect | None:
    """The server has noticed, rolled back and answers again."""
    seen = bay.wait(
        lambda: bool(run.logged("postgres", size, "was terminated by signal 9")), 5
    )
    bay.wait(run.stack.chain.cluster.is_ready, 20)
    wait_until(services.odoo(run.stack.chain).ready, 30)
    return Effect("rows rolled back, recovered from its log", waiting) if seen else None
