"""Panels without hardware: one that remembers, one that is not there."""

from collections.abc import Callable

from edge_agent.panel.port import Button, Light, Tone


class FakePanel:
    """Keeps what it was told and can be pressed; for tests and for a laptop."""

    def __init__(self) -> None:
        self.lights: list[tuple[Light, bool]] = []
        self.tones: list[Tone] = []
        self.closed = False
        self._callback: Callable[[Button], None] | None = None

    def on_button(self, callback: Callable[[Button], None]) -> None:
        self._callback = callback

    def show(self, light: Light, *, blinking: bool = False) -> None:
        self.lights.append((light, blinking))

    def sound(self, tone: Tone) -> None:
        self.tones.append(tone)

    def close(self) -> None:
        self.closed = True
        self._callback = None

    def press(self, button: Button) -> None:
        if self._callback:
            self._callback(button)


class NoPanel:
    """A bay with a screen only."""

    def on_button(self, callback: Callable[[Button], None]) -> None:
        pass

    def show(self, light: Light, *, blinking: bool = False) -> None:
        pass

    def sound(self, tone: Tone) -> None:
        pass

    def close(self) -> None:
        pass
