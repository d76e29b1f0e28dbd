"""Odoo, broker and PostgreSQL: kill -9, standing still, no memory, and a crash at each
named step.
"""

import contextlib
import http.client
import random
import resource
import signal
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from tests.faults.bays import Bay
from tests.faults.control import Mode
from tests.faults.endings import (
    NO_MEMORY,
    RECOVERED,
    backends,
    exists,
    hold_memory,
    in_flight,
    is_reached,
    limit_memory,
    order,
    recovered,
    send,
    unanswered,
    workers,
)
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from tests.faults.striking import (
    STRIKE_SECONDS,
    pause_processes,
    pause_service,
    strike,
)

MUCH = 48_000_000
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


# Odoo


@kind("odoo.kill", "office", 4)
def kill_worker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    before = unanswered(run)
    waiting = 0
    for _try in range(6):
        run.load_all(3)
        if not bay.wait(lambda: in_flight(run) > 0, 2):
            continue
        for worker in workers(run):
            send(worker, signal.SIGKILL)
        waiting = run.waiting()
        if bay.wait(lambda: unanswered(run) > before, 1):
            return Effect("a call broke off", waiting)
    return None


@kind("odoo.pause", "office", 4)
def pause_worker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    seconds = chance.choice((1.0, 2.5, 4.0))
    return pause_processes(run, workers(run), seconds, "calls stood still")


@kind("odoo.memory", "office", 6)
def starve_worker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    size = run.log_size("odoo")
    found = workers(run)
    limits = limit_memory(found)

    def hold() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_ask_for_much, run)
            for _moment in range(30):  # Odoo sets its own limit anew with each request
                hold_memory(limits)
                time.sleep(0.01)

    effect = strike(
        run,
        "no memory, then ended",
        lambda: run.logged("odoo", size, *NO_MEMORY),
        taps=4,
        every=0,
        provoke=hold,
    )
    for worker in found:
        send(worker, signal.SIGKILL)
    return effect


def _ask_for_much(run: Run) -> None:
    """A request with more in it than a worker's heap has at once."""
    request = urllib.request.Request(
        f"{run.stack.chain.odoo_internal_url}/web/webclient/version_info",
        data=b'{"params": {"much": "%s"}}' % (b"x" * MUCH),
        headers={"Content-Type": "application/json"},
    )
    with contextlib.suppress(OSError, http.client.HTTPException):
        urllib.request.urlopen(request, timeout=2).close()


def _odoo_step(step: str) -> None:
    @kind(step, "office", 12 if "photo" in step else 3)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        steps = run.stack.steps("odoo")
        order(steps, step)
        taps, seconds = (12, 20) if "photo" in step else (2, STRIKE_SECONDS)
        effect = strike(
            run,
            "ended at this step",
            lambda: is_reached(steps),
            seconds,
            taps=taps,
            every=1,
        )
        steps.unlink(missing_ok=True)
        return effect


for _name in ODOO_STEPS:
    _odoo_step(_name)


@kind("odoo.consequence.before_commit", "office", 10)
def crash_cron(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    steps = run.stack.steps("odoo-cron")
    order(steps, "odoo.consequence.before_commit")
    effect = strike(
        run, "ended at this step", lambda: is_reached(steps), 20, taps=3, every=1
    )
    steps.unlink(missing_ok=True)
    return effect


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
    return pause_service(run, "mosquitto", chance.choice((1.0, 2.5, 6.0)))


@kind("broker.memory", "broker", 5)
def starve_broker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    size = run.log_size("mosquitto")
    pid = run.stack.pid("mosquitto")
    limit_memory([pid])

    def starved() -> bool:
        return not exists(pid) or bool(
            run.logged("mosquitto", size, "memory", "error:", "rror in")
        )

    def shake_hands() -> None:
        for each in run.bays:
            run.stack.network.cut(each.mqtt)  # every handshake wants memory

    effect = strike(
        run,
        "no memory, then ended",
        starved,
        taps=6,
        every=0.4,
        provoke=shake_hands,
    )
    run.stack.kill("mosquitto")
    run.stack.start_service("mosquitto")
    return effect


def _broker_step(name: str, mode: Mode) -> None:
    @kind(name, "broker", 3)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        control = run.stack.controls["mosquitto"]
        struck = control.struck
        run.load_all(3)
        control.set(mode, countdown=chance.randint(0, 30))
        effect = strike(
            run,
            "ended at this step",
            lambda: control.struck > struck,
            taps=1,
            every=0.1,
        )
        control.heal()
        run.stack.kill("mosquitto")
        run.stack.start_service("mosquitto")
        return effect


for _name, _mode in BROKER_STEPS:
    _broker_step(_name, _mode)


# PostgreSQL


@kind("postgres.kill", "office", 5)
def kill_postgres(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """One backend: the server then ends all of them and recovers from its log."""
    size = run.log_size("postgres")
    run.load_all(5)
    bay.wait(lambda: run.waiting() > 2, 4)
    for backend in backends(run)[:1]:
        send(backend, signal.SIGKILL)
    waiting = run.waiting()
    return Effect(RECOVERED, waiting) if recovered(run, bay, size) else None


@kind("postgres.pause", "office", 4)
def pause_postgres(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    seconds = chance.choice((1.0, 2.0, 3.0))
    return pause_processes(run, backends(run), seconds, "transactions stood still")


@kind("postgres.memory", "office", 7)
def starve_postgres(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    size = run.log_size("postgres")
    found = backends(run)
    limit_memory(found)
    effect = strike(
        run,
        "no memory, then ended",
        lambda: run.logged("postgres", size, *NO_MEMORY),
        taps=5,
        every=0.3,
    )
    for backend in found:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(
                backend,
                resource.RLIMIT_AS,
                (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
            )
    for backend in backends(run)[:1]:
        send(backend, signal.SIGKILL)
    recovered(run, bay, size)
    return effect


def _postgres_step(name: str, mode: Mode) -> None:
    @kind(name, "office", 5)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        control = run.stack.controls["postgres"]
        struck, size = control.struck, run.log_size("postgres")
        control.set(mode, countdown=chance.randint(0, 8))
        effect = strike(
            run, RECOVERED, lambda: control.struck > struck, taps=1, every=0.1
        )
        control.heal()
        return effect if effect and recovered(run, bay, size) else None


for _name, _mode in POSTGRES_STEPS:
    _postgres_step(_name, _mode)
