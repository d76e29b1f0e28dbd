"""What the agent asks of a panel."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class Button(StrEnum):
    """The three buttons; what each confirms is for the process to say."""

    START = "start"
    PAUSE = "pause"
    FINISH = "finish"


class Light(StrEnum):
    """One lamp of the traffic light, or none."""

    OFF = "off"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Tone(StrEnum):
    """What the buzzer says to somebody who does not look."""

    SCANNED = "scanned"
    RECORDED = "recorded"
    REFUSED = "refused"


class Panel(Protocol):
    def on_button(self, callback: Callable[[Button], None]) -> None:
        """Call ``callback`` with each button pressed, from a thread of the panel's."""

    def show(self, light: Light, *, blinking: bool = False) -> None:
        """Light this lamp alone."""

    def sound(self, tone: Tone) -> None:
        """Start a tone and return at once."""

    def close(self) -> None:
        """Dark, silent, and no callbacks any more."""
