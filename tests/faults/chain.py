"""A chain of which every part can be made to fail: its own PostgreSQL, two bridges."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path

from tests.faults import shim
from tests.faults.control import Control
from tests.faults.gateway import Gateway
from tests.faults.network import Gate, Network
from workbay_deploy import commands, services
from workbay_deploy.errors import CommandError
from workbay_deploy.machine import free_port
from workbay_deploy.paths import ChainPaths
from workbay_deploy.postgres import Cluster, binary
from workbay_deploy.services import Service
from workbay_deploy.stack import Stack

SECOND = "bridge-faults-02"
BRIDGES = ("bridge", "bridge-2")
CRASHES_WITHOUT_POWER_CUT = "fsync = off\n"
"""A process that is killed loses nothing that it has written; a machine that many tests
share would only be slower for it, above all at each recovery."""
QUERY_SECONDS = 60
SUPERVISED = ("odoo", "odoo-cron")
MUTATIONS = Path(__file__).with_name("mutations")


class FaultStack(Stack):
    """The stack of every other test, with a shim, a proxy or a step where one fits.

    :ivar mutation: the promise that the product's processes break; see mutations/.
    """

    mutation: str | None = None

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self.network = Network()
        self.gateways: dict[str, Gateway] = {}
        self.gates: dict[str, Gate] = {}
        self.controls: dict[str, Control] = {}
        self._second_port = free_port()
        self._ending = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)

    @property
    def tools(self) -> Path:
        """What a service has to reach that the run lets fail, confined as it is."""
        return self.chain.paths.root / "tools"

    @property
    def shim(self) -> Path:
        return self.tools / "faults.so"

    def steps(self, name: str) -> Path:
        """Where a process of this service looks for a step to end at."""
        return self.tools / f"{name}.steps"

    def query(self, statement: str) -> str:
        """As ever, but patient: the database may just be recovering."""
        deadline = time.monotonic() + QUERY_SECONDS
        while True:
            try:
                return super().query(statement)
            except CommandError as error:
                if time.monotonic() > deadline:
                    error.add_note(error.tail)
                    raise
                time.sleep(0.2)

    def start(self) -> None:
        super().start()
        self._launch(self._second_bridge())
        self._supervisor.start()

    def stop(self) -> None:
        self._ending.set()
        if self._supervisor.is_alive():
            self._supervisor.join()
        super().stop()
        for gateway in self.gateways.values():
            gateway.close()
        self.network.close()

    def _supervise(self) -> None:
        """Start Odoo again when it ends, as supervisord does (workbay_deploy).

        Its parent process ends itself when it has to replace a worker while PostgreSQL
        does not answer.
        """
        while not self._ending.wait(0.5):
            for name in SUPERVISED:
                process = self._running[name]
                if process.poll() is None:
                    continue
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                with contextlib.suppress(CommandError):  # so it is tried again
                    self.start_service(name)

    def _cluster(self, paths: ChainPaths) -> Cluster:
        # A crash may cost no commit, which is what the volatile one of tests does.
        return Cluster(
            data=paths.postgres,
            socket=paths.run,
            conf=paths.etc / "postgresql.conf",
            user=self._lab.user,
        )

    def _fill(self) -> None:
        """Copy the lab's whole cluster, start it, and give the template our name."""
        chain, lab = self.chain, self._lab
        self.tools.mkdir()
        shim.build(self.tools)
        commands.run(
            [
                *(binary("pg_basebackup"), "--checkpoint=fast", "--wal-method=stream"),
                *("--no-sync", "--pgdata", chain.cluster.data),
            ],
            log=chain.installed.log,
            env={**lab.cluster.env, "PATH": "/usr/bin:/bin"},
            failure="The lab's databases could not be copied: see above.",
        )
        chain.cluster.configure()
        with chain.cluster.conf.open("a", encoding="utf-8") as conf:
            conf.write(CRASHES_WITHOUT_POWER_CUT)
        self._launch(services.postgres(chain))
        chain.cluster.rename(self._template, chain.database)
        source = lab.filestore(self._template)
        if source.is_dir():
            shutil.copytree(
                source,
                chain.paths.data / "filestore" / chain.database,
                copy_function=os.link,
            )

    def _drop(self) -> None:
        """It goes with its folder."""

    def _launch(self, service: Service) -> None:
        super()._launch(self.exposed(service))

    def exposed(self, service: Service) -> Service:
        """The service where the run's tools reach it."""
        more: dict[str, str] = {}
        name = service.name
        if name == "postgres":
            more = self.shimmed(name, str(self.chain.cluster.data / "pg_wal"))
        elif name == "mosquitto":
            self._admit_second_bridge()
            more = self.shimmed(name, "socket:")
        elif name == "enrolment":
            more = {"ENROL_BRIDGES": json.dumps([services.BRIDGE, SECOND])}
        elif name in BRIDGES:
            more = self._through_proxies(name)
        if name in (*BRIDGES, "odoo", "odoo-cron"):
            more["WORKBAY_STEPS"] = str(self.steps(name))
            more |= self.mutated(service.env.get("PYTHONPATH", ""))
        return dataclasses.replace(
            service, owns=(*service.owns, self.tools), env={**service.env, **more}
        )

    def shimmed(self, name: str, path: str) -> dict[str, str]:
        """Environment of a process whose files below ``path`` may fail."""
        if name not in self.controls:
            file = self.tools / f"{name}.control"
            self.controls[name] = Control(file)
        return {
            "LD_PRELOAD": str(self.shim),
            "FAULTS_CONTROL": str(self.controls[name].file),
            "FAULTS_PATH": path,
        }

    def mutated(self, path: str) -> dict[str, str]:
        """Environment of a process that may have to break a promise."""
        if self.mutation is None:
            return {"PYTHONPATH": path} if path else {}
        path = f"{MUTATIONS}:{path}".rstrip(":")
        return {"PYTHONPATH": path, "WORKBAY_MUTATION": self.mutation}

    def _through_proxies(self, name: str) -> dict[str, str]:
        if name not in self.gates:
            self.gates[name] = self.network.gate(name, self.chain.ports.mqtt)
            self.gateways[name] = Gateway(self.chain.odoo_internal_url)
        port = self.gates[name].listening
        return {
            "BRIDGE_ODOO_URL": self.gateways[name].url,
            "BRIDGE_BROKERS": json.dumps([{"host": "localhost", "port": port}]),
        }

    def _second_bridge(self) -> Service:
        first = services.bridge(self.chain)
        secrets = self.chain.paths.secrets / SECOND
        media = self.chain.paths.root / "media-2"
        media.mkdir(exist_ok=True)
        return dataclasses.replace(
            first,
            name="bridge-2",
            owns=(*first.owns, secrets, media),
            ready=services.readiness.tcp(self._second_port, "127.0.0.1"),
            env={
                **first.env,
                "BRIDGE_NAME": SECOND,
                "BRIDGE_HTTP_PORT": str(self._second_port),
                "BRIDGE_MEDIA_DIR": str(media),
                "BRIDGE_CERT_FILE": str(secrets / "client.crt"),
                "BRIDGE_KEY_FILE": str(secrets / "client.key"),
                "BRIDGE_HTTPS_CERT_FILE": str(secrets / "https.crt"),
                "BRIDGE_HTTPS_KEY_FILE": str(secrets / "https.key"),
            },
        )

    def _admit_second_bridge(self) -> None:
        if (self.chain.paths.secrets / SECOND).is_dir():
            return
        commands.run(
            [
                *(self.chain.installed.python, "-m", "mqtt_bridge.enrolment", "init"),
                *("--dir", self.chain.paths.secrets),
                *("--host", self.chain.host, "--host", self.chain.local_address),
                *("--bridge", services.BRIDGE, "--bridge", SECOND),
            ],
            log=self.chain.installed.log,
            env=services.base_env(self.chain),
            failure="The second bridge's certificate could not be made: see above.",
        )
