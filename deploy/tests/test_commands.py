"""Running programs: what they print is kept, and none is left behind."""

import os
import threading
from pathlib import Path

import pytest

from workbay_deploy import commands
from workbay_deploy.errors import CommandError
from workbay_deploy.readiness import wait_until


def test_a_failure_carries_the_end_of_the_output(tmp_path) -> None:
    log = tmp_path / "logs" / "setup.log"
    with pytest.raises(CommandError, match="It did not work") as caught:
        commands.run(
            ["sh", "-c", "for i in $(seq 100); do echo line $i; done; exit 3"],
            log=log,
            failure="It did not work.",
        )
    assert caught.value.tail.endswith("line 100\n")
    assert "line 1\n" not in caught.value.tail
    assert "line 1\n" in log.read_text()


def test_a_missing_program_is_named(tmp_path) -> None:
    with pytest.raises(CommandError, match=r"no-such-program is missing"):
        commands.run(["no-such-program"], log=tmp_path / "log", failure="No.")


def test_an_interruption_ends_the_program_and_its_children(tmp_path) -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commands.run(
            ["sh", "-c", "sleep 600 & echo $!; wait"],
            log=tmp_path / "log",
            failure="No.",
            detail=interrupt,
        )
    assert wait_until(lambda: gone(pids[0]), 5)


def test_waiting_gives_up_at_its_bound_and_when_nothing_can_come() -> None:
    assert not wait_until(lambda: False, 0.2)
    assert not wait_until(lambda: False, 60, alive=lambda: False)
    done = threading.Event()
    threading.Timer(0.2, done.set).start()
    assert wait_until(done.is_set, 10)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
