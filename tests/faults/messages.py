"""Data that is no good: poison in a batch, another version, too much of it."""

import contextlib
import json
import queue
import random
import time
from uuid import UUID

from edge_agent import identity
from tests.faults.bays import Bay
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from workbay_contract.answers import Refused, read_answer
from workbay_contract.batch import GENESIS, seal_batch
from workbay_contract.types import canonical


@kind("data.poison", "bay", 9)
def poison(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """Writing one event of a batch down fails, however often it is tried."""
    with run.loaded(bay, 1):
        # The batch on its way holds what waits now; the next one holds the poison.
        seq = bay.allocated + 1 + chance.randint(1, 3)
        run.database.on("poison", bay.device, seq)
        bay.tap(6)
        bay.wait(lambda: bay.allocated >= seq, 5)
        waiting, hits = bay.waiting, run.database.hits
    held = bay.wait(
        lambda: (
            time.sleep(0.3) is None
            and run.stack.query(
                "SELECT count(*) FROM workshop_event e"
                " JOIN workshop_device d ON d.id = e.device_id"
                f" WHERE d.name = '{bay.device}' AND e.seq = {seq}"
            )
            != "0"
        ),
        40,
    )
    if not held or run.database.hits == hits:
        return None
    return Effect("rows were rolled back, one event was held", waiting)


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
        run.load_all(3)
        waiting = run.waiting()
        for _try in range(4):
            with contextlib.suppress(queue.Empty):  # the broker is gone just now
                client.publish(f"{topic}/events", batch.encode())
            waiting = max(waiting, run.waiting())
            end = time.monotonic() + 2
            while time.monotonic() < end:
                time.sleep(0.05)
                while not client.messages.empty():
                    answer = read_answer(who.odoo, client.messages.get().payload)
                    if isinstance(answer, Refused) and answer.code == "version":
                        return Effect("the batch was refused: version", waiting)
    return None


@kind("data.oversize", "gateways", 4)
def oversize(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """More than a batch may have; the bridge must drop it and stay."""
    device = json.loads((run.rogue.folder / "device.json").read_text())
    topic = f"workbay/v1/{device['partition']}/{UUID(device['bay'])}/events"
    number = chance.randint(132_000, 150_000)
    sizes = {name: run.log_size(name) for name in run.stack.gates}
    with run.rogue_client() as client:
        run.load_all(3)
        waiting = run.waiting()
        for _try in range(4):
            with contextlib.suppress(queue.Empty):
                client.publish(topic, b"x" * number)
            time.sleep(0.5)
            waiting = max(waiting, run.waiting())
            for name, size in sizes.items():
                if run.logged(name, size, f"Batch of {number} bytes"):
                    return Effect("the bridge dropped it", waiting)
    return None
