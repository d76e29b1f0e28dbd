"""The one promise: what was said to be recorded is on the disk."""

import os
import subprocess
import sys

from edge_agent.identity import Identity
from edge_agent.outbox import FILE, Outbox
from workbay_contract.events import decode_event

RECORDER = """
import os, signal, sys
from pathlib import Path
from uuid import uuid4
from edge_agent import clock, identity
from edge_agent.outbox import FILE, Outbox
from workbay_contract.events import NodeEvent

who = identity.load(Path(sys.argv[1]))
outbox = Outbox(who.folder / FILE, who)
now = clock.event_time(clock.SystemClock())
for _ in range(int(sys.argv[2])):
    row = outbox.record(
        lambda seq: NodeEvent(
            uuid=uuid4(), device=who.device, seq=seq, time=now, order=1, job=2,
            node="start", sheet="a" * 64, badge="b" * 64, board=1,
        ),
        1,
    )
    os.write(1, f"{row.seq} {row.uuid}\\n".encode())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_recorded_survives_a_kill_right_after(device: Identity) -> None:
    said: list[str] = []
    for round_ in range(3):
        child = subprocess.run(
            [sys.executable, "-c", RECORDER, str(device.folder), str(5 + round_)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            timeout=60,
            check=False,
        )
        assert child.returncode == -9, child.stderr
        said += child.stdout.splitlines()
    outbox = Outbox(device.folder / FILE, device)
    rows = reversed(outbox.recent(100))
    assert [f"{row.seq} {row.uuid}" for row in rows] == said
    assert [int(line.split()[0]) for line in said] == list(range(1, 19))
    assert decode_event(outbox.recent(1)[0].data).seq == 18
    outbox.close()
