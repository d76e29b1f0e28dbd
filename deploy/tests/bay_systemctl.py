#!/usr/bin/env python3
"""systemctl's stand-in for the bay's installer: starts its agent as the unit says.

Like systemd it waits for READY=1 and fails where the agent ends before that.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(os.environ["TARGET_ROOT"])
PID = ROOT / "agent.pid"
AGENT = "workbay-agent.service"
READY_SECONDS = 30


def main(arguments: list[str]) -> int:
    with (ROOT / "asked").open("a") as file:
        file.write(f"systemctl {' '.join(arguments)}\n")
    verb, *rest = [each for each in arguments if not each.startswith("-")]
    if verb in ("restart", "stop") and AGENT in rest:
        _stop()
        if verb == "restart":
            return _start()
    if verb == "show":
        print("NRestarts=0")
    return 0


def _stop() -> None:
    if not PID.is_file():
        return
    number = int(PID.read_text())
    PID.unlink()
    try:
        os.kill(number, signal.SIGTERM)
        for _ in range(100):
            os.kill(number, 0)
            if "Z" in Path(f"/proc/{number}/stat").read_text().split(")")[1][:3]:
                return
            time.sleep(0.1)
    except (ProcessLookupError, FileNotFoundError):
        pass


def _start() -> int:
    unit = (ROOT / "etc/systemd/system" / AGENT).read_text()
    [command] = [
        line.partition("=")[2].split()
        for line in unit.splitlines()
        if line.startswith("ExecStart=")
    ]
    # An abstract one, since a path of tests may be too long for a socket.
    notify = f"workbay-bay-{os.getpid()}"
    env = {**os.environ, "NOTIFY_SOCKET": f"@{notify}"}
    for line in (ROOT / "etc/workbay/bay.env").read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            env[name] = value
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{notify}")
        listener.settimeout(0.1)
        process = subprocess.Popen(
            [f"{ROOT}{command[0]}", *command[1:]],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=(ROOT / "agent.log").open("w"),
            start_new_session=True,
        )
        PID.write_text(str(process.pid))
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if listener.recv(1000) == b"READY=1":
                    return 0
            except TimeoutError:
                pass
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
