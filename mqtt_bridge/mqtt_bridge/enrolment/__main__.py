"""``python -m mqtt_bridge.enrolment init | run | rebuild``."""

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from mqtt_bridge import logs
from mqtt_bridge.configuration import ConfigurationError, load
from mqtt_bridge.enrolment import names, service
from mqtt_bridge.enrolment.errors import EnrolmentError
from mqtt_bridge.enrolment.init import initialise
from mqtt_bridge.enrolment.rebuild import rebuild
from mqtt_bridge.enrolment.settings import RebuildSettings, Settings
from mqtt_bridge.odoo import OdooError

_HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.:-]{0,251}[0-9A-Za-z])?|::1?")


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.verb == "init":
            bridges = options.bridge or [names.BRIDGE]
            for name in initialise(
                options.dir, options.host, bridges, anew=options.anew
            ):
                sys.stdout.write(f"made {name}\n")
        elif options.verb == "rebuild":
            number = rebuild(
                load(RebuildSettings, os.environ, also=Settings.model_fields),
                options.file,
            )
            sys.stdout.write(f"{options.file}: {number} devices\n")
        else:
            _run()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (EnrolmentError, OdooError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run() -> None:
    settings = load(Settings, os.environ)
    logs.configure(settings.log_level)
    stop = threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    service.run(settings, stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mqtt_bridge.enrolment")
    verbs = parser.add_subparsers(dest="verb", required=True)
    init = verbs.add_parser("init", help="make the CA and the services' certificates")
    init.add_argument("--dir", type=Path, required=True, help="where everything lies")
    init.add_argument(
        "--host",
        type=_host,
        action="append",
        required=True,
        help="name or address by which bays reach broker and bridge; repeatable",
    )
    init.add_argument(
        "--bridge",
        type=_bridge,
        action="append",
        help=f"common name of a bridge; repeatable (default {names.BRIDGE})",
    )
    init.add_argument(
        "--anew",
        action="store_true",
        help="new keys and certificates for all services, whatever is left of theirs",
    )
    verbs.add_parser("run", help="serve devices, with settings in ENROL_…")
    again = verbs.add_parser(
        "rebuild", help="write a stopped broker's plugin file from Odoo's list"
    )
    again.add_argument("--file", type=Path, required=True, help="dynamic-security.json")
    return parser


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no host name or address")
    return text.lower()


def _bridge(text: str) -> str:
    if not names.is_bridge(text):
        raise argparse.ArgumentTypeError(
            f"{text!r}: a bridge is called bridge-…, 8 to 40 of a-z, 0-9 and -"
        )
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
