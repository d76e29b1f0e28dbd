"""What makes up one running chain: the demo's, a test's or a bench's."""

from dataclasses import dataclass
from pathlib import Path

from workbay_deploy.odoo_home import OdooHome
from workbay_deploy.paths import ChainPaths, Paths
from workbay_deploy.postgres import Cluster
from workbay_deploy.settings import Settings

DATABASE = "workbay"


@dataclass(frozen=True)
class Ports:
    """Where a chain listens; one kiosk port for each bay."""

    http: int
    odoo: int
    gevent: int
    mqtt: int
    media: int
    bays: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Everything that the services of one chain have to know."""

    paths: ChainPaths
    installed: Paths
    odoo: OdooHome
    cluster: Cluster
    ports: Ports
    database: str = DATABASE
    bind: str = "127.0.0.1"
    host: str = "localhost"
    workers: int = 2
    cron_threads: int = 1

    @property
    def odoo_url(self) -> str:
        """As people open it."""
        return f"http://{self.host}:{self.ports.http}"

    @property
    def odoo_internal_url(self) -> str:
        """As services on this machine reach it."""
        return f"http://127.0.0.1:{self.ports.odoo}"

    @property
    def local_address(self) -> str:
        """Where services on this machine reach what listens at ``bind``."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind, self.bind)  # noqa: S104

    @property
    def brokers(self) -> list[dict[str, str | int]]:
        """As a bay's device.json and the services' settings name them."""
        return [{"host": self.host, "port": self.ports.mqtt}]

    @property
    def media_url(self) -> str:
        return f"https://{self.host}:{self.ports.media}"

    def kiosk_url(self, number: int) -> str:
        return f"http://{self.host}:{self.ports.bays[number - 1]}"

    @property
    def signing_key(self) -> Path:
        return self.paths.secrets / "odoo" / "signing.pem"

    @property
    def signing_public_key(self) -> Path:
        return self.signing_key.with_name("signing.pem.pub")

    @property
    def bay_folders(self) -> list[Path]:
        """The data folders of the virtual bays."""
        return [self.paths.bay(n + 1) for n in range(len(self.ports.bays))]

    @property
    def logins(self) -> Path:
        """Password and persons of the demo: `{"password": …, "logins": [{…}]}`."""
        return self.paths.secrets / "demo-logins.json"

    def api_key(self, service: str) -> Path:
        """Where the API key of ``bridge`` or ``enrolment`` lies."""
        return self.paths.secrets / service / "odoo-api-key"


def demo_chain(settings: Settings, installed: Paths, odoo: OdooHome) -> Chain:
    """The chain that deploy/up keeps running."""
    paths = ChainPaths(installed.demo)
    return Chain(
        paths=paths,
        installed=installed,
        odoo=odoo,
        cluster=Cluster(
            data=paths.postgres,
            socket=paths.run,
            conf=paths.etc / "postgresql.conf",
            user=settings.user,
        ),
        ports=Ports(
            http=settings.http_port,
            odoo=settings.odoo_port,
            gevent=settings.gevent_port,
            mqtt=settings.mqtt_port,
            media=settings.media_port,
            bays=(settings.bay_1_port, settings.bay_2_port),
        ),
        bind=settings.bind,
        host=settings.host,
        workers=settings.workers,
    )


def own_addons(source: Path) -> list[str]:
    """Names of the addons in this repository."""
    return sorted(
        manifest.parent.name
        for manifest in (source / "addons").glob("*/__manifest__.py")
    )
