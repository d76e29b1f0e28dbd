"""Throw-away databases for tests and benches: a cluster of its own, kept templates.

Installing Odoo's apps is the slow part, so it is done once per set of dependencies;
our addons on top of it once per state of their code. A run gets a copy.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbay_deploy import commands, odoo_conf, odoo_shell
from workbay_deploy.addon_set import AddonSet
from workbay_deploy.chain import Chain, Ports
from workbay_deploy.database import loading_detail
from workbay_deploy.machine import boot_id
from workbay_deploy.odoo_home import OdooHome
from workbay_deploy.paths import ChainPaths, Paths
from workbay_deploy.postgres import Cluster, binary
from workbay_deploy.progress import Progress

# Odoo's own lints run on our addons in the tests.
ALWAYS = ("test_lint",)
# pytest-odoo gives each process of a shared run a copy, `run_<process>-gw<number>`.
OF_A_PROCESS = re.compile(r"(?:building|run|stack\d+)_(\d+)(?:-gw\d+)?")
NO_PORTS = Ports(http=0, odoo=0, gevent=0, mqtt=0, media=0, bays=())


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A cluster with its templates: the tests', or the durable one of benches."""

    installed: Paths
    odoo: OdooHome
    user: str
    # A measurement has to pay for what production pays for.
    durable: bool = False

    @property
    def paths(self) -> ChainPaths:
        return ChainPaths(self.installed.bench if self.durable else self.installed.test)

    @property
    def cluster(self) -> Cluster:
        return Cluster(
            data=self.paths.postgres,
            socket=self.paths.run,
            conf=self.paths.etc / "postgresql.conf",
            user=self.user,
            volatile=not self.durable,
        )

    @property
    def chain(self) -> Chain:
        """For Odoo's command line on the lab's databases."""
        return Chain(
            paths=self.paths,
            installed=self.installed,
            odoo=self.odoo,
            cluster=self.cluster,
            ports=NO_PORTS,
            database="workbay_test",
            workers=0,
        )

    @property
    def addons(self) -> AddonSet:
        return AddonSet(self.installed.source / "addons")

    @contextlib.contextmanager
    def running(self, env: Mapping[str, str], progress: Progress) -> Iterator[None]:
        """The cluster runs; the last of several runs at the same time stops it."""
        self.paths.create()
        with (self.paths.root / "users.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            with self._building():
                self._start(env, progress)
            try:
                yield
            finally:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._stop(env)

    def template(self, wanted: Sequence[str], progress: Progress) -> str:
        """A database with these addons of ours installed; its name."""
        with self._building():
            self._drop_leftovers()
            return self._ensure(self.addons.closure(wanted), progress)

    def derived(self, template: str, name: str, make: Callable[[Chain], None]) -> str:
        """A database made once from a template and kept; its name.

        :param name: ends with ``_`` and what it depends on; an older one of the same
            beginning is dropped.
        :param make: fills the copy, by Odoo's command line.
        """
        with self._building():
            if name not in self.cluster.databases():
                building = f"building_{os.getpid()}"
                self.drop(building)
                self.copy(template, building)
                odoo_conf.configure(self.chain)
                make(replace(self.chain, database=building))
                self._keep(building, name)
                self._drop_older(name)
        return name

    def copy(self, template: str, target: str) -> None:
        """Database and filestore; the files are shared, since they never change."""
        self.cluster.copy(template, target)
        source = self.filestore(template)
        if source.is_dir():
            shutil.copytree(source, self.filestore(target), copy_function=os.link)

    def drop(self, database: str) -> None:
        self.cluster.drop(database)
        shutil.rmtree(self.filestore(database), ignore_errors=True)

    def filestore(self, database: str) -> Path:
        return self.paths.data / "filestore" / database

    def install_log(self, template: str) -> Path:
        """What Odoo said while our addons were installed."""
        return self.paths.root / "install-logs" / f"{template}.log"

    def _ensure(self, addons: Sequence[str], progress: Progress) -> str:
        name = self._name(addons)
        there = self.cluster.databases()
        if name in there:
            return name
        start, missing = self._nearest(addons, there)
        if start is None:
            start = self._build_base(progress)
        if not addons:
            return start
        with progress.step(f"Installing {', '.join(missing)} for the tests"):
            building = f"building_{os.getpid()}"
            self.drop(building)
            self.copy(start, building)
            log = self.install_log(building)
            log.parent.mkdir(exist_ok=True)
            log.write_bytes(
                self.install_log(start).read_bytes()
                if self.install_log(start).is_file()
                else b""
            )
            odoo_conf.configure(self.chain)
            odoo_shell.server(
                self.chain,
                building,
                f"--init={','.join(missing)}",
                failure="Our addons could not be installed: see above.",
                detail=loading_detail(progress),
                log=log,
            )
            self._keep(building, name)
            self._drop_older(name)
        return name

    def _nearest(
        self, addons: Sequence[str], there: set[str]
    ) -> tuple[str | None, list[str]]:
        """The template with most of them, and what it lacks."""
        for length in range(len(addons) - 1, -1, -1):
            name = self._name(addons[:length])
            if name in there:
                return name, list(addons[length:])
        return None, list(addons)

    def _build_base(self, progress: Progress) -> str:
        name = self._name([])
        with progress.step("Installing Odoo's apps for the tests, once"):
            building = f"building_{os.getpid()}"
            self.drop(building)
            odoo_conf.configure(self.chain)
            odoo_shell.server(
                self.chain,
                building,
                f"--init={','.join((*self.addons.outside, *ALWAYS))}",
                failure="Odoo's apps could not be installed: see above.",
                detail=loading_detail(progress),
            )
            odoo_shell.load_language(self.chain, building)
            self._keep(building, name)
            self._drop_older(name)
        return name

    def _name(self, addons: Sequence[str]) -> str:
        """`base_<dependencies>` or `addons_<which>_<their code on that base>`."""
        needs = ",".join((*self.addons.outside, *ALWAYS, odoo_shell.LANGUAGE))
        base = _short(f"2 {self.odoo.version} {self.odoo.packages} {needs}")
        if not addons:
            return f"base_{base}"
        which = _short(",".join(addons))
        return f"addons_{which}_{_short(base + self.addons.digest(addons))}"

    def _keep(self, building: str, name: str) -> None:
        shutil.rmtree(self.filestore(name), ignore_errors=True)
        if self.filestore(building).is_dir():
            self.filestore(building).rename(self.filestore(name))
        if self.install_log(building).is_file():
            self.install_log(building).rename(self.install_log(name))
        self.cluster.rename(building, name)

    def _drop_older(self, name: str) -> None:
        """Only the newest state of a set of addons is worth its disk space."""
        kin = name.rpartition("_")[0] + "_"
        for other in self.cluster.databases():
            if other.startswith(kin) and other != name:
                self.drop(other)
                self.install_log(other).unlink(missing_ok=True)

    def _drop_leftovers(self) -> None:
        """Databases of runs that were killed: their process is gone."""
        for database in self.cluster.databases():
            found = OF_A_PROCESS.fullmatch(database)
            if found and not Path("/proc", found[1]).exists():
                self.drop(database)

    @contextlib.contextmanager
    def _building(self) -> Iterator[None]:
        with (self.paths.root / "building.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self, env: Mapping[str, str], progress: Progress) -> None:
        log = self.installed.log
        if self.cluster.is_ready():
            return
        if self.cluster.volatile and self._lost_with_the_machine():
            progress.say("The machine went down under the tests' databases: anew.")
            shutil.rmtree(self.cluster.data)
        if not self.cluster.data.is_dir():
            with progress.step("Making a database cluster for the tests"):
                self.cluster.create(log, env)
        self.cluster.configure()
        commands.run(
            [
                *(binary("pg_ctl"), "start", "--wait", "--silent"),
                *("--pgdata", self.cluster.data),
                *("--log", self._server_log),
                *("--options", f"--config-file={self.cluster.conf}"),
            ],
            log=log,
            env=env,
            failure="The tests' database cluster did not start: see "
            f"{self._server_log}.",
        )
        self._running_since.write_text(boot_id(), encoding="ascii")

    def _lost_with_the_machine(self) -> bool:
        """Whether the server ran when the machine ended: what it had may be half there.

        It waits for no disk, and a broken template would only look like failing tests.
        """
        file = self._running_since
        return (
            self.cluster.data.is_dir()
            and file.is_file()
            and file.read_text(encoding="ascii") != boot_id()
        )

    @property
    def _running_since(self) -> Path:
        """Names the boot under which the server started; gone once it has stopped."""
        return self.paths.root / "running-since"

    @property
    def _server_log(self) -> Path:
        return self.installed.logs / f"{self.paths.root.name}-postgres.log"

    def _stop(self, env: Mapping[str, str]) -> None:
        commands.run(
            [
                *(binary("pg_ctl"), "stop", "--wait", "--silent", "--mode=fast"),
                *("--pgdata", self.cluster.data),
            ],
            log=self.installed.log,
            env=env,
            failure="The tests' database cluster did not stop.",
        )
        self._running_since.unlink(missing_ok=True)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
