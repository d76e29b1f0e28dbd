"""The bay's buttons, traffic light and buzzer behind one port.

``build_panel`` gives the one that the settings name; what needs a Pi is imported only
when it is asked for.
"""

from typing import Literal

from edge_agent.panel.port import Button, Light, Panel, Tone

__all__ = ["Button", "Light", "Panel", "PanelKind", "Tone", "build_panel"]

PanelKind = Literal["gpio", "fake", "none"]


def build_panel(kind: PanelKind) -> Panel:
    if kind == "gpio":
        from edge_agent.panel.gpio import GpioPanel

        return GpioPanel()
    if kind == "fake":
        from edge_agent.panel.fakes import FakePanel

        return FakePanel()
    from edge_agent.panel.fakes import NoPanel

    return NoPanel()
