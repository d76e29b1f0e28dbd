"""``python -m mqtt_bridge run``, with its settings in ``BRIDGE_…``."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from mqtt_bridge import logs
from mqtt_bridge.bridge import Bridge
from mqtt_bridge.configuration import ConfigurationError, load
from mqtt_bridge.settings import Settings


def main(arguments: Sequence[str]) -> int:
    if list(arguments) != ["run"]:
        sys.stderr.write("usage: python -m mqtt_bridge run\n")
        return 2
    try:
        settings = load(Settings, os.environ)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.configure(settings.log_level)
    stop = threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    bridge = Bridge(settings)
    gc.freeze()  # what was loaded stays: no collection has to look through it again
    return 0 if bridge.run(stop) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
