"""``edge-agent doctor``: is all there that a bay needs, and what is to be done.

Each check is a function that gives findings and never raises; none changes anything
that lasts, and none disturbs an agent that runs: what that agent holds (camera, pins,
its session at the broker) is asked of it instead.
"""

import logging
from collections.abc import Callable, Iterator, Sequence

from edge_agent.doctor import care, network, senses, software
from edge_agent.doctor.finding import Finding
from edge_agent.doctor.running import Running, find
from edge_agent.settings import Settings

__all__ = ["CHECKS", "Finding", "examine"]

Check = Callable[[Settings, Running | None], Sequence[Finding]]

CHECKS: dict[str, Check] = {
    "software": software.libraries,
    "codes": software.reader,
    "video": software.videos,
    "camera": senses.camera,
    "panel": senses.panel,
    "disk": care.disk,
    "media": care.media,
    "certificate": network.certificate,
    "broker": network.broker,
    "clock": network.clock,
    "kiosk": network.kiosk,
}

_logger = logging.getLogger(__name__)


def examine(settings: Settings, hold: float = 0.0) -> Iterator[Finding]:
    """Every check in turn; what one finds comes as soon as it is known.

    :param hold: seconds to wait for a code that somebody holds before the camera.
    """
    running = find(settings)
    for name, check in CHECKS.items():
        yield from _found(name, lambda each=check: each(settings, running))  # type: ignore[misc]
        if name == "camera" and hold:
            yield from _found("shown", lambda: senses.shown(settings, running, hold))


def _found(name: str, check: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - one broken part must not hide others
        _logger.debug("The check %s failed", name, exc_info=True)
        what = f"{type(error).__name__}: {error}"
        return [Finding(name, "fail", "unexpected", {"what": what})]
