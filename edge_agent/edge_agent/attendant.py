"""What happens at a bay without the screen: scans, buttons, light and buzzer."""

import logging
import time
from collections.abc import Callable
from threading import Event, Thread

from edge_agent.bay import Bay
from edge_agent.camera import CameraError
from edge_agent.kiosk import Notices
from edge_agent.panel import Button, Light, Panel, Tone
from edge_agent.view import JobView, NodeView, Recorded, Refusal, ScanResult, View

LOOK_SECONDS = 60.0
GATHER_SECONDS = 0.03
"""So long after a change: the answer to a tap goes first."""
STILL_HERE_SECONDS = 15.0
"""How long after a refused scan a newer board may still let the person in."""
UNKNOWN_HERE = ("badge_unknown_here", "order_unknown_here")

_logger = logging.getLogger(__name__)


ANY_REASON = "other"
"""What a pause by the button is for, where the process knows that reason."""


class Attendant:
    """Joins scanner and panel to the bay.

    A button confirms the one node of its kind that may follow at the job looked at:
    the person's own, else the first on the sheet that can go on. While photos are due,
    each press takes one. What a button cannot say has to be said at the screen.
    """

    def __init__(
        self,
        bay: Bay,
        panel: Panel,
        notices: Notices,
        photo: Callable[[], bytes] | None = None,
    ) -> None:
        """:param photo: what the camera sees, as JPEG; raises ``CameraError``."""
        self._photo = photo
        self._bay = bay
        self._panel = panel
        self._notices = notices
        self._stopping = Event()
        self._newest: int | None = None
        self._bad: set[int] | None = None
        self._board = 0
        self._unknown: tuple[str, float] | None = None
        self._thread = Thread(target=self._run, name="attendant", daemon=True)

    def start(self) -> None:
        self._panel.on_button(self.pressed)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._bay.announce()
        self._thread.join()
        self._panel.close()

    def scanned(self, text: str) -> None:
        """A code was held up."""
        result = self._bay.scanned(text)
        unknown = result.refusal is not None and result.refusal.code in UNKNOWN_HERE
        self._unknown = (text, time.monotonic()) if unknown else None
        self._tell(result)

    def crowded(self) -> None:
        """More codes were held up at once than can be meant: none is acted upon."""
        self._tell(self._bay.crowded())

    def _tell(self, result: ScanResult) -> None:
        self._notices.scanned(result)
        if result.refusal is not None:
            self._panel.sound(Tone.REFUSED)
        elif result.changed:
            self._panel.sound(Tone.SCANNED)

    def pressed(self, button: Button) -> None:
        """A button was pressed."""
        view = self._bay.view()
        fitting = _fitting(view, button)
        if len(fitting) != 1 or not self._answered(view, *fitting[0]):
            self._panel.sound(Tone.REFUSED)

    def _answered(self, view: View, job: JobView, node: NodeView) -> bool:
        """Confirm, or take a photo that is due; False where that could not be."""
        if len(view.photos) < node.photos_needed:
            return self._take_photo()
        reasons = [reason.code for reason in node.reasons]
        if reasons and ANY_REASON not in reasons:
            return False
        reason = ANY_REASON if reasons else None
        # Recorded: the light's thread sees it and sounds.
        return isinstance(self._bay.confirm(job.id, node.code, reason), Recorded)

    def _take_photo(self) -> bool:
        if self._photo is None:
            return False
        try:
            taken = self._bay.add_photo(self._photo())
        except CameraError:
            _logger.warning("No photo at the button", exc_info=True)
            return False
        if isinstance(taken, Refusal):
            return False
        self._panel.sound(Tone.SCANNED)
        return True

    def board_came(self, version: int) -> None:
        """A newer board may know the badge or sheet that was refused a moment ago.

        A badge printed just now is shown before its board comes, and stays in the hand.
        """
        known, self._board = self._board, version
        unknown = self._unknown
        if version > known and unknown is not None:
            text, at = unknown
            if time.monotonic() - at < STILL_HERE_SECONDS:
                self.scanned(text)

    def show(self, view: View) -> None:
        """Light and tone for what the bay shows now."""
        light, blinking = _light(view)
        self._panel.show(light, blinking=blinking)
        newest = view.recent[0].seq if view.recent else 0
        bad = {row.seq for row in view.recent if row.result in ("held", "rejected")}
        if self._newest is not None and newest > self._newest:
            self._panel.sound(Tone.RECORDED)
        elif self._bad is not None and bad - self._bad:
            self._panel.sound(Tone.REFUSED)
        self._newest, self._bad = newest, bad

    def _run(self) -> None:
        version = 0
        while not self._stopping.is_set():
            try:
                view = self._bay.view()
                self.show(view)
                self.board_came(view.board)
                version = view.version
            except Exception:
                _logger.exception("Panel not updated")
            self._bay.wait_change(version, LOOK_SECONDS)
            self._stopping.wait(GATHER_SECONDS)


def _fitting(view: View, button: Button) -> list[tuple[JobView, NodeView]]:
    return [
        (job, node)
        for job in (view.order.jobs if view.order else ())
        for node in job.nodes
        if job.id == view.job and node.button == button.value
        if node.may or node.asks
    ]


def _light(view: View) -> tuple[Light, bool]:
    if view.connection in ("alarm", "not_authorized", "expired"):
        return Light.RED, True
    if view.recent and view.recent[0].result == "rejected":
        return Light.RED, False
    if view.not_kept or (view.recent and view.recent[0].result == "held"):
        return Light.AMBER, False
    if view.connection != "online" and view.waiting.events:
        return Light.AMBER, True
    if view.person is None:
        return Light.OFF, False
    return (Light.GREEN if view.order else Light.AMBER), False
