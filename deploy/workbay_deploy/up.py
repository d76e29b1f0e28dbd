"""deploy/up: the whole chain running."""

import json
import shutil
import time
from dataclasses import dataclass

from workbay_deploy import credentials, database, installation, services, story_call
from workbay_deploy.chain import Chain, demo_chain
from workbay_deploy.paths import ChainPaths, Paths
from workbay_deploy.progress import Progress
from workbay_deploy.sequence import start_chain, write_configuration
from workbay_deploy.settings import Settings
from workbay_deploy.supervision import Supervisor

FLAGS = ("--fresh", "--downloads", "--story", "--no-story")
# Stopped in this order, so that nobody loses the one it speaks to.
STOP_ORDER = (
    "bay-1",
    "bay-2",
    "bridge",
    "enrolment",
    "nginx",
    "odoo-cron",
    "odoo",
    "mosquitto",
    "postgres",
)


def up(settings: Settings, paths: Paths, flags: set[str], progress: Progress) -> None:
    """Every step can be interrupted and done again."""
    started = time.monotonic()
    if "--fresh" in flags:
        start_over(paths, progress, downloads="--downloads" in flags)
    env = installation.setup_env(settings, paths)
    home = installation.ensure(settings, paths, env, progress)
    chain = demo_chain(settings, paths, home)
    chain.paths.create()
    supervisor = Supervisor(paths, chain.paths)
    runner = Supervised(chain, supervisor)
    chain.cluster.create(paths.log, env)
    credentials.ensure(chain, env, progress)
    runner.configure()
    record(chain)
    runner.start(services.postgres(chain), progress)
    database.ensure(chain, supervisor, progress)
    start_chain(chain, runner, env, progress)
    if "--no-story" not in flags:
        story_call.tell(chain, progress, again="--story" in flags)
    announce(chain, progress, time.monotonic() - started)


@dataclass(frozen=True)
class Supervised:
    """Starts services under the supervisor."""

    chain: Chain
    supervisor: Supervisor

    def configure(self) -> None:
        write_configuration(self.chain)
        self.supervisor.configure(services.all_services(self.chain))
        self.supervisor.ensure()

    def start(self, service: services.Service, progress: Progress) -> None:
        self.supervisor.start(service, progress)


def start_over(paths: Paths, progress: Progress, *, downloads: bool) -> None:
    """Forget the demo; what was downloaded stays unless that is to go as well."""
    with progress.step("Starting over"):
        down(paths)
        run_folder = ChainPaths(paths.demo).run
        for folder in (paths.demo, paths.logs, run_folder):
            shutil.rmtree(folder, ignore_errors=True)
        if downloads:
            for folder in (
                paths.downloads,
                paths.odoo,
                paths.venv,
                paths.test,
                paths.bench,
                paths.cache,
            ):
                shutil.rmtree(folder, ignore_errors=True)


def down(paths: Paths) -> bool:
    """Stop exactly what up started; False where nothing ran."""
    supervisor = Supervisor(paths, ChainPaths(paths.demo))
    if not supervisor.is_running():
        return False
    supervisor.shutdown(STOP_ORDER)
    return True


def record(chain: Chain) -> None:
    """Keep what deploy/status shows and what the next port check calls ours."""
    (chain.paths.root / "services.json").write_text(
        json.dumps(
            {
                "urls": {s.name: s.url for s in services.all_services(chain)},
                "ports": [
                    chain.ports.http,
                    chain.ports.odoo,
                    chain.ports.gevent,
                    chain.ports.mqtt,
                    chain.ports.media,
                    *chain.ports.bays,
                ],
            }
        ),
        encoding="utf-8",
    )


def announce(chain: Chain, progress: Progress, seconds: float) -> None:
    """Where everything is and who may log in."""
    progress.say()
    progress.say(f"Workbay runs ({seconds:.0f} s).")
    progress.say(f"  Odoo             {chain.odoo_url}")
    for number in range(1, len(chain.ports.bays) + 1):
        progress.say(f"  kiosk of bay {number}   {chain.kiosk_url(number)}")
    accounts = json.loads(chain.logins.read_text(encoding="utf-8"))
    progress.say()
    progress.say(f"  Demo logins, all with the password {accounts['password']}")
    for entry in accounts["logins"]:
        where = entry["store"] or "headquarters"
        progress.say(
            f"    {entry['login']:<34} {entry['role']}, {where} ({entry['name']})"
        )
    progress.say()
    progress.say("deploy/status says what runs, deploy/down stops it.")


def recorded_ports(paths: Paths) -> list[int]:
    """The ports of the chain that was last started from this folder."""
    file = paths.demo / "services.json"
    if not file.is_file():
        return []
    ports: list[int] = json.loads(file.read_text(encoding="utf-8"))["ports"]
    return ports
