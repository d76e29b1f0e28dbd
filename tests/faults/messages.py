"""Data that is no good: poison in a batch, another version, too much of it."""

import contextlib
import json
import queue
import random
from uuid import UUID

from edge_agent import identity
from edge_agent.identity import Identity
from tests.faults.bays import Bay
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from tests.faults.striking import strike
from tests.support.mqtt import MqttClient
from workbay_contract.answers import Refused, read_answer
from workbay_contract.batch import GENESIS, seal_batch
from workbay_contract.types import canonical
from workbay_deploy.readiness import wait_until


@kind("data.poison", "bay", 9)
def poison(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """Taking one event of a batch fails each time, until it is held."""
    with run.loaded(bay, 1):
        # The batch on its way holds what waits now; the next one holds the poison.
        seq = bay.allocated + 1 + chance.randint(1, 3)
        run.database.on("poison", bay.device, seq)
        bay.tap(6)
        bay.wait(lambda: bay.allocated >= seq, 5)
        waiting, hits = bay.waiting, run.database.hits
    held = wait_until(lambda: _is_final(bay, seq), 60)
    if not held or run.database.hits == hits:
        return None
    return Effect("rows were rolled back, one event was held", waiting)


def _is_final(bay: Bay, seq: int) -> bool:
    """Of the newest event under that number: a disk that lied had others before."""
    story = bay.story.follow()
    found = [u for u, number in list(story.confirmed.items()) if number == seq]
    return bool(found) and found[-1] in story.finals


@kind("data.unknown_version", "gateways", 3)
def version(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """A bay that is newer than Odoo: it has to wait, and nobody else."""
    who = identity.load(run.rogue.folder)
    event = canonical(
        {"v": 99, "kind": "node", "device": who.device, "seq": 1, "x": chance.random()}
    )
    batch = seal_batch(who.key, who.device, 1, GENESIS, [event], waiting=1)
    topic = f"workbay/v1/{who.partition}/{who.bay}"
    with run.rogue_client() as client:
        client.subscribe(f"{topic}/outcomes")
        return strike(
            run,
            "the batch was refused: version",
            lambda: _is_refused(client, who),
            taps=3,
            every=2,
            provoke=lambda: _publish(client, f"{topic}/events", batch.encode()),
        )


@kind("data.oversize", "gateways", 4)
def oversize(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """More than a batch may have; the bridge must drop it and stay."""
    device = json.loads((run.rogue.folder / "device.json").read_text())
    topic = f"workbay/v1/{device['partition']}/{UUID(device['bay'])}/events"
    number = chance.randint(132_000, 150_000)
    sizes = {name: run.log_size(name) for name in run.stack.gates}
    said = f"Batch of {number} bytes"
    with run.rogue_client() as client:
        return strike(
            run,
            "the bridge dropped it",
            lambda: any(run.logged(name, size, said) for name, size in sizes.items()),
            taps=3,
            every=1,
            provoke=lambda: _publish(client, topic, b"x" * number),
        )


def _publish(client: MqttClient, topic: str, payload: bytes) -> None:
    with contextlib.suppress(queue.Empty):  # the broker is gone just now
        client.publish(topic, payload)


def _is_refused(client: MqttClient, who: Identity) -> bool:
    while not client.messages.empty():
        answer = read_answer(who.odoo, client.messages.get().payload)
        if isinstance(answer, Refused) and answer.code == "version":
            return True
    return False
