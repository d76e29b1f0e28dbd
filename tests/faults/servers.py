"""Odoo, broker and PostgreSQL: kill -9, standing still, no memory, and a crash at each
named step.
"""

import contextlib
import random
import resource
import signal
import time

from tests.faults.bays import Bay
from tests.faults.control import Mode
from tests.faults.endings import (
    NO_MEMORY,
    await_step,
    backends,
    exists,
    hold_memory,
    in_flight,
    limit_memory,
    order,
    recovered,
    send,
    tap_until,
    unanswered,
    workers,
)
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind

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
    found = workers(run)
    for worker in found:
        send(worker, signal.SIGSTOP)
    run.load_all(3)
    time.sleep(chance.choice((1.0, 2.5, 4.0)))
    waiting, held = run.waiting(), in_flight(run)
    for worker in found:
        send(worker, signal.SIGCONT)
    return Effect("calls stood still", waiting) if held else None


@kind("odoo.memory", "office", 6)
def starve_worker(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    size = run.log_size("odoo")
    found = workers(run)
    limits = limit_memory(found)
    waiting = 0

    def starved() -> bool:
        nonlocal waiting
        run.load_all(4)
        for _moment in range(30):  # Odoo sets its own limit anew with each request
            hold_memory(limits)
            time.sleep(0.01)
        waiting = max(waiting, run.waiting())
        return bool(run.logged("odoo", size, *NO_MEMORY))

    seen = bay.wait(starved, 8)
    for worker in found:
        send(worker, signal.SIGKILL)
    return Effect("no memory, then ended", waiting) if seen else None


def _odoo_step(step: str) -> None:
    @kind(step, "office", 12 if "photo" in step else 3)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        steps = run.stack.steps("odoo")
        order(steps, step)
        many = 12 if "photo" in step else 2
        seen = await_step(
            [steps], lambda: run.load_all(many), 20 if "photo" in step else 8
        )
        waiting = run.waiting()
        steps.unlink(missing_ok=True)
        return Effect("ended at this step", waiting) if seen else None


for _name in ODOO_STEPS:
    _odoo_step(_name)


@kind("odoo.consequence.before_commit", "office", 10)
def crash_cron(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    steps = run.stack.steps("odoo-cron")
    order(steps, "odoo.consequence.before_commit")
    seen = await_step([steps], lambda: run.load_all(3), 20)
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
    limit_memory([pid])
    waiting = 0

    def starved() -> bool:
        nonlocal waiting
        run.load_all(6)
        for each in run.bays:
            run.stack.network.cut(each.mqtt)  # every handshake wants memory
        time.sleep(0.4)
        waiting = max(waiting, run.waiting())
        return not exists(pid) or bool(
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
        seen = bay.wait(lambda: tap_until(run, control.struck > struck), 8)
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
    for backend in backends(run)[:1]:
        send(backend, signal.SIGKILL)
    waiting = run.waiting()
    return recovered(run, bay, size, waiting)


@kind("postgres.pause", "office", 4)
def pause_postgres(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    found = backends(run)
    for backend in found:
        send(backend, signal.SIGSTOP)
    run.load_all(3)
    time.sleep(chance.choice((1.0, 2.0, 3.0)))
    waiting, held = run.waiting(), in_flight(run)
    for backend in found:
        send(backend, signal.SIGCONT)
    return Effect("transactions stood still", waiting) if held else None


@kind("postgres.memory", "office", 7)
def starve_postgres(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    size = run.log_size("postgres")
    found = backends(run)
    limit_memory(found)
    waiting = 0

    def starved() -> bool:
        nonlocal waiting
        run.load_all(5)
        time.sleep(0.3)
        waiting = max(waiting, run.waiting())
        return bool(run.logged("postgres", size, *NO_MEMORY))

    seen = bay.wait(starved, 6)
    for backend in found:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(
                backend,
                resource.RLIMIT_AS,
                (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
            )
    for backend in backends(run)[:1]:
        send(backend, signal.SIGKILL)
    recovered(run, bay, size, waiting)
    return Effect("no memory, then ended", waiting) if seen else None


def _postgres_step(name: str, mode: Mode) -> None:
    @kind(name, "office", 5)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        control = run.stack.controls["postgres"]
        struck, size = control.struck, run.log_size("postgres")
        control.set(mode, countdown=chance.randint(0, 8))
        seen = bay.wait(lambda: tap_until(run, control.struck > struck), 8)
        control.heal()
        waiting = run.waiting()
        if not seen:
            return None
        return recovered(run, bay, size, waiting)


for _name, _mode in POSTGRES_STEPS:
    _postgres_step(_name, _mode)
