"""The one place that says how each service is started and when it is ready.

The supervisor's configuration and the throw-away chains of tests are both made of this.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbay_deploy import (
    broker,
    confinement,
    odoo_conf,
    proxy,
    readiness,
    source_tree,
)
from workbay_deploy.chain import Chain
from workbay_deploy.identity import SYSTEM_PATH
from workbay_deploy.readiness import Check

# Common names of the certificates that `mqtt_bridge.enrolment init` makes.
BRIDGE = "bridge-main-01"
ENROLMENT = "enrolment-main-01"
CRON_SECONDS = 600
"""What a scheduled job may compute: as much as odoo.conf gives it by the clock."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One supervised process.

    It reads no other service's secrets and writes nowhere but in its own folders, what
    is passing (sockets, temporary files, logs, caches) and ``owns``.
    """

    name: str
    argv: tuple[str, ...]
    chain: Chain
    owns: tuple[Path, ...] = ()
    env: dict[str, str]
    ready: Check
    url: str
    stop_signal: str = "TERM"
    # Ready within this many seconds, or the set-up gives up and shows the log.
    start_seconds: int = 60
    # Files and code that a running process has to be restarted for.
    reads: tuple[Path, ...] = ()

    @property
    def confined_argv(self) -> tuple[str, ...]:
        """How it is started: confined to what it needs, see `confinement`."""
        paths, installed = self.chain.paths, self.chain.installed
        passing = (
            *(paths.tmp, paths.run, installed.logs, installed.cache, installed.home),
            *(Path("/dev"), Path("/proc")),
        )
        return (
            *(str(installed.python), "-I", "-S", confinement.__file__),
            *_options("--hides", (paths.secrets, paths.bays)),
            *_options("--reads", self.owns),
            *_options("--writes", (*passing, *self.owns)),
            *("--", *self.argv),
        )

    @property
    def fingerprint(self) -> str:
        """Changes with everything that asks for a restart."""
        known = (self.confined_argv, sorted(self.env.items()))
        total = hashlib.sha256(repr(known).encode())
        for path in self.reads:
            if path.is_dir():
                total.update(source_tree.digest([path]).encode())
            elif path.is_file():
                total.update(path.read_bytes())
        return total.hexdigest()[:16]


def _options(name: str, paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(f"{name}={path}" for path in paths)


def all_services(chain: Chain) -> list[Service]:
    """In the order in which they are started."""
    return [
        postgres(chain),
        mosquitto(chain),
        odoo(chain),
        odoo_cron(chain),
        nginx(chain),
        enrolment(chain),
        bridge(chain),
        *(bay(chain, number + 1) for number in range(len(chain.ports.bays))),
    ]


def base_env(chain: Chain) -> dict[str, str]:
    """What every process of a chain gets, and no more of our surroundings."""
    return {
        "HOME": str(chain.installed.home),
        "PATH": f"{chain.installed.venv}/bin:{SYSTEM_PATH}",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(chain.paths.tmp),
        "PYTHONPYCACHEPREFIX": str(chain.installed.cache / "pycache"),
        "PYTHONUNBUFFERED": "1",
        # Only what is installed is imported, whatever the working folder holds.
        "PYTHONSAFEPATH": "1",
    }


def odoo_env(chain: Chain) -> dict[str, str]:
    """For Odoo's server and for its command line."""
    return {
        **base_env(chain),
        **chain.cluster.env,
        "PYTHONPATH": str(chain.odoo.packages),
        "WORKBAY_SIGNING_KEY_FILE": str(chain.signing_key),
        "WORKBAY_PUBLIC_URL": chain.odoo_url,
    }


def odoo_argv(chain: Chain, command: str = "server") -> tuple[str, ...]:
    return (*odoo_command(chain, command), f"--config={odoo_conf.conf_file(chain)}")


def odoo_command(chain: Chain, command: str) -> tuple[str, ...]:
    """The script itself, not -c code: Odoo re-executes argv[0] for its websockets."""
    return (str(chain.installed.python), str(chain.odoo.script), command)


def postgres(chain: Chain) -> Service:
    return Service(
        name="postgres",
        argv=chain.cluster.argv,
        chain=chain,
        owns=(chain.cluster.data,),
        env=base_env(chain),
        ready=chain.cluster.is_ready,
        url=f"{chain.cluster.socket} (unix socket)",
        stop_signal="INT",
        reads=(chain.cluster.conf,),
    )


def mosquitto(chain: Chain) -> Service:
    return Service(
        name="mosquitto",
        argv=("/usr/sbin/mosquitto", "-c", str(broker.conf_file(chain))),
        chain=chain,
        owns=(chain.paths.secrets / "broker",),
        env=base_env(chain),
        ready=readiness.tcp(chain.ports.mqtt, chain.local_address),
        url=f"mqtts://{chain.host}:{chain.ports.mqtt}",
        reads=(
            broker.conf_file(chain),
            chain.paths.secrets / "broker" / "server.crt",
            chain.paths.secrets / "broker" / "ca.crt",
        ),
    )


def odoo(chain: Chain) -> Service:
    source = chain.installed.source
    return Service(
        name="odoo",
        argv=(*odoo_argv(chain), "--max-cron-threads=0"),
        chain=chain,
        owns=(chain.paths.data, chain.paths.secrets / "odoo"),
        env=odoo_env(chain),
        ready=readiness.http_ok(f"{chain.odoo_internal_url}/web/health"),
        url=chain.odoo_url,
        start_seconds=180,
        reads=(odoo_conf.conf_file(chain), source / "addons", source / "contract"),
    )


def odoo_cron(chain: Chain) -> Service:
    """Odoo's scheduled jobs, in a process of their own and after everybody else.

    What follows from events (pickings, chatter, boards) costs far more than taking
    them; on a busy machine it has to wait, not the technician at the bay: Odoo's own
    process for jobs is nicer by ten. Its parent starts another when it ends. In Odoo's
    mode without workers jobs run in a thread, which ends for good, and unseen, when
    PostgreSQL starts anew. Its jobs may compute for as long as they may take.
    """
    answering = odoo(chain)
    return Service(
        name="odoo-cron",
        argv=(
            *odoo_argv(chain),
            f"--limit-time-cpu={CRON_SECONDS}",
            *("--no-http", "--workers=1"),
        ),
        chain=chain,
        owns=answering.owns,
        env=odoo_env(chain),
        ready=readiness.always,
        url="",
        reads=answering.reads,
    )


def nginx(chain: Chain) -> Service:
    return Service(
        name="nginx",
        argv=("/usr/sbin/nginx", "-e", "stderr", "-c", str(proxy.conf_file(chain))),
        chain=chain,
        env=base_env(chain),
        ready=readiness.tcp(chain.ports.http, chain.local_address),
        url=chain.odoo_url,
        stop_signal="QUIT",
        reads=(proxy.conf_file(chain),),
    )


def bridge(chain: Chain) -> Service:
    secrets = chain.paths.secrets / "bridge"
    return Service(
        name="bridge",
        argv=_module(chain, "mqtt_bridge", "run"),
        chain=chain,
        owns=(secrets, chain.paths.media),
        env={
            **base_env(chain),
            **_prefixed("BRIDGE_", bridge_settings(chain)),
        },
        ready=readiness.tcp(chain.ports.media, chain.local_address),
        url=chain.media_url,
        reads=(*_code(chain, "mqtt_bridge"), *_files(secrets)),
    )


def bridge_settings(chain: Chain) -> dict[str, str]:
    """Names as in mqtt_bridge.settings, without the prefix."""
    secrets = chain.paths.secrets / "bridge"
    return {
        **_client_settings(chain, "bridge"),
        "name": BRIDGE,
        "http_host": chain.bind,
        "http_port": str(chain.ports.media),
        "https_cert_file": str(secrets / "https.crt"),
        "https_key_file": str(secrets / "https.key"),
        "media_dir": str(chain.paths.media),
        # Of three workers or more one is left to boards and desks.
        "calls": str(max(min(chain.workers, 2), chain.workers - 1)),
    }


def enrolment(chain: Chain) -> Service:
    secrets = chain.paths.secrets
    return Service(
        name="enrolment",
        argv=_module(chain, "mqtt_bridge.enrolment", "run"),
        chain=chain,
        owns=(secrets / "ca", secrets / "enrolment"),
        env={
            **base_env(chain),
            **_prefixed("ENROL_", enrolment_settings(chain)),
        },
        ready=readiness.always,
        url="",
        reads=(*_code(chain, "mqtt_bridge"), *_files(secrets / "enrolment")),
    )


def enrolment_settings(chain: Chain) -> dict[str, str]:
    """Names as in mqtt_bridge.enrolment.settings, without the prefix."""
    authority = chain.paths.secrets / "ca"
    return {
        **_client_settings(chain, "enrolment"),
        "name": ENROLMENT,
        "ca_dir": str(authority),
    }


def _client_settings(chain: Chain, service: str) -> dict[str, str]:
    """What bridge and enrolment have in common: brokers, certificate, Odoo."""
    secrets = chain.paths.secrets / service
    return {
        "odoo_url": chain.odoo_internal_url,
        "odoo_db": chain.database,
        "odoo_key_file": str(chain.api_key(service)),
        "brokers": json.dumps(chain.brokers),
        "ca_file": str(secrets / "ca.crt"),
        "cert_file": str(secrets / "client.crt"),
        "key_file": str(secrets / "client.key"),
    }


def bay(chain: Chain, number: int) -> Service:
    data = chain.paths.bay(number)
    return Service(
        name=f"bay-{number}",
        argv=(*_module(chain, "edge_agent", "run"), "--data", str(data)),
        chain=chain,
        owns=(data,),
        env={**base_env(chain), **_prefixed("BAY_", bay_settings(chain, number))},
        ready=readiness.tcp(chain.ports.bays[number - 1], chain.local_address),
        url=chain.kiosk_url(number),
        reads=(*_code(chain, "edge_agent"), *_files(data, "*.crt", "device.json")),
    )


def bay_settings(chain: Chain, number: int) -> dict[str, str]:
    """Names as in edge_agent.settings, without the prefix."""
    return {
        "data_dir": str(chain.paths.bay(number)),
        "kiosk_host": chain.bind,
        "kiosk_port": str(chain.ports.bays[number - 1]),
        "camera": "virtual",
    }


def _module(chain: Chain, *arguments: str) -> tuple[str, ...]:
    return (str(chain.installed.python), "-m", *arguments)


def _code(chain: Chain, package: str) -> tuple[Path, ...]:
    source = chain.installed.source
    return (
        source / package,
        source / "contract",
        chain.installed.venv / "workbay-requirements.sha256",
    )


def _files(folder: Path, *patterns: str) -> Iterable[Path]:
    for pattern in patterns or ("*",):
        yield from sorted(path for path in folder.glob(pattern) if path.is_file())


def _prefixed(prefix: str, settings: dict[str, str]) -> dict[str, str]:
    return {prefix + name.upper(): value for name, value in settings.items()}
