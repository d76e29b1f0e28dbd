"""The bay's camera behind one port.

``build_camera`` opens the one that the settings name; what needs hardware is imported
only when it is asked for. ``CameraFeed`` keeps it open.
"""

import zlib

from edge_agent.camera.browser import BrowserSource, Handed
from edge_agent.camera.feed import CameraFeed
from edge_agent.camera.source import CameraError, Frame, FrameSource
from edge_agent.settings import Settings

__all__ = [
    "CameraError",
    "CameraFeed",
    "Frame",
    "FrameSource",
    "Handed",
    "build_camera",
]


def build_camera(settings: Settings, handed: Handed | None = None) -> FrameSource:
    """:param handed: what pages of the kiosk hand over, of the kind ``browser``.

    :raises CameraError: it cannot be opened (now).
    """
    if settings.camera == "browser" and handed is not None:
        return BrowserSource(handed)
    if settings.camera == "picamera2":
        from edge_agent.camera.picamera import PicameraSource

        return PicameraSource()
    if settings.camera == "v4l2":
        from edge_agent.camera.v4l2 import V4l2Source

        return V4l2Source(settings.camera_device)
    if settings.camera == "folder" and settings.camera_folder:
        from edge_agent.camera.folder import FolderSource

        return FolderSource(settings.camera_folder)
    from edge_agent.camera.virtual import VirtualSource

    # Each bay of a demo has its own light and hands.
    seed = zlib.crc32(settings.data_dir.name.encode())
    return VirtualSource(settings.data_dir / "desk", seed=seed)
