"""Counters for Prometheus."""

import os
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

_PREFIX = "workbay_bridge_"
_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Metrics:
    """May be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, tuple[tuple[str, str], ...]], int] = defaultdict(
            int
        )
        self._gauges: dict[str, Callable[[], float]] = {}
        self._lags = [0] * (len(_BUCKETS) + 1)
        self._lag_sum = 0.0

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        with self._lock:
            self._counts[name, tuple(sorted(labels.items()))] += by

    def value(self, name: str, **labels: str) -> int:
        with self._lock:
            return self._counts[name, tuple(sorted(labels.items()))]

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Have ``read`` called whenever somebody looks."""
        self._gauges[name] = read

    def lag(self, seconds: float) -> None:
        """From a batch's arrival to its answer's departure."""
        place = sum(seconds > bound for bound in _BUCKETS)
        with self._lock:
            self._lags[place] += 1
            self._lag_sum += seconds

    def render(self) -> str:
        with self._lock:
            counts = sorted(self._counts.items())
            lags, lag_sum = list(self._lags), self._lag_sum
        lines = []
        last = ""
        for (name, labels), value in counts:
            if name != last:
                lines.append(f"# TYPE {_PREFIX}{name}_total counter")
                last = name
            text = ",".join(f'{key}="{_escape(label)}"' for key, label in labels)
            lines.append(f"{_PREFIX}{name}_total{{{text}}} {value}")
        for name, read in sorted(self._gauges.items()):
            lines.append(f"# TYPE {_PREFIX}{name} gauge")
            lines.append(f"{_PREFIX}{name} {read()}")
        lines.append(f"# TYPE {_PREFIX}lag_seconds histogram")
        total = 0
        for bound, number in zip((*_BUCKETS, "+Inf"), lags, strict=True):
            total += number
            lines.append(f'{_PREFIX}lag_seconds_bucket{{le="{bound}"}} {total}')
        lines.append(f"{_PREFIX}lag_seconds_sum {lag_sum:.6f}")
        lines.append(f"{_PREFIX}lag_seconds_count {total}")
        return "\n".join(lines) + "\n"


def resident_bytes() -> int:
    """Memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
