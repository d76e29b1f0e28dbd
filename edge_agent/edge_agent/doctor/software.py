"""Libraries, and whether they read a code together."""

import importlib
import re
import subprocess
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from edge_agent import video
from edge_agent.doctor.finding import Finding
from edge_agent.doctor.running import Running
from edge_agent.settings import Settings

LEAST = {"numpy": (1, 24), "cv2": (4, 6), "picamera2": (0, 3, 18)}
"""The oldest that the agent's tests run with: Debian 12's; of picamera2 the first that
ends a wait for a frame after a time."""

LIBRARIES = {
    "numpy": "numpy",
    "cv2": "OpenCV",
    "zxingcpp": "zxing-cpp",
    "pyzbar.pyzbar": "pyzbar",
    "PIL": "Pillow",
    "paho.mqtt": "paho-mqtt",
    "gpiozero": "gpiozero",
}
VIDEO_SECONDS = 30.0
TEST_CODE = "https://workbay.invalid/o/the-doctors-own-test-code"


def libraries(settings: Settings, running: Running | None) -> Sequence[Finding]:
    there, found = [], []
    wanted = dict(LIBRARIES)
    if settings.camera == "picamera2":
        wanted["picamera2"] = "picamera2"
    for module, name in wanted.items():
        try:
            loaded = importlib.import_module(module)
        except (ImportError, OSError) as error:  # a C library of it is missing
            params = {"name": name, "what": str(error)}
            found.append(Finding("software", "fail", "library_missing", params))
            continue
        version = _version(loaded, name)
        there.append(f"{name} {version}")
        least = LEAST.get(module)
        if least and _numbers(version) < least:
            params = {
                "name": name,
                "version": version,
                "least": ".".join(map(str, least)),
            }
            found.append(Finding("software", "warn", "library_old", params))
    return [*found, Finding("software", "ok", "libraries", {"list": ", ".join(there)})]


def reader(settings: Settings, running: Running | None) -> Sequence[Finding]:
    """A code of ours, drawn into a picture of a bay, is read by each decoder."""
    from edge_agent.scan import Reader
    from edge_agent.scan.decoders import zbar
    from edge_agent.scan.views import gray

    frame = test_picture()
    missed = [
        name
        for name, codes in (
            ("zxing-cpp", Reader(budget=5).read(frame)),
            ("pyzbar", zbar(gray(frame))[0]),
        )
        if TEST_CODE not in [code.text for code in codes]
    ]
    if missed:
        return [Finding("codes", "fail", "codes_unread", {"list": ", ".join(missed)})]
    return [Finding("codes", "ok", "codes")]


def videos(settings: Settings, running: Running | None) -> Sequence[Finding]:
    """A video is made as at a recording, where the programs for it are installed."""
    missing = video.missing()
    if missing:
        names = {"list": ", ".join(missing)}
        return [Finding("video", "warn", "video_missing", names)]
    size, frames = (320, 180), 10
    with tempfile.TemporaryDirectory() as folder:
        bare, target = Path(folder) / "bare", Path(folder) / "video"
        try:
            subprocess.run(
                video.encoding(size, bare),
                input=bytes(size[0] * size[1] * 3) * frames,
                capture_output=True,
                check=True,
                timeout=VIDEO_SECONDS,
            )
            video.finish(bare, target)
        except (subprocess.SubprocessError, OSError, video.VideoError) as error:
            said = getattr(error, "stderr", None) or str(error).encode()
            what = said.decode(errors="replace").strip()[-200:]
            return [Finding("video", "warn", "video_broken", {"what": what})]
    return [Finding("video", "ok", "video")]


def test_picture() -> Any:
    """1280 × 720, the test code printed on a sheet that is held a little askew."""
    import cv2
    import numpy as np
    import zxingcpp

    code = zxingcpp.create_barcode(TEST_CODE, zxingcpp.BarcodeFormat.QRCode)
    image = np.asarray(zxingcpp.write_barcode_to_image(code, scale=8), np.uint8)
    high, wide = image.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    held = np.array([[500, 180], [790, 205], [770, 500], [480, 470]], np.float32)
    way = cv2.getPerspectiveTransform(corners, held)
    page = cv2.warpPerspective(
        image, way, (1280, 720), borderMode=cv2.BORDER_CONSTANT, borderValue=205
    )
    return cv2.cvtColor(page, cv2.COLOR_GRAY2BGR)


def _version(module: Any, name: str) -> str:
    said = getattr(module, "__version__", None)
    if said:
        return str(said)
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", version)[:3])
