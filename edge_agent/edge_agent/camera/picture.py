"""Pictures from outside: from a folder, from a browser. None is trusted."""

import io
import logging
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from edge_agent.camera.source import Frame

MOST_PIXELS = 25_000_000
"""Of a file; a phone's photograph has 12 million. Decoded it takes three bytes each."""

FORMATS = ("JPEG", "PNG")


class PictureError(ValueError):
    """No picture, or a larger one than is decoded."""


def decode(data: bytes, most_pixels: int = MOST_PIXELS) -> Frame:
    """An image file's content, upright.

    Its size is read from its header: what says that it is too large is never decoded,
    however small the file.

    :raises PictureError: it is cut off, corrupt, of another format or too large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > most_pixels:
                raise PictureError(f"{width} × {height} pixels are too many")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except PictureError:
        raise
    except UnidentifiedImageError as error:  # its own words name an address in memory
        raise PictureError("it is no JPEG or PNG, or not whole") from error
    # Pillow's decoders raise more than they name, as does libjpeg through them.
    except (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        EOFError,
        Image.DecompressionBombError,
    ) as error:
        raise PictureError(str(error) or type(error).__name__) from error
    return np.ascontiguousarray(np.asarray(upright, np.uint8)[..., ::-1])


class Files:
    """Reads image files; what is wrong with one is said once."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._said: dict[Path, str] = {}

    def read(self, path: Path) -> Frame | None:
        """None where it cannot be read (yet)."""
        try:
            return decode(path.read_bytes())
        except (PictureError, OSError) as error:
            if self._said.get(path) != str(error):
                self._said[path] = str(error)
                self._logger.warning("%s cannot be shown: %s", path.name, error)
            return None
