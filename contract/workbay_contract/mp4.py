"""What an MP4 file says of itself, without decoding it.

The shape is ISO/IEC 14496-12 (boxes: 32-bit size, four-letter kind); the cover picture
stands where Apple's ``ilst`` metadata keeps it, which is where ffmpeg writes it.
Only what the bay itself makes passes: one file of known boxes to its last byte, H.264
pictures, AAC sound, its data inside.
"""

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from workbay_contract.errors import ContractError

MOST_HEADER_BYTES = 4 * 1024 * 1024
"""Of ``moov``, which is read as a whole: a minute's tables and a cover take 100 KiB."""

TOP = frozenset({b"ftyp", b"moov", b"mdat", b"free"})
CODECS = frozenset({b"avc1", b"mp4a"})


class Mp4Error(ContractError):
    """No MP4 that the bay has made."""

    def __init__(self, detail: str) -> None:
        super().__init__("media_unreadable", detail)


class Mp4(NamedTuple):
    """:ivar cover: a JPEG, empty when there is none."""

    seconds: float
    cover: bytes


def read(file: IO[bytes]) -> Mp4:
    """Look through ``file`` from its beginning; its position is lost.

    :raises Mp4Error: truncated, more than an MP4, of other codecs, or not one at all.
    """
    try:
        moov = _moov(file)
        tracks = [_codec(trak) for trak in _all(moov, b"trak")]
        if b"avc1" not in tracks or not CODECS.issuperset(tracks):
            raise Mp4Error(f"tracks are {tracks}")
        return Mp4(_seconds(_one(moov, b"mvhd")), _cover(moov))
    except (struct.error, IndexError, ZeroDivisionError) as error:
        raise Mp4Error("broken boxes") from error


def _moov(file: IO[bytes]) -> memoryview:
    file.seek(0, 2)
    end = file.tell()
    kinds, position, moov = [], 0, b""
    while position < end:
        file.seek(position)
        size, kind = struct.unpack(">I4s", file.read(8))
        if size < 8 or position + size > end:
            raise Mp4Error(f"a box of {size} bytes at {position} of {end}")
        kinds.append(kind)
        if kind == b"moov":
            if size > MOST_HEADER_BYTES:
                raise Mp4Error(f"moov of {size} bytes")
            moov = file.read(size - 8)
        position += size
    if kinds[:1] != [b"ftyp"] or kinds.count(b"moov") != 1 or not TOP.issuperset(kinds):
        raise Mp4Error(f"boxes are {kinds[:8]}")
    if b"mdat" not in kinds:
        raise Mp4Error("no data")
    return memoryview(moov)


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        if not 8 <= size <= len(data):
            raise Mp4Error(f"a box of {size} bytes in {len(data)}")
        yield kind, data[8:size]
        data = data[size:]


def _all(data: memoryview, kind: bytes) -> list[memoryview]:
    return [body for found, body in _boxes(data) if found == kind]


def _one(data: memoryview, *path: bytes) -> memoryview:
    for kind in path:
        data = _all(data, kind)[0]
    return data


def _codec(trak: memoryview) -> bytes:
    """The track's only kind of sample; its data must lie in this very file."""
    minf = _one(trak, b"mdia", b"minf")
    # dinf/dref: version and flags, count, then entries with flags of their own.
    references = list(_boxes(_one(minf, b"dinf", b"dref")[8:]))
    if any(not body[3] & 1 for _, body in references):
        raise Mp4Error("its data lie elsewhere")
    entries = list(_boxes(_one(minf, b"stbl", b"stsd")[8:]))
    if len(entries) != 1:
        raise Mp4Error(f"{len(entries)} kinds of sample in a track")
    return entries[0][0]


def _seconds(mvhd: memoryview) -> float:
    if mvhd[0] == 1:  # version 1 has times of 64 bits
        scale, duration = struct.unpack_from(">IQ", mvhd, 20)
    else:
        scale, duration = struct.unpack_from(">II", mvhd, 12)
    return float(duration / scale)


def _cover(moov: memoryview) -> bytes:
    try:
        meta = _one(moov, b"udta", b"meta")[4:]
        data = _one(meta, b"ilst", b"covr", b"data")
    except IndexError:
        return b""
    return bytes(data[8:])
