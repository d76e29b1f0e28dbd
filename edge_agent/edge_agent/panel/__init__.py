"""The bay's buttons, traffic light and buzzer behind one port.

``build_panel`` gives the one that the settings name; what needs a Pi is imported only
when it is asked for.
"""

from edge_agent.panel.port import Button, Light, Panel, Tone
from edge_agent.settings import Settings

__all__ = ["Button", "Light", "Panel", "Tone", "build_panel"]


def build_panel(settings: Settings) -> Panel:
    if settings.panel == "gpio":
        from edge_agent.panel.gpio import GpioPanel

        return GpioPanel(settings.pins)
    if settings.panel == "fake":
        from edge_agent.panel.fakes import FakePanel

        return FakePanel()
    from edge_agent.panel.fakes import NoPanel

    return NoPanel()
