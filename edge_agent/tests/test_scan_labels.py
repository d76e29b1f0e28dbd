"""Barcodes and DataMatrix of parts and vehicles; what is not ours gets a sentence."""

import tracemalloc

import cv2
import numpy as np
import pytest
import zxingcpp

from edge_agent.camera.scene import Scene
from edge_agent.camera.source import Frame
from edge_agent.scan import Reader, decoders, views
from edge_agent.scan.memory import Memory
from edge_agent.scan.vin import is_checked, read_vin
from workbay_contract.codes import read_code

VIN = "1HGCM82633A004352"


def label(text: str, symbology: str) -> Frame:
    code = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(symbology))
    image = np.asarray(code.to_image(scale=3, add_quiet_zones=True))
    frame = np.full((720, 1280, 3), 240, np.uint8)
    height, width = image.shape
    place = frame[200 : 200 + height, 200 : 200 + width]
    place[:] = np.minimum(place, image[..., None])
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 0.8), np.uint8)


@pytest.mark.parametrize("symbology", ["Code39", "Code128", "DataMatrix"])
def test_a_vehicle_number_is_read_from_each_kind_of_label(symbology: str) -> None:
    [code] = Reader().read(label(VIN, symbology), labels=True)
    assert read_vin(code.text) == VIN
    assert code.symbology.startswith(symbology)


@pytest.mark.parametrize("angle", [10, 25, 70, 155])
@pytest.mark.parametrize("symbology", ["Code39", "Code128"])
def test_bars_are_read_at_any_angle(symbology: str, angle: float) -> None:
    frame = turned(label(VIN, symbology), angle)
    [code] = Reader(budget=10).read(frame, labels=True)
    assert code.text == VIN
    x, y = code.middle
    assert abs(x - 640) < 60
    assert abs(y - 360) < 60


@pytest.mark.parametrize(("symbology", "grey"), [("Code39", 30), ("Code128", 60)])
def test_grain_and_a_smudge_do_not_hide_the_bars(symbology: str, grey: float) -> None:
    frame = turned(label(VIN, symbology), 5)
    cv2.circle(frame, (600, 340), 18, (25, 25, 30), -1)
    cv2.circle(frame, (760, 400), 22, (25, 25, 30), -1)
    grain = np.random.default_rng(1).normal(0, grey, frame.shape)
    frame = np.clip(frame + grain, 0, 255).astype(np.uint8)
    found, _ = decoders.zxing(views.gray(frame), formats=decoders.LABELS)
    assert not found  # at a glance it is not read
    [code] = Reader(budget=10).read(frame, labels=True)
    assert code.text == VIN


def turned(frame: Frame, angle: float) -> Frame:
    """What is on the frame in its middle, turned by degrees."""
    rows, columns = np.nonzero(frame[..., 0] < 128)
    middle = (float(columns.mean()), float(rows.mean()))
    way = cv2.getRotationMatrix2D(middle, angle, 1.0)
    way[:, 2] += np.array([640, 360]) - middle
    image = cv2.warpAffine(frame, way, (1280, 720), borderValue=(240, 240, 240))
    return np.asarray(image, np.uint8)


def test_a_micro_code_is_none_of_ours() -> None:
    """zxing-cpp sees some around a single finder pattern of a damaged code."""
    assert Reader().read(label("325513", "MicroQRCode"), labels=True) == []


def test_labels_are_not_looked_for_unless_asked() -> None:
    assert Reader().read(label(VIN, "Code128")) == []


@pytest.mark.parametrize(
    ("text", "vin", "checked"),
    [
        (VIN, VIN, True),
        ("I" + VIN, VIN, True),
        ("1M8GDM9AXKP042788", "1M8GDM9AXKP042788", True),
        ("WVWZZZ1JZXW000001", "WVWZZZ1JZXW000001", False),
        ("1HGCM82633A00435", None, None),
        ("1HGCM82633A00435O", None, None),
    ],
)
def test_the_check_digit_tells_but_never_invents(
    text: str, vin: str | None, checked: bool | None
) -> None:
    assert read_vin(text) == vin
    assert (is_checked(vin) if vin else None) == checked


@pytest.mark.parametrize(
    "text", [VIN, "PART 4711", "https://pay.example.com/o/short", "WIFI:T:WPA;S:x;;"]
)
def test_what_is_read_and_not_ours_means_nothing(text: str) -> None:
    assert read_code(text) is None


def test_reading_on_and_on_keeps_nothing() -> None:
    reader, memory = Reader(budget=10), Memory()
    random = np.random.default_rng(1)
    frames = [Scene(seed).empty(seed) for seed in range(3)]
    frames.append(random.integers(0, 256, (720, 1280, 3), dtype=np.uint8))

    def rounds(count: int) -> int:
        for number in range(count):
            frame = frames[number % len(frames)]
            reader.read(np.roll(frame, number, axis=1), labels=True, memory=memory)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first = rounds(12)
        assert rounds(24) - first < 1_000_000
    finally:
        tracemalloc.stop()
