"""Whether a photo or video is what it is said to be, and its thumbnail."""

import io

from PIL import Image, ImageOps

from workbay_contract import mp4
from workbay_contract.errors import ContractError
from workbay_contract.events import MAX_VIDEO_SECONDS

MOST_PIXELS = 50_000_000
THUMBNAIL = (256, 256)
GRACE_SECONDS = 1.0
"""Sound may last a little longer than the pictures."""


class UnreadableError(ContractError):
    """It cannot be shown, or there is more in it than there should be."""

    def __init__(self, detail=""):
        super().__init__("media_unreadable", detail)


def inspect(file, mimetype):
    """Look through a file from its beginning to its end.

    :param file: opened for reading, with all its bytes; nothing is written.
    :return: a thumbnail as JPEG, empty when a video has none.
    :raises ContractError: it is not whole, not of its type, or larger than a decoder
        should be asked for.
    """
    if mimetype == "image/jpeg":
        return _thumbnail(file)
    if mimetype != "video/mp4":
        raise UnreadableError(mimetype)
    said = mp4.read(file)
    if not 0 < said.seconds <= MAX_VIDEO_SECONDS + GRACE_SECONDS:
        raise UnreadableError(f"{said.seconds} s")
    return said.cover and _thumbnail(io.BytesIO(said.cover))


def _thumbnail(file):
    # Odoo has Pillow take halves of pictures, so the end is looked at here.
    try:
        file.seek(-2, io.SEEK_END)
        if file.read(2) != b"\xff\xd9":
            raise UnreadableError("no end")
        file.seek(0)
        with Image.open(file, formats=["JPEG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise UnreadableError(f"{picture.width} × {picture.height}")
            picture.draft("RGB", THUMBNAIL)
            small = ImageOps.exif_transpose(picture).convert("RGB")
    except ContractError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableError(str(error)) from error
    small.thumbnail(THUMBNAIL)
    data = io.BytesIO()
    small.save(data, "JPEG", quality=80)
    return data.getvalue()
