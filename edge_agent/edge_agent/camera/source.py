"""What the agent asks of a camera."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""Height × width × 3, blue first, as OpenCV has it."""

FRAME_SIZE = (1280, 720)
"""Width and height that codes are looked for in."""

FRAME_RATE = 5.0
"""Frames per second: a sheet held up is seen in a fifth of a second, and a Pi idles."""


class CameraError(RuntimeError):
    """The camera gives no picture; opening it anew may help."""


class FrameSource(Protocol):
    """A camera that is open. Frames and snapshots may be taken by different threads."""

    def frames(self) -> Iterator[Frame]:
        """Frames at the camera's rate, until it is closed.

        :raises CameraError: it gives none any more.
        """

    def snapshot(self) -> Frame:
        """One picture of now, as good as the camera can make it.

        :raises CameraError: it gives none.
        """

    def close(self) -> None:
        """Let go of the device; ends ``frames``."""


def as_frame(image: Any) -> Frame | None:
    """What OpenCV decoded, if it is a picture in blue, green, red of eight bits."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or not image.size:
        return None
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    return None
