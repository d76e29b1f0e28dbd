"""Camera and panel: what the bay sees, shows and feels."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import numpy as np

from edge_agent.camera import CameraError, Frame, build_camera
from edge_agent.camera.black import is_black
from edge_agent.camera.picture import PictureError, decode
from edge_agent.camera.source import FRAME_SIZE
from edge_agent.doctor.finding import Finding
from edge_agent.doctor.running import Running
from edge_agent.settings import Settings
from workbay_contract.codes import read_code
from workbay_contract.enrolment import read_enrolment_code

LOOK_SECONDS = 10.0
WARM_FRAMES = 5
"""Frames until exposure and white balance have settled."""

DIM = 40.0
"""Mean grey value of a frame in which a person hardly reads a sheet either."""


def camera(settings: Settings, running: Running | None) -> Sequence[Finding]:
    if settings.camera == "virtual":
        return [Finding("camera", "warn", "camera_virtual")]
    if settings.camera == "browser":
        return [Finding("camera", "ok", "camera_browser")]
    try:
        frame = _last(_frames(settings, running, LOOK_SECONDS), WARM_FRAMES)
    except (CameraError, httpx.HTTPError, PictureError) as error:
        said = running.camera if running else None
        params = {"kind": settings.camera, "what": said or str(error)}
        return [Finding("camera", "fail", "camera_none", params)]
    if frame is None:
        return [
            Finding(
                "camera",
                "fail",
                "camera_none",
                {"kind": settings.camera, "what": "no frame"},
            )
        ]
    return [_judged(frame, running)]


def _judged(frame: Frame, running: Running | None) -> Finding:
    high, wide = frame.shape[:2]
    params = {"width": wide, "height": high, "grey": round(float(frame.mean()))}
    if is_black(frame):
        return Finding("camera", "fail", "camera_black")
    if frame.mean() < DIM:
        return Finding("camera", "warn", "camera_dim", params)
    # What a running agent shows of its camera is smaller than what it reads.
    if running is None and (wide < FRAME_SIZE[0] or high < FRAME_SIZE[1]):
        return Finding("camera", "warn", "camera_small", params)
    return Finding("camera", "ok", "camera", params)


def shown(
    settings: Settings, running: Running | None, seconds: float
) -> Sequence[Finding]:
    """Whether a code that somebody holds up is read in time."""
    from edge_agent.scan import Reader

    reader = Reader(budget=1.0)
    try:
        for frame in _frames(settings, running, seconds):
            for code in reader.read(frame):
                ours = read_code(code.text) or read_enrolment_code(code.text)
                level, name = ("ok", "shown") if ours else ("warn", "shown_foreign")
                params = {"text": code.text[:40], "px": round(_side(code.corners))}
                return [Finding("shown", level, name, params)]  # type: ignore[arg-type]
    except (CameraError, httpx.HTTPError, PictureError):
        pass  # the camera's own check says why
    return [Finding("shown", "fail", "shown_none", {"seconds": round(seconds)})]


def _side(corners: "np.ndarray[Any, Any]") -> float:
    return float(np.linalg.norm(corners[0] - corners[1]))


def _frames(
    settings: Settings, running: Running | None, seconds: float
) -> Iterator[Frame]:
    """What the bay's camera sees for so long; an agent that runs has it, and is asked.

    :raises CameraError: there is no camera.
    :raises httpx.HTTPError: the agent gives no picture.
    """
    ends = time.monotonic() + seconds
    if running is not None:
        while time.monotonic() < ends:
            yield decode(running.picture())
            time.sleep(0.2)
        return
    source = build_camera(settings)
    try:
        for frame in source.frames():
            yield frame
            if time.monotonic() > ends:
                return
    finally:
        source.close()


def _last(frames: Iterator[Frame], most: int) -> Frame | None:
    last = None
    for number, frame in enumerate(frames, 1):
        last = frame
        if number >= most:
            break
    return last


def panel(settings: Settings, running: Running | None) -> Sequence[Finding]:
    """Light each lamp and see that its pin follows; a button at rest is not pressed."""
    if settings.panel != "gpio":
        return [Finding("panel", "ok", "panel_none")]
    if running is not None:
        return [Finding("panel", "ok", "panel_held")]
    # Late: only a Pi has pins, and only it needs their library's factory.
    import gpiozero

    from edge_agent.panel.gpio import GpioPanel

    try:
        built = GpioPanel(settings.pins)
    except (gpiozero.GPIOZeroError, ImportError, OSError, RuntimeError) as error:
        params = {"what": f"{type(error).__name__}: {error}"}
        return [Finding("panel", "fail", "panel_pins", params)]
    try:
        pressed, dead = built.pressed(), built.dead_lamps()
    finally:
        built.close()
    found = [
        Finding("panel", "warn", "panel_pressed", {"button": each.value})
        for each in pressed
    ]
    found += [
        Finding("panel", "fail", "panel_lamp", {"lamp": each.value}) for each in dead
    ]
    return found or [Finding("panel", "ok", "panel")]
