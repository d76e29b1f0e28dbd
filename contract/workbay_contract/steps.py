"""Named steps at which a process can be made to end, for the fault tests.

Without ``WORKBAY_STEPS`` in its environment, which only those tests set, a process
passes every step without looking for anything.
"""

import os
import signal
import time
from pathlib import Path

VARIABLE = "WORKBAY_STEPS"


def reached(name: str) -> None:
    """Do what was asked for at this step, once.

    ``WORKBAY_STEPS`` names a file; it holds a step's name and, behind a blank, what to
    do there: ``kill`` ends the process as a power cut would, a number lets it stand
    still for so many seconds. The process that comes first takes the file away.
    """
    file = os.environ.get(VARIABLE)
    if not file:
        return
    order = Path(file)
    try:
        step, _, action = order.read_text(encoding="ascii").partition(" ")
        if step != name:
            return
        order.rename(order.with_suffix(".reached"))
    except OSError:
        return  # nothing is asked for, or another process was here first
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(float(action))
