"""``python -m mqtt_bridge.enrolment init``."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mqtt_bridge.enrolment import names
from mqtt_bridge.enrolment.errors import EnrolmentError
from mqtt_bridge.enrolment.init import initialise

_HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.:-]{0,251}[0-9A-Za-z])?|::1?")


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        for name in initialise(
            options.dir, options.host, options.bridge or (names.BRIDGE,)
        ):
            sys.stdout.write(f"made {name}\n")
    except (EnrolmentError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


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
