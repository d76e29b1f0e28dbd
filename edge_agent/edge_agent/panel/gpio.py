"""The real panel on a Pi's header, through gpiozero."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import gpiozero
from gpiozero.pins import Factory

from edge_agent.panel.port import Button, Light, Tone
from edge_agent.settings import Pins


@dataclass(frozen=True)
class _Beeps:
    on: float
    off: float
    times: int


_BEEPS = {
    Tone.SCANNED: _Beeps(on=0.05, off=0.05, times=1),
    Tone.RECORDED: _Beeps(on=0.25, off=0.05, times=1),
    Tone.REFUSED: _Beeps(on=0.1, off=0.1, times=3),
}

BOUNCE_SECONDS = 0.05
BLINK_SECONDS = 0.4
SEEN_SECONDS = 0.4


class GpioPanel:
    """:param pin_factory: gpiozero's own choice where none is given."""

    def __init__(self, pins: Pins | None = None, pin_factory: Factory | None = None):
        pins = pins or Pins()
        self._buttons = {
            button: gpiozero.Button(
                pin, bounce_time=BOUNCE_SECONDS, pin_factory=pin_factory
            )
            for button, pin in (
                (Button.START, pins.start),
                (Button.PAUSE, pins.pause),
                (Button.FINISH, pins.finish),
            )
        }
        self._lamps = {
            light: gpiozero.LED(pin, pin_factory=pin_factory)
            for light, pin in (
                (Light.RED, pins.red),
                (Light.AMBER, pins.amber),
                (Light.GREEN, pins.green),
            )
        }
        self._buzzer = gpiozero.Buzzer(pins.buzzer, pin_factory=pin_factory)

    def on_button(self, callback: Callable[[Button], None]) -> None:
        for name, button in self._buttons.items():
            button.when_pressed = partial(callback, name)

    def show(self, light: Light, *, blinking: bool = False) -> None:
        for name, lamp in self._lamps.items():
            if name is not light:
                lamp.off()
            elif blinking:
                lamp.blink(on_time=BLINK_SECONDS, off_time=BLINK_SECONDS)
            else:
                lamp.on()

    def sound(self, tone: Tone) -> None:
        beeps = _BEEPS[tone]
        self._buzzer.beep(on_time=beeps.on, off_time=beeps.off, n=beeps.times)

    def pressed(self) -> list[Button]:
        """The buttons that are held down just now."""
        return [name for name, button in self._buttons.items() if button.is_pressed]

    def dead_lamps(self) -> list[Light]:
        """Those whose pin does not read as what it was set to; each lights for long
        enough to be seen.
        """
        dead = []
        for name, lamp in self._lamps.items():
            lamp.on()
            time.sleep(SEEN_SECONDS)
            lit = lamp.is_lit
            lamp.off()
            if not lit or lamp.is_lit:
                dead.append(name)
        return dead

    def close(self) -> None:
        for device in (*self._buttons.values(), *self._lamps.values(), self._buzzer):
            device.close()
