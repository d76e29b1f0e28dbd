"""The agent that runs at this bay just now, if one does."""

from dataclasses import dataclass
from typing import Any

import httpx

from edge_agent.settings import Settings

ASK_SECONDS = 3.0


@dataclass(frozen=True)
class Running:
    """:ivar view: what its kiosk shows; of a unit that is not enrolled, nothing.

    :ivar camera: why its camera gives no picture; None while it does.
    """

    url: str
    version: str
    view: dict[str, Any]
    camera: str | None = None

    def picture(self) -> bytes:
        """What its camera sees, as a JPEG.

        :raises httpx.HTTPError: it gives none.
        """
        answer = httpx.get(f"{self.url}/api/live.jpg", timeout=ASK_SECONDS)
        return answer.raise_for_status().content


def url(settings: Settings) -> str:
    """Where its kiosk is, seen from this machine."""
    host = settings.kiosk_host
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.kiosk_port}"


def find(settings: Settings) -> Running | None:
    """None where nothing of ours answers at the kiosk's address."""
    at = url(settings)
    try:
        health = httpx.get(f"{at}/health", timeout=ASK_SECONDS).json()
        if not isinstance(health, dict) or "version" not in health:
            return None
        answer = httpx.get(f"{at}/api/view", timeout=ASK_SECONDS)
        view = answer.json() if answer.is_success else {}
    except (httpx.HTTPError, ValueError):
        return None
    return Running(
        at,
        str(health["version"]),
        view if isinstance(view, dict) else {},
        health.get("camera"),
    )
