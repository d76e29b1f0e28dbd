"""The panel's driver on gpiozero's own mock pins, and its stand-ins."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory
from pydantic import ValidationError

from edge_agent.panel import Button, Light, Panel, Tone, build_panel
from edge_agent.panel.fakes import FakePanel, NoPanel
from edge_agent.panel.gpio import BOUNCE_SECONDS, GpioPanel
from edge_agent.settings import Pins, Settings

PINS = Pins()


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


@pytest.fixture
def panel(factory: MockFactory) -> Iterator[GpioPanel]:
    panel = GpioPanel(pin_factory=factory)
    yield panel
    panel.close()


def lamps(factory: MockFactory) -> tuple[bool, bool, bool]:
    pins = (PINS.red, PINS.amber, PINS.green)
    return tuple(bool(factory.pin(pin).state) for pin in pins)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("pin", "button"),
    [
        (PINS.start, Button.START),
        (PINS.pause, Button.PAUSE),
        (PINS.finish, Button.FINISH),
    ],
)
def test_each_button_reports_its_own_name_once_per_press(
    panel: GpioPanel, factory: MockFactory, pin: int, button: Button
) -> None:
    pressed: list[Button] = []
    panel.on_button(pressed.append)
    factory.pin(pin).drive_low()
    assert pressed == [button]


def test_pins_are_the_settings(factory: MockFactory, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, pins={"start": 23, "red": 12})
    panel = GpioPanel(settings.pins, pin_factory=factory)
    pressed: list[Button] = []
    panel.on_button(pressed.append)
    factory.pin(23).drive_low()
    panel.show(Light.RED)
    assert pressed == [Button.START]
    assert factory.pin(12).state
    panel.close()


@pytest.mark.parametrize("pins", [{"start": 5}, {"buzzer": 28}, {"lamp": 4}])
def test_pins_that_cannot_be_are_told_at_the_start(
    tmp_path: Path, pins: dict[str, int]
) -> None:
    with pytest.raises(ValidationError):
        Settings(data_dir=tmp_path, pins=pins)


def test_gpiozero_is_told_to_debounce(panel: GpioPanel, factory: MockFactory) -> None:
    """Its pins do it, each driver in its own way; the mock only keeps the time."""
    for pin in (PINS.start, PINS.pause, PINS.finish):
        assert factory.pin(pin).bounce == BOUNCE_SECONDS


def test_a_held_button_is_one_press(panel: GpioPanel, factory: MockFactory) -> None:
    pressed: list[Button] = []
    panel.on_button(pressed.append)
    pin = factory.pin(PINS.start)
    pin.drive_low()
    pin.drive_low()
    pin.drive_high()
    assert pressed == [Button.START]


def test_one_lamp_at_a_time_is_lit(panel: GpioPanel, factory: MockFactory) -> None:
    panel.show(Light.RED)
    assert lamps(factory) == (True, False, False)
    panel.show(Light.GREEN)
    assert lamps(factory) == (False, False, True)
    panel.show(Light.OFF)
    assert lamps(factory) == (False, False, False)


def test_a_steady_lamp_ends_blinking(panel: GpioPanel, factory: MockFactory) -> None:
    panel.show(Light.AMBER, blinking=True)
    panel.show(Light.AMBER)
    assert lamps(factory) == (False, True, False)


def test_refused_beeps_three_times(panel: GpioPanel, factory: MockFactory) -> None:
    pin = factory.pin(PINS.buzzer)
    pin.clear_states()
    panel.sound(Tone.REFUSED)
    panel._buzzer._blink_thread.join()
    assert [bool(state.state) for state in pin.states].count(True) == 3


def test_a_closed_panel_calls_nobody(factory: MockFactory) -> None:
    panel = GpioPanel(pin_factory=factory)
    pressed: list[Button] = []
    panel.on_button(pressed.append)
    panel.close()
    factory.pin(PINS.start).drive_low()
    assert pressed == []


def test_the_fake_remembers_and_can_be_pressed() -> None:
    panel = FakePanel()
    pressed: list[Button] = []
    panel.on_button(pressed.append)
    panel.press(Button.PAUSE)
    panel.show(Light.GREEN)
    panel.sound(Tone.RECORDED)
    assert pressed == [Button.PAUSE]
    assert panel.lights == [(Light.GREEN, False)]
    assert panel.tones == [Tone.RECORDED]


def test_a_bay_without_a_panel_works(tmp_path: Path) -> None:
    panel: Panel = build_panel(Settings(data_dir=tmp_path))
    assert isinstance(panel, NoPanel)
    panel.on_button(lambda button: None)
    panel.show(Light.RED)
    panel.sound(Tone.SCANNED)
    panel.close()
    assert isinstance(build_panel(Settings(data_dir=tmp_path, panel="fake")), FakePanel)
