"""One bay, wired together."""

import logging
from collections.abc import Callable

from edge_agent import identity, outbox, picture_store, video
from edge_agent.attendant import Attendant
from edge_agent.bay import Bay
from edge_agent.camera import CameraFeed, Handed, build_camera
from edge_agent.clock import SystemClock
from edge_agent.filming import Filming
from edge_agent.health import HealthProbe
from edge_agent.kiosk import KioskServer, Notices, build_app, pictures
from edge_agent.kiosk.guard import allowed_hosts
from edge_agent.kiosk.pairing import Pairing
from edge_agent.kiosk.phone import build_phone_app
from edge_agent.media import FOLDER, MEGABYTE, MediaStore
from edge_agent.outbox import Outbox
from edge_agent.panel import build_panel
from edge_agent.phone import Phones
from edge_agent.picture_fetcher import PictureFetcher
from edge_agent.picture_store import PictureStore
from edge_agent.publisher import Publisher
from edge_agent.renewal import Renewal
from edge_agent.scan import Scanner
from edge_agent.settings import Settings
from edge_agent.uploader import Uploader
from edge_agent.view import ScanResult
from workbay_contract.enrolment import EnrolmentCode, read_enrolment_code

TO_ENROL = ("not_authorized", "expired")
"""Only then does an enrolment code mean something to a bay that is enrolled."""

_logger = logging.getLogger(__name__)


class Agent:
    """Everything that runs at one bay.

    :param enrol: is given an enrolment code that was shown to a bay whose device is
        not admitted any more, or whose certificate has ended.
    :raises AgentError: the data folder cannot be used.
    """

    def __init__(
        self, settings: Settings, enrol: Callable[[EnrolmentCode], None]
    ) -> None:
        self._enrol = enrol
        folder = settings.data_dir
        self._who = identity.load(folder)
        self._outbox = Outbox(folder / outbox.FILE, self._who)
        self._outbox.make_room()
        media = MediaStore(
            folder / FOLDER,
            self._outbox,
            budget=settings.media_budget_mb * MEGABYTE,
            reserve=settings.disk_reserve_mb * MEGABYTE,
        )
        clock = SystemClock()
        handed = Handed() if settings.camera == "browser" else None
        self._camera = CameraFeed(lambda: build_camera(settings, handed))
        self._publisher = Publisher(
            self._who,
            self._outbox,
            clock=clock,
            timers=settings.timers,
            keepalive=settings.keepalive,
            health=HealthProbe(
                self._outbox,
                media,
                camera=lambda: self._camera.error is None,
                clock=clock,
                until=lambda: self._publisher.identity.valid[1],
            ),
            reload=lambda: identity.load(folder),
            on_online=self._linked,
        )
        self._uploader = Uploader(
            self._who,
            self._outbox,
            media,
            self._publisher.server_time,
            rate=settings.media_kb_per_s * 1024,
        )
        step_pictures = PictureStore(
            folder / picture_store.FOLDER, settings.disk_reserve_mb * MEGABYTE
        )
        self._fetcher = PictureFetcher(
            self._who, self._outbox, step_pictures, self._publisher.server_time
        )
        self._renewal = Renewal(
            self._who, self._publisher.server_time, self._publisher.renewed
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
            pictures=step_pictures,
        )
        notices = Notices()
        self._attendant = Attendant(
            self._bay,
            build_panel(settings),
            notices,
            photo=lambda: pictures.photo_jpeg(self._camera.snapshot()),
        )
        self._scanner = Scanner(
            self._camera, self._scanned, on_crowd=self._attendant.crowded
        )
        hosts = allowed_hosts(
            settings.kiosk_host, settings.kiosk_port, settings.kiosk_names
        )
        self._filming = self._films(media)
        if self._filming:
            self._filming.on_failure(
                lambda refusal: notices.scanned(ScanResult(refusal=refusal))
            )
        self._phones: KioskServer | None = None
        pairing = None
        if settings.phone_url is not None:
            pairing = Pairing(Phones(self._bay), settings.phone_url)
            self._phones = KioskServer(
                build_phone_app(self._bay, pairing, self._filming),
                settings.phone_host,
                settings.phone_port,
            )
        self._kiosk = KioskServer(
            build_app(
                self._bay,
                self._camera,
                notices,
                hosts,
                typed=self._scanner.typed,
                handed=handed,
                sounds=settings.panel == "none",
                pairing=pairing,
                filming=self._filming,
            ),
            settings.kiosk_host,
            settings.kiosk_port,
        )

    def _films(self, media: MediaStore) -> Filming | None:
        if missing := video.missing():
            _logger.warning("No videos here without %s", ", ".join(missing))
            return None
        return Filming(self._bay, media, self._camera)

    def start(self) -> None:
        """:raises OSError: the kiosk's address cannot be listened at."""
        self._kiosk.start()  # first: what may fail fails before anything runs
        if self._phones:
            self._phones.start()
        self._publisher.start()
        self._uploader.start()
        self._fetcher.start()
        self._renewal.start()
        self._attendant.start()
        self._camera.start()
        self._scanner.start()
        _logger.info("Bay %s of device %s runs", self._who.bay, self._who.device)

    def look(self) -> None:
        """Ask the bay for its view, as a page would: it has to answer."""
        self._bay.view()
        self._outbox.copy_log()

    def stop(self) -> None:
        """End every thread; what was recorded stays on the disk."""
        if self._filming:
            self._filming.close()
        self._camera.stop()
        self._scanner.stop()
        self._kiosk.stop()
        if self._phones:
            self._phones.stop()
        self._attendant.stop()
        self._bay.close()
        self._uploader.stop()
        self._fetcher.stop()
        self._renewal.stop()
        self._publisher.stop()
        self._outbox.close()
        _logger.info("Bay %s ended", self._who.bay)

    def _linked(self) -> None:
        self._uploader.linked()
        self._fetcher.linked()

    def _scanned(self, text: str) -> None:
        code = read_enrolment_code(text)
        if code is not None and self._publisher.connection in TO_ENROL:
            self._enrol(code)
        else:
            self._attendant.scanned(text)
