"""A broker that forgets, refuses, is not read from, or is listened to by others."""

import json
import os
import random
import time
from pathlib import Path
from typing import Any

from tests.faults.bays import Bay
from tests.faults.chain import BRIDGES, SECOND
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from workbay_deploy import commands, services
from workbay_deploy.errors import CommandError

ODOO_SECONDS = 60


@kind("broker.restart_empty", "broker", 7)
def restart_empty(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """Its disk is new: rights come from Odoo alone, as docs/operations.md says."""
    chain = run.stack.chain
    file = _rights(run)
    run.load_all(3)
    bay.wait(lambda: run.waiting() > 2, 4)
    run.stack.kill("mosquitto")
    before = file.read_bytes()
    file.unlink()
    _run(
        run,
        *("-m", "mqtt_bridge.enrolment", "init", "--dir", str(chain.paths.secrets)),
        *("--host", chain.host, "--host", chain.local_address),
        *("--bridge", services.BRIDGE, "--bridge", SECOND),
    )
    emptied = len(file.read_bytes()) < len(before)
    _rebuild(run, file)
    waiting = run.waiting()
    run.stack.start_service("mosquitto")
    return Effect("rebuilt from Odoo alone", waiting) if emptied else None


@kind("broker.wrong_rights", "broker", 8)
def wrong_rights(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """One bay may not publish any more, until somebody mends it."""
    victim = chance.choice(run.bays)
    refused = victim.story.follow().states["not_authorized"]
    file = _rights(run)
    with run.loaded(victim):
        run.stack.kill("mosquitto")
        before = file.read_bytes()
        document = json.loads(before)
        denied = _deny(document, victim.device)
        file.write_text(json.dumps(document))
        run.release(victim)
        run.stack.start_service("mosquitto")
        seen = victim.wait(
            lambda: victim.story.follow().states["not_authorized"] > refused, 8
        )
        waiting = victim.waiting
        run.stack.kill("mosquitto")
        file.write_bytes(before)
        run.stack.start_service("mosquitto")
    if not denied:
        raise RuntimeError(f"{file} gives {victim.device} no right to publish")
    return Effect("the broker refused its events", waiting) if seen else None


@kind("broker.stuck_consumer", "bridges", 8)
def stuck(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """A bridge that renews its leases and reads nothing."""
    gate = run.stack.gates[chance.choice(BRIDGES)]
    held = gate.seen["held"]
    run.stack.network.change(gate, "up_only")
    run.load_all(4)
    time.sleep(chance.uniform(3, 8))
    waiting = run.waiting()
    run.stack.network.change(gate, "none")
    if gate.seen["held"] == held:
        return None
    return Effect("messages lay unread", waiting)


@kind("broker.rogue_subscriber", "broker", 3)
def rogue(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """An enrolled device listens where others are spoken to, or for the bridge."""
    victim = json.loads((bay.folder / "device.json").read_text())
    topic = f"workbay/v1/{victim['partition']}/{victim['bay']}"
    refused = 0
    with run.rogue_client() as client:
        run.load_all(3)
        waiting = run.waiting()
        for wanted in (
            "#",
            "workbay/v1/+/+/events",
            f"$share/all/workbay/v1/{victim['partition']}/+/events",
            f"{topic}/events",
            f"{topic}/outcomes",
        ):
            answer = client.subscribe(wanted)
            refused += answer != "Granted QoS 1"
        time.sleep(0.5)
        waiting = max(waiting, run.waiting())
        if not client.messages.empty():
            raise AssertionError(f"a rogue hears {client.messages.get().topic}")
    return Effect("its subscriptions were refused", waiting) if refused == 5 else None


def _rights(run: Run) -> Path:
    return run.stack.chain.paths.secrets / "broker" / "dynamic-security.json"


def _deny(document: dict[str, Any], device: str) -> int:
    denied = 0
    for role in document["roles"]:
        if role["rolename"].endswith(device):
            for acl in role["acls"]:
                if acl["acltype"] == "publishClientSend":
                    acl["allow"] = False
                    denied += 1
    return denied


def _rebuild(run: Run, file: Path) -> None:
    """Again until Odoo answers: somebody else may have ended it just now."""
    deadline = time.monotonic() + ODOO_SECONDS
    while True:
        try:
            _run(run, "-m", "mqtt_bridge.enrolment", "rebuild", "--file", str(file))
            return
        except CommandError:
            if time.monotonic() > deadline:
                raise


def _run(run: Run, *arguments: str) -> None:
    chain = run.stack.chain
    commands.run(
        [str(chain.installed.python), *arguments],
        log=chain.installed.log,
        env={**os.environ, **run.stack.exposed(services.enrolment(chain)).env},
        failure="The broker's rights could not be made anew: see above.",
    )
