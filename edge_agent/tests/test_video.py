"""Videos from phones and from the bay's camera, and files that only claim to be."""

import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from edge_agent.camera import CameraFeed
from edge_agent.camera.virtual import VirtualSource
from edge_agent.identity import Identity
from edge_agent.media import MediaStore, PhotoError
from edge_agent.outbox import Outbox
from edge_agent.recorder import Recorder
from edge_agent.video import LONG_SIDE, GivenUpError, VideoError
from tests.support.filming import PLACE, film, from_an_iphone, streams
from workbay_contract import mp4
from workbay_contract.events import MAX_VIDEO_SECONDS, MediaRef
from workbay_contract.types import sha256

from .test_media import from_a_phone, store


@pytest.fixture
def media(device: Identity, outbox: Outbox) -> MediaStore:
    return store(device, outbox, budget=256)


def made(media: MediaStore, kept: MediaRef) -> Path:
    path = media.path(kept.sha256)
    assert path is not None
    data = path.read_bytes()
    assert (kept.type, kept.size, kept.sha256) == ("video/mp4", len(data), sha256(data))
    return path


def left(media: MediaStore) -> list[Path]:
    return list(media._making.iterdir())


def test_an_iphones_video_is_made_h264_upright_and_placeless(
    media: MediaStore, tmp_path: Path
) -> None:
    source = from_an_iphone(tmp_path / "-i evil.mov")
    assert PLACE.encode() in source.read_bytes()
    path = made(media, media.keep_video(source))
    data = path.read_bytes()
    assert PLACE.encode() not in data
    assert b"Lavf" not in data
    picture, sound, cover = streams(path)
    assert picture == ("h264", "360", "640", "yuv420p")
    assert sound[0] == "aac"
    assert cover[:3] == ("mjpeg", "288", "512")
    with path.open("rb") as file:
        said = mp4.read(file)
    assert said.seconds == pytest.approx(2, abs=0.3)
    assert said.cover.startswith(b"\xff\xd8\xff")
    assert b"moov" in data[:64], "it can be shown before it has come as a whole"
    assert not source.exists()
    assert left(media) == []


def test_a_large_video_is_made_smaller_and_the_same_one_twice_is_one(
    media: MediaStore, tmp_path: Path
) -> None:
    def again() -> MediaRef:
        return media.keep_video(
            film(tmp_path / "large.mp4", 1, "2560x1440", extra="-bitexact")
        )

    kept = again()
    assert streams(made(media, kept))[0][1:3] == (str(LONG_SIDE), "720")
    assert again() == kept


def test_a_video_longer_than_the_bound_is_refused(
    media: MediaStore, tmp_path: Path
) -> None:
    long = film(tmp_path / "long.mp4", MAX_VIDEO_SECONDS + 2, "64x64")
    with pytest.raises(VideoError, match="video_long") as refused:
        media.keep_video(long)
    assert refused.value.params == {"most": MAX_VIDEO_SECONDS}


def playlist(good: bytes, secret: Path) -> bytes:
    return f"#EXTM3U\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n".encode()


def concatenation(good: bytes, secret: Path) -> bytes:
    return f"ffconcat version 1.0\nfile {secret}\n".encode()


def truncated(good: bytes, secret: Path) -> bytes:
    return good[: len(good) * 2 // 3]


def headless(good: bytes, secret: Path) -> bytes:
    return good[200:]


def picture(good: bytes, secret: Path) -> bytes:
    return from_a_phone()


def page(good: bytes, secret: Path) -> bytes:
    return b"<script>alert(1)</script>" + good


def nothing(good: bytes, secret: Path) -> bytes:
    return b""


@pytest.mark.parametrize(
    "hostile",
    [playlist, concatenation, truncated, headless, picture, page, nothing],
)
@pytest.mark.parametrize("front", [False, True])
def test_what_is_no_whole_video_is_refused_and_leaves_nothing(
    media: MediaStore, tmp_path: Path, hostile, front: bool
) -> None:
    secret = film(tmp_path / "secret.mp4", 1, "64x64")
    extra = "-movflags +faststart" if front else ""
    good = film(tmp_path / "good.mp4", extra=extra).read_bytes()
    source = media.incoming()
    source.write_bytes(hostile(good, secret))
    with pytest.raises(VideoError, match="video_unreadable"):
        media.keep_video(source)
    assert left(media) == []


def test_a_bomb_of_pixels_is_refused_at_once(media: MediaStore, tmp_path: Path) -> None:
    bomb = film(tmp_path / "bomb.mp4", 1, "8192x8192", extra="-r 2")
    begun = time.monotonic()
    with pytest.raises(VideoError, match="video_unreadable"):
        media.keep_video(bomb)
    assert time.monotonic() - begun < 20
    assert left(media) == []


def test_what_a_file_carries_beside_its_video_does_not_survive(
    media: MediaStore, tmp_path: Path
) -> None:
    source = film(tmp_path / "polyglot.mp4", 1)
    with source.open("ab") as file:
        payload = b"PK\x03\x04<?php evil() ?>" * 100
        file.write(struct.pack(">I4s", len(payload) + 8, b"free") + payload)
    data = made(media, media.keep_video(source)).read_bytes()
    assert b"evil" not in data


def test_a_video_is_given_up_before_it_is_looked_into(
    media: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.video.LOOK_SECONDS", 0.001)
    heard: list[float] = []

    def unwanted(done: float) -> bool:
        heard.append(done)
        return False

    with pytest.raises(GivenUpError):
        media.keep_video(film(tmp_path / "film.mp4"), heard=unwanted)
    assert heard == [0.0]
    assert left(media) == []


def test_without_room_a_video_is_refused(
    device: Identity, outbox: Outbox, tmp_path: Path
) -> None:
    full = store(device, outbox, reserve=10**9)
    with pytest.raises(PhotoError, match="media_full"):
        full.incoming()
    spent = store(device, outbox, budget=0)
    with pytest.raises(PhotoError, match="media_full"):
        spent.incoming()
    with pytest.raises(PhotoError, match="media_full"):
        spent.keep_video(film(tmp_path / "film.mp4", 1))
    assert left(spent) == []


def test_what_was_being_made_is_gone_after_a_restart(
    device: Identity, outbox: Outbox, media: MediaStore
) -> None:
    media.incoming().write_bytes(b"half of an upload")
    assert left(store(device, outbox)) == []


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[CameraFeed]:
    (tmp_path / "desk").mkdir()
    feed = CameraFeed(lambda: VirtualSource(tmp_path / "desk"))
    feed.start()
    yield feed
    feed.stop()


def test_the_bays_camera_records_a_video(camera: CameraFeed, media: MediaStore) -> None:
    recorder = Recorder(camera, media)
    assert recorder.seconds is None
    begun = time.monotonic()
    recorder.start()
    with pytest.raises(VideoError, match="video_busy"):
        recorder.start()
    time.sleep(2)
    assert recorder.seconds == pytest.approx(2, abs=1)
    path = made(media, recorder.stop())
    lasted = time.monotonic() - begun
    assert streams(path)[0] == ("h264", "1280", "720", "yuv420p")
    with path.open("rb") as file:
        assert 1.9 <= mp4.read(file).seconds <= lasted + 0.2
    assert left(media) == []


def test_a_recording_ends_by_itself_at_the_bound(
    camera: CameraFeed, media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.recorder.MAX_VIDEO_SECONDS", 1)
    recorder = Recorder(camera, media)
    recorder.start()
    time.sleep(3)
    assert recorder.seconds == pytest.approx(1, abs=0.5)
    with made(media, recorder.stop()).open("rb") as file:
        assert mp4.read(file).seconds == pytest.approx(1, abs=0.3)


def test_a_recording_that_is_given_up_leaves_nothing(
    camera: CameraFeed, media: MediaStore
) -> None:
    recorder = Recorder(camera, media)
    recorder.start()
    recorder.cancel()
    recorder.cancel()
    assert left(media) == []
    with pytest.raises(VideoError, match="video_unreadable"):
        recorder.stop()


def test_a_recording_whose_encoder_dies_is_no_video(
    camera: CameraFeed, media: MediaStore
) -> None:
    recorder = Recorder(camera, media)
    recorder.start()
    assert recorder._running is not None
    recorder._running._encoder.kill()
    with pytest.raises(VideoError, match="video_unreadable"):
        recorder.stop()
    assert left(media) == []


def test_the_picture_of_a_photo_bomb_is_never_decoded(media: MediaStore) -> None:
    small = from_a_phone()
    bomb = small.replace(struct.pack(">HH", 40, 80), struct.pack(">HH", 65000, 65000))
    assert bomb != small
    with pytest.raises(PhotoError, match="photo_unreadable"):
        media.keep(bomb)


def test_half_a_photo_is_refused(media: MediaStore) -> None:
    whole = from_a_phone()
    with pytest.raises(PhotoError, match="photo_unreadable"):
        media.keep(whole[: len(whole) * 2 // 3])


def test_a_photos_trailer_does_not_survive(media: MediaStore) -> None:
    kept = media.keep(from_a_phone() + b"PK\x03\x04 evil")
    path = media.path(kept.sha256)
    assert path is not None
    assert b"evil" not in path.read_bytes()
    with Image.open(path) as image:
        image.load()
