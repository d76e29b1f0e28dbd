"""A complete throw-away chain for end-to-end tests and benches.

    with Stack.from_environment(bays=3) as stack:
        stack.chain.odoo_url, stack.chain.kiosk_url(1), stack.chain.paths.bay(1)

Real processes on free ports, started as in production, with a database copied from the
template that deploy/test or deploy/bench prepared. Leaving the block ends all of it.
"""

import contextlib
import dataclasses
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from workbay_deploy import credentials, odoo_home, services
from workbay_deploy.chain import Chain, Ports
from workbay_deploy.commands import stop_group
from workbay_deploy.errors import CommandError
from workbay_deploy.lab import Lab
from workbay_deploy.machine import free_port
from workbay_deploy.paths import ChainPaths, Paths
from workbay_deploy.postgres import Cluster
from workbay_deploy.progress import Progress
from workbay_deploy.readiness import wait_until
from workbay_deploy.sequence import start_chain, write_configuration
from workbay_deploy.services import Service
from workbay_deploy.settings import CHECKOUT
from workbay_deploy.supervision import tail

_numbers = itertools.count(1)


class Stack:
    """One chain; `start` and `stop` (or `with`) bound its life."""

    def __init__(
        self,
        lab: Lab,
        template: str,
        *,
        bays: int = 2,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> None:
        self._lab = lab
        self._template = template
        self._progress = progress or Progress(sys.stderr)
        self._bays = bays
        self._workers = workers
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._known: dict[str, Service] = {}
        self._chain: Chain | None = None

    @classmethod
    def from_environment(
        cls, *, bays: int = 2, workers: int = 2, progress: Progress | None = None
    ) -> "Stack":
        """For code that deploy/test or deploy/bench started."""
        lab = lab_from_environment(os.environ)
        template = os.environ["WORKBAY_TEST_TEMPLATE"]
        return cls(lab, template, bays=bays, workers=workers, progress=progress)

    @property
    def chain(self) -> Chain:
        """Ports, URLs, folders and the database of the running chain."""
        assert self._chain is not None, "the stack is not started"
        return self._chain

    @property
    def logs(self) -> Path:
        return self.chain.installed.logs

    def __enter__(self) -> "Stack":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Copy the database and start everything; returns when all of it is ready."""
        number = next(_numbers)
        self._lab.paths.create()
        root = Path(tempfile.mkdtemp(prefix=f"stack{number}-", dir=self._lab.paths.tmp))
        paths = ChainPaths(root)
        paths.create()
        (root / "logs").mkdir()
        database = f"stack{number}_{os.getpid()}"
        self._chain = Chain(
            paths=paths,
            installed=dataclasses.replace(
                self._lab.installed, log_folder=root / "logs"
            ),
            odoo=self._lab.odoo,
            cluster=self._cluster(paths),
            ports=_free_ports(self._bays),
            database=database,
            workers=self._workers,
        )
        with self._progress.step("Copying the database"):
            self._fill()
        env = services.base_env(self.chain)
        credentials.ensure(self.chain, env, self._progress)
        write_configuration(self.chain)
        start_chain(self.chain, _Children(self), env, self._progress)

    def stop(self) -> None:
        """End every process and forget the database and the folder."""
        for name in reversed(list(self._running)):
            self.stop_service(name)
        if self._chain is None:
            return
        self._drop()
        if os.environ.get("WORKBAY_KEEP_STACK"):
            return
        shutil.rmtree(self._chain.paths.root, ignore_errors=True)
        shutil.rmtree(self._chain.paths.run, ignore_errors=True)

    def launch(self, service: Service) -> None:
        """Start a service beyond those of the chain; the stack ends it too."""
        self._launch(service)

    def start_service(self, name: str) -> None:
        """Start one of the services again, after `stop_service` or `kill`."""
        self._launch(self._known[name])

    def stop_service(self, name: str) -> None:
        """Politely, as the supervisor would."""
        process = self._running.pop(name)
        number = signal.Signals[f"SIG{self._known[name].stop_signal}"]
        stop_group(process, number)

    def kill(self, name: str) -> None:
        """SIGKILL the whole service at once: the fault that tests are about."""
        process = self._running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def pause(self, name: str) -> None:
        """SIGSTOP: it hangs without ending."""
        os.killpg(self._running[name].pid, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        os.killpg(self._running[name].pid, signal.SIGCONT)

    @property
    def names(self) -> list[str]:
        """The services that run, in the order in which they were started."""
        return list(self._running)

    def processes(self) -> dict[str, int]:
        """The id of each service's process by its name."""
        return {name: process.pid for name, process in self._running.items()}

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def query(self, statement: str) -> str:
        """What the chain's database answers, as psql prints it bare."""
        return self.chain.cluster.query(self.chain.database, statement)

    def _cluster(self, paths: ChainPaths) -> Cluster:
        """Where the chain's database lies: among all the lab's."""
        return self._lab.cluster

    def _fill(self) -> None:
        """Make the chain's database and filestore of the template's."""
        chain = self.chain
        self._lab.copy(self._template, chain.database)
        filestore = self._lab.filestore(chain.database)
        if filestore.is_dir():
            (chain.paths.data / "filestore").mkdir(parents=True)
            filestore.rename(chain.paths.data / "filestore" / chain.database)

    def _drop(self) -> None:
        self._lab.drop(self.chain.database)

    def _launch(self, service: Service) -> None:
        self._known[service.name] = service
        log = self.chain.installed.logs / f"{service.name}.log"
        with log.open("ab") as stream:
            process = subprocess.Popen(
                service.confined_argv,
                env=service.env,
                cwd=self.chain.paths.tmp,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                # A group to be ended at once, but no session: Linux shares the
                # processor between sessions first, whatever a service's niceness.
                process_group=0,
            )
        self._running[service.name] = process
        if not wait_until(
            service.ready, service.start_seconds, lambda: process.poll() is None
        ):
            raise CommandError(
                f"{service.name} did not become ready: its log says why.",
                tail(log),
                log,
            )


class _Children:
    """The sequence's view of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def configure(self) -> None:
        write_configuration(self._stack.chain)

    def start(self, service: Service, progress: Progress) -> None:
        with progress.step(f"Starting {service.name}"):
            self._stack._launch(service)  # noqa: SLF001


def lab_from_environment(environ: Mapping[str, str]) -> Lab:
    """The lab that deploy/test or deploy/bench runs."""
    paths = Paths(Path(environ["WORKBAY_RUNTIME"]), CHECKOUT)
    home = Path(environ.get("ODOO_HOME") or paths.odoo)
    return Lab(
        installed=paths,
        odoo=odoo_home.find(home),
        user=environ["WORKBAY_USER"],
        durable=environ.get("WORKBAY_LAB") == "durable",
    )


def _free_ports(bays: int) -> Ports:
    taken: set[int] = set()

    def one() -> int:
        while (port := free_port()) in taken:
            pass
        taken.add(port)
        return port

    return Ports(
        http=one(),
        odoo=one(),
        gevent=one(),
        mqtt=one(),
        media=one(),
        bays=tuple(one() for _ in range(bays)),
    )
