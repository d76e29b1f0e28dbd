"""``edge-agent``, or ``python -m edge_agent``: ``run``, ``doctor``, ``keygen`` and
``checkpoints``, each with ``--data DIR``."""

import argparse
import gc
import json
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge_agent import frugal, identity, logs
from edge_agent.errors import AgentError
from edge_agent.settings import Settings

_logger = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.command == "keygen":
            return _keygen(options.data, options.device)
        if options.command == "checkpoints":
            return _checkpoints(options.data, options.export)
        if options.command == "doctor":
            return _doctor(options)
        return _run(options.data)
    except AgentError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _keygen(folder: Path, device: str | None) -> int:
    request = identity.keygen(folder, device or identity.device_id(folder))
    sys.stdout.write(f"{request}\n")
    return 0


def _checkpoints(folder: Path, export: Path | None) -> int:
    """Print what this bay holds of Odoo's checkpoints, or write it to a file.

    :return: 1 where Odoo contradicts what is held here.
    """
    # Late: as for ``run``.
    from edge_agent import outbox

    who = identity.load(folder)
    held = outbox.read_held(folder / outbox.FILE, who)
    if export is not None:
        export.write_bytes(held.encode())
        sys.stdout.write(f"{export}\n")
    else:
        for checkpoint in held.checkpoints:
            sys.stdout.write(
                f"{checkpoint.number} {checkpoint.hash} {checkpoint.root}\n"
            )
    for checkpoint in held.contradictions:
        sys.stderr.write(
            f"Checkpoint {checkpoint.number} came as {checkpoint.hash}, which"
            " contradicts what this bay holds: tell headquarters.\n"
        )
    return 1 if held.contradictions else 0


def _settings(folder: Path | None) -> Settings:
    """:raises AgentError: every mistake in them."""
    given: dict[str, Any] = {} if folder is None else {"data_dir": folder}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise AgentError(_listed(error)) from error


def _doctor(options: argparse.Namespace) -> int:
    """:return: 1 where something fails."""
    settings = _settings(options.data)
    # Late: as for ``run``.
    from edge_agent import doctor

    logging.disable(logging.INFO)
    found = []
    for each in doctor.examine(settings, options.hold):
        found.append(each)
        if not options.json:
            langs = (options.lang,) if options.lang else ("en", "zh")
            first, *others = (each.text(lang) for lang in langs)
            sys.stdout.write(f"{each.level:<5}{each.check:<12} {first}\n")
            sys.stdout.writelines(f"{'':17} {other}\n" for other in others)
            sys.stdout.flush()
    if options.json:
        sys.stdout.write(f"{json.dumps([each.dump() for each in found])}\n")
    return 1 if any(each.level == "fail" for each in found) else 0


def _run(folder: Path | None) -> int:
    settings = _settings(folder)
    frugal.begin()
    # Late: what only runs a bay is not loaded to make a key.
    from edge_agent.life import Life

    logs.configure()
    frugal.settle()
    life = Life(settings)
    gc.freeze()  # what was loaded stays: no collection has to look through it again
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: life.end())
    try:
        life.run()
    finally:
        gc.unfreeze()  # libraries count, and list, what is left over at the end
    return 0


def _listed(error: ValidationError) -> str:
    """Every mistake, by the name of its variable."""
    lines = ["The settings are wrong:"]
    for mistake in error.errors(include_url=False):
        name = "__".join(str(part) for part in mistake["loc"]).upper()
        lines.append(f"  BAY_{name}: {mistake['msg']}" if name else mistake["msg"])
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edge-agent")
    commands = parser.add_subparsers(dest="command", required=True)
    keygen = commands.add_parser("keygen", help="make the key and device.csr")
    keygen.add_argument("--data", type=Path, required=True, help="the bay's folder")
    keygen.add_argument(
        "--device", help="the device's id; a random one if it is not given"
    )
    checkpoints = commands.add_parser(
        "checkpoints", help="tell the checkpoints of Odoo's log that this bay holds"
    )
    checkpoints.add_argument("--data", type=Path, required=True, help="as for keygen")
    checkpoints.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="write them there, signed by this bay, to compare them in Odoo",
    )
    doctor = commands.add_parser("doctor", help="check this bay and say what to do")
    doctor.add_argument("--data", type=Path, help="the bay's folder (BAY_DATA_DIR)")
    doctor.add_argument("--json", action="store_true", help="for machines")
    doctor.add_argument("--lang", choices=("en", "zh"), help="one language only")
    doctor.add_argument(
        "--hold",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="also wait for a code that somebody holds before the camera",
    )
    run = commands.add_parser("run", help="run the bay")
    run.add_argument("--data", type=Path, help="the bay's folder (BAY_DATA_DIR)")
    return parser


def command() -> None:
    """The installed command."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    command()
