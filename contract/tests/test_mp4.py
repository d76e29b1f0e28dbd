"""What passes for a video without being decoded."""

import io
import struct

import pytest

from workbay_contract import mp4
from workbay_contract.mp4 import Mp4Error


def box(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind.encode()) + body


def track(codec: str = "avc1", here: int = 1) -> bytes:
    reference = box("dref", bytes(7), b"\1", box("url ", bytes(3), bytes([here])))
    samples = box("stbl", box("stsd", bytes(7), b"\1", box(codec, bytes(16))))
    return box("trak", box("mdia", box("minf", box("dinf", reference), samples)))


def header(*more: bytes, seconds: int = 3) -> bytes:
    return box(
        "moov", box("mvhd", bytes(12), struct.pack(">II", 1000, seconds * 1000)), *more
    )


FTYP, DATA = box("ftyp", b"isom"), box("mdat", b"pictures")
COVER = box(
    "udta",
    box("meta", bytes(4), box("ilst", box("covr", box("data", bytes(8), b"JPEG")))),
)
GOOD = FTYP + header(track(), track("mp4a"), COVER) + DATA


def read(data: bytes) -> mp4.Mp4:
    return mp4.read(io.BytesIO(data))


def test_length_and_cover_are_read() -> None:
    assert read(GOOD) == (3.0, b"JPEG")
    assert read(FTYP + header(track()) + DATA).cover == b""


@pytest.mark.parametrize(
    "data",
    {
        "nothing": b"",
        "a picture": b"\xff\xd8\xff\xe0" + bytes(100),
        "no beginning": GOOD[20:],
        "no data": FTYP + header(track()),
        "no tables": FTYP + DATA,
        "two tables": FTYP + header(track()) * 2 + DATA,
        "no picture": FTYP + header(track("mp4a")) + DATA,
        "another codec": FTYP + header(track("hvc1")) + DATA,
        "one more codec": FTYP + header(track(), track("tx3g")) + DATA,
        "data elsewhere": FTYP + header(track(here=0)) + DATA,
        "a trailer": GOOD + b"PK\x03\x04 and an archive",
        "a box of another kind": GOOD + box("uuid", b"<script>"),
        "a box without end": GOOD + struct.pack(">I4s", 0, b"free"),
        "no scale": FTYP + box("moov", box("mvhd", bytes(20)), track()) + DATA,
        "huge tables": FTYP
        + header(track(), box("free", bytes(mp4.MOST_HEADER_BYTES)))
        + DATA,
    }.items(),
    ids=lambda item: item[0],
)
def test_anything_else_is_no_video(data: tuple[str, bytes]) -> None:
    with pytest.raises(Mp4Error):
        read(data[1])


def test_a_video_cut_at_any_byte_is_none() -> None:
    for length in range(len(GOOD)):
        with pytest.raises(Mp4Error):
            read(GOOD[:length])


def test_a_video_with_any_byte_wrong_breaks_nothing() -> None:
    for place in range(len(GOOD)):
        for value in (0, 1, 0x7F, 0xFF):
            broken = bytearray(GOOD)
            broken[place] = value
            try:
                read(bytes(broken))
            except Mp4Error:
                continue
