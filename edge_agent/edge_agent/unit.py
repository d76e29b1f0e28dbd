"""A unit before it is a bay: camera, scanner and a screen that asks for the code."""

import logging
from collections.abc import Callable

from edge_agent.camera import CameraFeed, Handed, build_camera
from edge_agent.enrolling import Enroller
from edge_agent.kiosk import KioskServer
from edge_agent.kiosk.enrol import build_enrol_app
from edge_agent.kiosk.guard import allowed_hosts
from edge_agent.scan import Scanner
from edge_agent.settings import Settings
from workbay_contract.enrolment import EnrolmentCode

_logger = logging.getLogger(__name__)


class Unit:
    """:param finished: is called once the data folder holds a device.

    :param code: one that was shown to the bay whose device this was before.
    """

    def __init__(
        self,
        settings: Settings,
        finished: Callable[[], None],
        code: EnrolmentCode | None = None,
    ) -> None:
        handed = Handed() if settings.camera == "browser" else None
        self._camera = CameraFeed(lambda: build_camera(settings, handed))
        self._enroller = Enroller(settings.data_dir, finished, code)
        self._scanner = Scanner(
            self._camera, self._enroller.scanned, on_crowd=self._enroller.crowded
        )
        hosts = allowed_hosts(
            settings.kiosk_host, settings.kiosk_port, settings.kiosk_names
        )
        self._kiosk = KioskServer(
            build_enrol_app(
                self._enroller,
                self._camera,
                hosts,
                typed=self._scanner.typed,
                handed=handed,
            ),
            settings.kiosk_host,
            settings.kiosk_port,
        )

    def start(self) -> None:
        """:raises OSError: the kiosk's address cannot be listened at."""
        self._kiosk.start()
        self._enroller.start()
        self._camera.start()
        self._scanner.start()
        _logger.info("This unit waits for an enrolment code")

    def look(self) -> None:
        """A unit holds nothing that could be stuck."""

    def stop(self) -> None:
        self._camera.stop()
        self._scanner.stop()
        self._kiosk.stop()
        self._enroller.stop()
