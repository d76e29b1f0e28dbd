"""Log lines: a sentence, then ``key=value`` for whoever searches by an event."""

import logging
import sys
from typing import Final

KEYS: Final = ("event", "seq", "job", "node", "result", "code", "photo")
"""What a call may give in ``extra``, in this order."""


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        values = ((key, getattr(record, key, None)) for key in KEYS)
        fields = "".join(f" {key}={value}" for key, value in values if value)
        head, separator, trace = line.partition("\n")
        return f"{head}{fields}{separator}{trace}"


def configure() -> None:
    """Everything to standard error, one line each; the supervisor keeps it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
