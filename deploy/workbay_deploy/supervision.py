"""The supervisor: its configuration, and speaking to it over its socket.

supervisord (PyPI) restarts what ends, waits longer after each failure, rotates logs.
"""

import http.client
import os
import socket
import subprocess
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from workbay_deploy.errors import CommandError, SetupError
from workbay_deploy.paths import ChainPaths, Paths
from workbay_deploy.progress import Progress
from workbay_deploy.readiness import wait_until
from workbay_deploy.services import Service

LOG_BYTES = 10 * 1024**2
LOG_BACKUPS = 5
STOP_SECONDS = 30

HEAD = """\
[supervisord]
logfile={logs}/supervisord.log
logfile_maxbytes={log_bytes}
logfile_backups={log_backups}
pidfile={run}/supervisord.pid
childlogdir={logs}
identifier=workbay
umask=022
nocleanup=true

[unix_http_server]
file={run}/supervisor.sock
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# Each failed start waits a second longer than the one before; it never gives up.
PROGRAM = """
[program:{name}]
command={command}
environment={environment}
directory={tmp}
autostart=false
autorestart=true
startsecs=2
startretries=1000000
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups={log_backups}
"""


@dataclass(frozen=True)
class Process:
    """What the supervisor says of one service."""

    name: str
    state: str
    pid: int
    started_at: int  # seconds since the epoch; 0 while it does not run
    reason: str

    @classmethod
    def parse(cls, info: dict[str, Any]) -> "Process":
        running = info["statename"] in {"RUNNING", "STARTING"}
        return cls(
            name=str(info["name"]),
            state=str(info["statename"]).lower(),
            pid=int(info["pid"]),
            started_at=int(info["start"]) if running else 0,
            reason=str(info.get("spawnerr") or ""),
        )


class Supervisor:
    """One supervisord and what it supervises."""

    def __init__(self, installed: Paths, paths: ChainPaths) -> None:
        self._installed = installed
        self._paths = paths
        self._conf = paths.etc / "supervisord.conf"
        self.socket = paths.run / "supervisor.sock"

    def configure(self, services: Sequence[Service]) -> None:
        """Write the configuration; sync restarts what it changed."""
        text = HEAD.format(
            logs=self._installed.logs,
            run=self._paths.run,
            log_bytes=LOG_BYTES,
            log_backups=LOG_BACKUPS,
        ) + "".join(self._program(service) for service in services)
        self._conf.touch(mode=0o600)
        self._conf.write_text(text, encoding="utf-8")

    def _program(self, service: Service) -> str:
        env = {**service.env, "WORKBAY_FINGERPRINT": service.fingerprint}
        return PROGRAM.format(
            name=service.name,
            command=_escape(" ".join(service.confined_argv)),
            environment=",".join(
                f"{name}={_quote(value)}" for name, value in sorted(env.items())
            ),
            tmp=self._paths.tmp,
            stop_signal=service.stop_signal,
            stop_seconds=STOP_SECONDS,
            logs=self._installed.logs,
            log_bytes=LOG_BYTES,
            log_backups=LOG_BACKUPS,
        )

    def is_running(self) -> bool:
        try:
            return cast(dict[str, Any], self._rpc.getState())["statename"] == "RUNNING"
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def ensure(self) -> None:
        """Start supervisord where it is not running, and have it read its file."""
        if self.is_running():
            self.sync()
            return
        self._installed.logs.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        started = subprocess.run(
            [self._installed.venv / "bin/supervisord", "-c", self._conf],
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
        )
        if started.returncode or not wait_until(self.is_running, 20):
            raise CommandError(
                "The supervisor did not start.",
                started.stdout + started.stderr,
                self._installed.logs / "supervisord.log",
            )

    def sync(self) -> None:
        """Take over a changed configuration; what changed is stopped."""
        [[added, changed, removed]] = cast(list[Any], self._rpc.reloadConfig())
        for name in (*changed, *removed):
            self._rpc.stopProcessGroup(name)
            self._rpc.removeProcessGroup(name)
        for name in (*changed, *added):
            self._rpc.addProcessGroup(name)

    def start(self, service: Service, progress: Progress) -> None:
        """Start it where it does not run, and wait until it does its work."""
        state = self.process(service.name).state
        if state in {"running", "starting"} and service.ready():
            return
        with progress.step(f"Starting {service.name}"):
            if state not in {"running", "starting", "backoff"}:
                self._rpc.startProcess(service.name, False)
            if not wait_until(
                lambda: self._is_up(service),
                service.start_seconds,
                self._is_trying(service),
            ):
                raise CommandError(
                    f"{service.name} did not become ready: its log says why.",
                    tail(self.log(service.name)),
                    self.log(service.name),
                )

    def _is_up(self, service: Service) -> bool:
        return self.process(service.name).state in {"running", "starting"} and (
            service.ready()
        )

    def _is_trying(self, service: Service) -> Any:
        failures = 0

        def check() -> bool:
            nonlocal failures
            state = self.process(service.name).state
            failures += state == "backoff"
            # Twenty looks at a service in back-off: it has failed for seconds.
            return state != "fatal" and failures < 20

        return check

    def stop(self, name: str) -> None:
        if self.process(name).state in {"running", "starting", "backoff"}:
            self._rpc.stopProcess(name, True)

    def restart(self, service: Service, progress: Progress) -> None:
        self.stop(service.name)
        self.start(service, progress)

    def process(self, name: str) -> Process:
        return Process.parse(cast(dict[str, Any], self._rpc.getProcessInfo(name)))

    def pid(self, name: str) -> int:
        """0 while it does not run."""
        return self.process(name).pid

    def processes(self) -> list[Process]:
        infos = cast(list[dict[str, Any]], self._rpc.getAllProcessInfo())
        return [Process.parse(info) for info in infos]

    def shutdown(self, order: Sequence[str] = ()) -> None:
        """Stop every service, in the order given, then the supervisor itself."""
        if not self.is_running():
            return
        known = {process.name for process in self.processes()}
        for name in order:
            if name in known:
                self.stop(name)
        pid = int(cast(int, self._rpc.getPID()))
        self._rpc.shutdown()
        if not wait_until(lambda: not _lives(pid), STOP_SECONDS * 2):
            raise SetupError(
                f"The supervisor (process {pid}) does not end: see "
                f"{self._installed.logs / 'supervisord.log'}."
            )

    def log(self, name: str) -> Path:
        return self._installed.logs / f"{name}.log"

    @property
    def _rpc(self) -> Any:
        proxy = xmlrpc.client.ServerProxy(
            "http://localhost", transport=_UnixTransport(self.socket)
        )
        return proxy.supervisor


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=120)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> _UnixConnection:
        return _UnixConnection(self._path)


def tail(log: Path, lines: int = 25) -> str:
    """The end of a log file."""
    if not log.is_file():
        return ""
    text = log.read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:]) + "\n"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _escape(text: str) -> str:
    return text.replace("%", "%%")


def _quote(text: str) -> str:
    """The file knows both quotes and no escapes."""
    mark = "'" if '"' in text else '"'
    if mark in text:
        raise SetupError(f"{text}: no setting may hold both kinds of quotes.")
    return f"{mark}{_escape(text)}{mark}"
