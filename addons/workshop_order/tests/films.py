"""Photos and videos that are what they are said to be, and some that are not."""

import io
import struct

from PIL import Image


def photo(size=(640, 480), colour="#406080"):
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, format="JPEG")
    return data.getvalue()


def noise(size):
    """A photo that does not compress: about a byte per pixel."""
    data = io.BytesIO()
    Image.effect_noise(size, 100).convert("RGB").save(data, "JPEG", quality=95)
    return data.getvalue()


def _box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind.encode()) + body


def video(seconds=3, codec="avc1", cover=None, size=1000):
    """The boxes of an MP4 with a cover; its frames are zeros."""
    reference = _box("dref", bytes(7), b"\1", _box("url ", b"\0\0\0\1"))
    samples = _box("stbl", _box("stsd", bytes(7), b"\1", _box(codec, bytes(16))))
    media = _box("mdia", _box("minf", _box("dinf", reference), samples))
    cover = photo() if cover is None else cover
    picture = _box("covr", _box("data", bytes(8), cover))
    return b"".join(
        (
            _box("ftyp", b"isom"),
            _box(
                "moov",
                _box("mvhd", bytes(12), struct.pack(">II", 1000, seconds * 1000)),
                _box("trak", media),
                _box("udta", _box("meta", bytes(4), _box("ilst", picture))),
            ),
            _box("mdat", bytes(size)),
        )
    )
