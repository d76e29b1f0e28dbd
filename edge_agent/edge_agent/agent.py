"""One bay, wired together."""

import logging

from edge_agent import identity, outbox
from edge_agent.attendant import Attendant
from edge_agent.bay import Bay
from edge_agent.camera import CameraFeed, build_camera
from edge_agent.clock import SystemClock
from edge_agent.health import HealthProbe
from edge_agent.kiosk import KioskServer, Notices, build_app
from edge_agent.kiosk.guard import allowed_hosts
from edge_agent.media import FOLDER, MEGABYTE, MediaStore
from edge_agent.outbox import Outbox
from edge_agent.panel import build_panel
from edge_agent.publisher import Publisher
from edge_agent.scan import Scanner
from edge_agent.settings import Settings
from edge_agent.uploader import Uploader

_logger = logging.getLogger(__name__)


class Agent:
    """Everything that runs at one bay.

    :raises AgentError: the data folder cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        folder = settings.data_dir
        self._who = identity.load(folder)
        self._outbox = Outbox(folder / outbox.FILE, self._who)
        media = MediaStore(
            folder / FOLDER,
            self._outbox,
            budget=settings.media_budget_mb * MEGABYTE,
            reserve=settings.disk_reserve_mb * MEGABYTE,
        )
        clock = SystemClock()
        self._camera = CameraFeed(lambda: build_camera(settings))
        self._publisher = Publisher(
            self._who,
            self._outbox,
            clock=clock,
            timers=settings.timers,
            keepalive=settings.keepalive,
            health=HealthProbe(
                self._outbox, media, camera=lambda: self._camera.error is None
            ),
            reload=lambda: identity.load(folder),
        )
        self._uploader = Uploader(
            self._who, self._outbox, media, self._publisher.server_time
        )
        self._bay = Bay(
            self._who,
            self._outbox,
            media,
            clock,
            self._publisher.server_time,
            connection=lambda: self._publisher.connection,
            lang=settings.lang,
            session_minutes=settings.session_minutes,
        )
        notices = Notices()
        self._attendant = Attendant(self._bay, build_panel(settings), notices)
        self._scanner = Scanner(self._camera, self._attendant.scanned)
        hosts = allowed_hosts(
            settings.kiosk_host, settings.kiosk_port, settings.kiosk_names
        )
        self._kiosk = KioskServer(
            build_app(self._bay, self._camera, notices, hosts),
            settings.kiosk_host,
            settings.kiosk_port,
        )

    def start(self) -> None:
        """:raises OSError: the kiosk's address cannot be listened at."""
        self._kiosk.start()  # first: what may fail fails before anything runs
        self._publisher.start()
        self._uploader.start()
        self._attendant.start()
        self._camera.start()
        self._scanner.start()
        _logger.info("Bay %s of device %s runs", self._who.bay, self._who.device)

    def stop(self) -> None:
        """End every thread; what was recorded stays on the disk."""
        self._camera.stop()
        self._scanner.stop()
        self._kiosk.stop()
        self._attendant.stop()
        self._bay.close()
        self._uploader.stop()
        self._publisher.stop()
        self._outbox.close()
        _logger.info("Bay %s ended", self._who.bay)
