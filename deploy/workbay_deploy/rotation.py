"""deploy/keys: keys are followed by others while everything runs, without a gap."""

import os
import signal
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from workbay_deploy import commands, installation, odoo_home, odoo_shell, services
from workbay_deploy.chain import Chain, demo_chain
from workbay_deploy.errors import SetupError
from workbay_deploy.odoo_side import SERVICES
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress
from workbay_deploy.settings import Settings
from workbay_deploy.supervision import Supervisor

FLAGS = ("--services", "--signing", "--rebuild-broker")


def keys(settings: Settings, paths: Paths, flags: set[str], progress: Progress) -> None:
    """What the flags say, on the demo that runs; without any, what ends when."""
    home = odoo_home.find(settings.odoo_home or paths.odoo)
    chain = demo_chain(settings, paths, home)
    env = installation.setup_env(settings, paths)
    supervisor = Supervisor(paths, chain.paths)
    if not supervisor.is_running():
        raise SetupError("Nothing runs here: deploy/up starts it.")
    change(chain, env, flags, supervisor, progress)


class Runner(Protocol):
    """Whoever runs the chain's services."""

    def pid(self, name: str) -> int: ...
    def stop(self, name: str) -> None: ...
    def start(self, service: services.Service, progress: Progress) -> None: ...


def change(
    chain: Chain,
    env: Mapping[str, str],
    flags: set[str],
    runner: Runner,
    progress: Progress,
) -> None:
    """What the flags say, on a chain that runs; then what ends when."""
    if "--services" in flags:
        rotate_services(chain, env, progress, lambda: runner.pid("mosquitto"))
    if "--signing" in flags:
        rotate_signing(chain, env, progress)
    if "--rebuild-broker" in flags:
        runner.stop("mosquitto")
        rebuild_broker(chain, env, progress)
        runner.start(services.mosquitto(chain), progress)
    show(chain, progress)


def rotate_services(
    chain: Chain,
    env: Mapping[str, str],
    progress: Progress,
    broker_pid: Callable[[], int],
) -> None:
    """New API keys and certificates for bridge, enrolment and broker.

    The services read them while they run; a former API key holds an hour longer.
    """
    with progress.step("Making new certificates for the services"):
        commands.run(
            [
                *(chain.installed.python, "-m", "mqtt_bridge.enrolment", "init"),
                *("--anew", "--dir", chain.paths.secrets, "--host", chain.host),
                *(
                    ()
                    if chain.local_address == chain.host
                    else ("--host", chain.local_address)
                ),
            ],
            log=chain.installed.log,
            env=env,
            failure="The services' certificates could not be made: see above.",
        )
        # The broker reads its certificate again, and cuts nobody.
        os.kill(broker_pid(), signal.SIGHUP)
    with progress.step("Making new API keys for the services"):
        odoo_shell.call(
            chain,
            "provision",
            {"keys": {service: str(chain.api_key(service)) for service in SERVICES}},
            failure="Odoo made no new API keys: see above.",
        )


def rotate_signing(chain: Chain, env: Mapping[str, str], progress: Progress) -> None:
    """Another signing key for Odoo, announced by the one that goes."""
    with progress.step("Putting another signing key in the place of Odoo's"):
        commands.run(
            [
                *(chain.installed.python, "-m", "workbay_contract.key_files"),
                *("rotate", chain.signing_key),
            ],
            log=chain.installed.log,
            env=env,
            failure="The signing key could not be changed: see above.",
        )
        odoo_shell.call(
            chain,
            "remake_boards",
            {},
            failure="Odoo did not have its boards signed anew: see above.",
        )


def rebuild_broker(chain: Chain, env: Mapping[str, str], progress: Progress) -> None:
    """Write what a stopped broker knows of its clients from Odoo's list alone."""
    with progress.step("Writing the broker's rights from Odoo's list"):
        commands.run(
            [
                *(chain.installed.python, "-m", "mqtt_bridge.enrolment", "rebuild"),
                *("--file", broker_file(chain)),
            ],
            log=chain.installed.log,
            env={**env, **services.enrolment(chain).env},
            failure="The broker's rights could not be written: see above.",
        )


def broker_file(chain: Chain) -> Path:
    return chain.paths.secrets / "broker" / "dynamic-security.json"


def show(chain: Chain, progress: Progress) -> None:
    """Until when each certificate holds."""
    for path in sorted(chain.paths.secrets.glob("*/*.crt")):
        until = _ends(path)
        name = f"{path.parent.name}/{path.name}"
        if name.endswith("/ca.crt") and path.parent.name != "ca":
            continue
        progress.say(f"  {name:<28} until {until}")


def _ends(path: Path) -> str:
    # Not documented, but what Python's own ssl tests read certificates with.
    decoded = ssl._ssl._test_decode_cert(str(path))  # type: ignore[attr-defined] # noqa: SLF001
    return str(decoded["notAfter"])
