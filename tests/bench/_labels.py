"""Labels of vehicles and parts under the same damages as our own codes.

A label is read from one frame here; at the bay one of three frames is searched for
them, and what has no checksum waits for a second.
"""

import time
from collections import defaultdict
from collections.abc import Callable

import cv2
import numpy as np
import zxingcpp
from pyzbar import pyzbar

from edge_agent.camera.source import Frame
from edge_agent.scan import decoders, views, vin
from edge_agent.scan.reader import Reader
from tests.bench import _paper, _photographs, _report
from tests.bench._paper import Paper
from tests.bench._photographs import KINDS, Random

SYMBOLOGIES = ("Code39", "Code128", "DataMatrix")
DAMAGES = tuple(kind for kind in KINDS if kind != "several codes")

_BARS = (pyzbar.ZBarSymbol.CODE39, pyzbar.ZBarSymbol.CODE128)
_MAKERS = ("WVW", "LSV", "1HG", "LFV", "WBA", "JTD")
_SIGNS = list("ABCDEFGHJKLMNPRSTUVWXYZ0123456789")

Texts = Callable[[Frame], set[str]]


def measure(count: int, seed: int) -> dict[str, float]:
    """Percent of labels read of one photograph each, every kind and symbology alike."""
    reader = Reader()
    reads: dict[str, Texts] = {
        "": lambda frame: {code.text for code in reader.read(frame, labels=True)},
        "zxing_": _zxing,
        "pyzbar_": _pyzbar,
    }
    got: dict[tuple[str, str, str], int] = defaultdict(int)
    wrong, times = 0, []
    for kind in DAMAGES:
        for number in range(count):
            random = np.random.default_rng([seed + number, DAMAGES.index(kind), 39])
            symbology = SYMBOLOGIES[number % len(SYMBOLOGIES)]
            label = _label(random, symbology)
            frame = _photographs.show(label, kind, random, 1.0)
            for name, read in reads.items():
                begun = time.perf_counter()
                seen = read(frame)
                got[name, kind, symbology] += label.text in seen
                if not name:
                    times.append((time.perf_counter() - begun) * 1000)
                    wrong += len(seen - {label.text})
    shares = {
        key: 100 * hits / len(range(SYMBOLOGIES.index(key[2]), count, len(SYMBOLOGIES)))
        for key, hits in got.items()
    }
    _tell(shares)
    means = {
        f"labels_{name}pct": _mean(shares, lambda key, name=name: key[0] == name)
        for name in reads
    }
    ordered = sorted(times)
    return {
        **means,
        "labels_misreads": wrong,
        "labels_p95_ms": _report.percentile(ordered, 0.95),
        "labels_max_ms": ordered[-1],
    }


def number_plate(random: Random) -> str:
    """A vehicle's number with its check digit."""
    while True:
        text = str(random.choice(_MAKERS)) + "".join(random.choice(_SIGNS, 14))
        for digit in "0123456789X":
            number = text[:8] + digit + text[9:]
            if vin.read_vin(number) and vin.is_checked(number):
                return number


def part_number(random: Random) -> str:
    """As makers print theirs: groups of digits and capitals."""
    a, b, c = (int(each) for each in random.integers(100, 1000, 3))
    return str(
        random.choice(
            [
                f"{a % 10}K0 {b} {c} {random.choice(_SIGNS[:20])}",
                f"{a:05d}-{b:05d}",
                f"0 {a} {b} {c}",
                f"A{a}{b}{c}",
            ]
        )
    )


def _label(random: Random, symbology: str) -> Paper:
    text = number_plate(random) if random.random() < 0.5 else part_number(random)
    code = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(symbology))
    dark = np.asarray(code.to_image(scale=1, add_quiet_zones=False)) < 128
    return _paper.label(random, 8, dark, text)


def _zxing(frame: Frame) -> set[str]:
    found, _ = decoders.zxing(views.gray(frame), formats=decoders.LABELS)
    return {code.text for code in found}


def _pyzbar(frame: Frame) -> set[str]:
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return {
        each.data.decode(errors="replace")
        for each in pyzbar.decode(grey, symbols=_BARS)
    }


def _mean(
    shares: dict[tuple[str, str, str], float],
    counts: Callable[[tuple[str, str, str]], bool],
) -> float:
    chosen = [share for key, share in shares.items() if counts(key)]
    return sum(chosen) / len(chosen)


def _tell(shares: dict[tuple[str, str, str], float]) -> None:
    _report.note(f"{'labels':>16}: {'workbay':>8} {'zxing':>8} {'pyzbar':>8}")
    for row in (*SYMBOLOGIES, *DAMAGES):
        means = [
            _mean(shares, lambda key, n=name: key[0] == n and row in key[1:])  # noqa: B023
            for name in ("", "zxing_", "pyzbar_")
        ]
        _report.note(f"{row:>16}: " + " ".join(f"{mean:8.0f}" for mean in means))
