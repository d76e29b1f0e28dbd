"""The touch screen at the bay: a page, and what it asks of the bay."""

from edge_agent.kiosk.app import build_app
from edge_agent.kiosk.notices import Notices
from edge_agent.kiosk.server import KioskServer

__all__ = ["KioskServer", "Notices", "build_app"]
