"""Runs other programs, keeps what they print, and never leaves one behind."""

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from workbay_deploy.errors import CommandError

TAIL_LINES = 25
GRACE_SECONDS = 15


def run(
    argv: Sequence[str | Path],
    *,
    log: Path,
    failure: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    detail: Callable[[str], None] | None = None,
) -> None:
    """Run to the end; on failure raise ``failure`` with the end of the output.

    The program gets a process group of its own, which ends with us: an interrupted
    set-up leaves nothing running behind it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with log.open("a", encoding="utf-8") as record:
        record.write(f"$ {' '.join(str(part) for part in argv)}\n")
        record.flush()
        try:
            process = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise CommandError(f"{failure} ({argv[0]} is missing.)") from error
        try:
            if stdin is not None and process.stdin is not None:
                process.stdin.write(stdin)
                process.stdin.close()
            assert process.stdout is not None
            for line in process.stdout:
                record.write(line)
                tail.append(line)
                if detail is not None and line.strip():
                    detail(line)
            code = process.wait()
        except BaseException:
            stop_group(process)
            raise
    if code != 0:
        raise CommandError(failure, "".join(tail), log)


def stop_group(
    process: "subprocess.Popen[str] | subprocess.Popen[bytes]",
    first: signal.Signals = signal.SIGTERM,
    grace: float = GRACE_SECONDS,
) -> None:
    """End a process and what it started: politely, then for good."""
    if process.poll() is None:
        _signal_group(process.pid, first)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def output(argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> str:
    """What a quick command prints; empty where it fails or is missing."""
    try:
        done = subprocess.run(
            [str(part) for part in argv],
            capture_output=True,
            text=True,
            env=dict(env) if env is not None else None,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
