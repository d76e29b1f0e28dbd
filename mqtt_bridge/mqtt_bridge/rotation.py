"""Certificates that are followed by others while the service runs.

A context that has loaded the new pair shows it from the next connection on; those that
stand are not cut. So neither a restart nor a gap is needed.
"""

import logging
import ssl
from collections.abc import Callable
from pathlib import Path

from mqtt_bridge.configuration import tls_context

_logger = logging.getLogger(__name__)


class Rotation:
    """One pair of certificate and key, and the context that shows it.

    :param context: gives the context, or None while there is none.
    """

    def __init__(
        self,
        context: Callable[[], ssl.SSLContext | None],
        ca: Path,
        certificate: Path,
        key: Path,
    ) -> None:
        self._context = context
        self._files = (ca, certificate, key)
        self._mark = self._look()

    def look(self) -> bool:
        """Take what has changed since the last look.

        :return: whether the context shows another certificate now.
        """
        mark, context = self._look(), self._context()
        if mark == self._mark or None in mark or context is None:
            return False
        ca, certificate, key = self._files
        try:
            tls_context(ca, certificate, key)  # a half pair would spoil the other one
            context.load_verify_locations(ca)
            context.load_cert_chain(certificate, key)
        except (ValueError, OSError) as error:
            _logger.warning("%s not taken yet: %s", certificate, error)
            return False
        self._mark = mark
        _logger.info("%s: renewed", certificate)
        return True

    def _look(self) -> tuple[int | None, ...]:
        return tuple(_changed(path) for path in self._files)


def _changed(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
