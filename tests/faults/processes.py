"""Agent and bridge: kill -9, standing still, no memory, a crash at each named step."""

import contextlib
import json
import queue
import random
import time
from uuid import UUID

from tests.faults.bays import Bay
from tests.faults.chain import BRIDGES
from tests.faults.endings import NO_MEMORY, is_reached, limit_memory, order
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from tests.faults.striking import pause_service, strike
from tests.support.mqtt import MqttClient

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
        limit_memory([bay.pid])
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
            order(bay.steps, step)
            run.release(bay)
            many, seconds = (30, 25) if "photo" in step else (2, 14)
            seen = _reached(bay, many, seconds)
            if seen:
                bay.wait(lambda: not bay.is_alive, 5)
            bay.kill()
            bay.steps.unlink(missing_ok=True)
            bay.start()
        return Effect("ended at this step", waiting) if seen else None


def _reached(bay: Bay, taps: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        bay.tap(taps)
        if bay.wait(lambda: is_reached(bay.steps), 1):
            return True
    return False


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
    return pause_service(run, name, chance.choice((1.0, 3.0, 5.0)))


@kind("bridge.memory", "bridges", 6)
def starve_bridge(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """Both: which of them serves the bays is theirs to agree on."""
    sizes = {name: run.log_size(name) for name in BRIDGES}
    limit_memory([run.stack.pid(name) for name in BRIDGES])
    folder = json.loads((run.rogue.folder / "device.json").read_text())
    topic = f"workbay/v1/{folder['partition']}/{UUID(folder['bay'])}/events"

    def want(client: MqttClient) -> None:
        with contextlib.suppress(queue.Empty):  # more than the heap has at once
            client.publish(topic, bytes(chance.randint(400_000, 900_000)))

    with run.rogue_client() as client:
        effect = strike(
            run,
            "no memory, then ended",
            lambda: any(run.logged(n, sizes[n], *NO_MEMORY) for n in BRIDGES),
            taps=4,
            provoke=lambda: want(client),
        )
    for name in BRIDGES:
        run.stack.kill(name)
        run.stack.start_service(name)
    return effect


def _bridge_step(step: str) -> None:
    @kind(step, "bridges", 4)
    def crash(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        steps = [run.stack.steps(name) for name in BRIDGES]
        for each in steps:
            order(each, step)

        def provoke() -> None:
            if "hello" in step:
                for each in run.bays:
                    run.stack.network.cut(each.mqtt)

        # Whichever serves the bays comes first; the other one is left alone.
        effect = strike(
            run,
            "ended at this step",
            lambda: any(is_reached(each) for each in steps),
            every=1,
            provoke=provoke,
        )
        for each in steps:
            each.unlink(missing_ok=True)
        for name in BRIDGES:
            if is_reached(run.stack.steps(name)):
                run.stack.kill(name)
                run.stack.start_service(name)
        return effect


for _name in BRIDGE_STEPS:
    _bridge_step(_name)
