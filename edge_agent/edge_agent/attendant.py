"""What happens at a bay without the screen: scans, buttons, light and buzzer."""

import logging
import time
from threading import Event, Thread

from edge_agent.bay import Bay
from edge_agent.kiosk import Notices
from edge_agent.panel import Button, Light, Panel, Tone
from edge_agent.view import JobView, NodeView, Recorded, ScanResult, View

LOOK_SECONDS = 60.0
STILL_HERE_SECONDS = 15.0
"""How long after a refused scan a newer board may still let the person in."""
UNKNOWN_HERE = ("badge_unknown_here", "order_unknown_here")

_logger = logging.getLogger(__name__)


class Attendant:
    """Joins scanner and panel to the bay.

    A button confirms the one node of its kind that the person may confirm now; where
    none or several fit, or a reason is asked for, the screen has to be used.
    """

    def __init__(self, bay: Bay, panel: Panel, notices: Notices) -> None:
        self._bay = bay
        self._panel = panel
        self._notices = notices
        self._stopping = Event()
        self._newest: int | None = None
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
        fitting = _fitting(self._bay.view(), button)
        if len(fitting) == 1:
            job, node = fitting[0]
            if isinstance(self._bay.confirm(job.id, node.code), Recorded):
                return  # the light's thread sees it and sounds
        self._panel.sound(Tone.REFUSED)

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
        if self._newest is not None and newest > self._newest:
            self._panel.sound(Tone.RECORDED)
        self._newest = newest

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


def _fitting(view: View, button: Button) -> list[tuple[JobView, NodeView]]:
    return [
        (job, node)
        for job in (view.order.jobs if view.order else ())
        for node in job.nodes
        if node.may and node.button == button.value and not node.reasons
    ]


def _light(view: View) -> tuple[Light, bool]:
    if view.connection in ("alarm", "not_authorized", "expired"):
        return Light.RED, True
    if any(row.result == "rejected" for row in view.recent[:1]):
        return Light.RED, False
    if view.connection != "online" and view.waiting.events:
        return Light.AMBER, True
    if view.person is None:
        return Light.OFF, False
    return (Light.GREEN if view.order else Light.AMBER), False
