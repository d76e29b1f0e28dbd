import io
from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge_agent.camera.picamera import PHOTO_SIZE
from edge_agent.identity import Identity
from edge_agent.media import (
    FOLDER,
    MEGABYTE,
    MediaStore,
    PhotoError,
    normalised,
)
from edge_agent.outbox import FILE, Outbox
from edge_agent.settings import Settings
from workbay_contract.events import MediaRef
from workbay_contract.types import sha256

from . import making

ROTATED_RIGHT = 6
PHOTO = Path(__file__).parents[2] / "deploy/workbay_deploy/story/photo.jpg"
"""What the demo's camera sees."""


def photo(seed: int = 0, size: int = 600) -> bytes:
    """Noise, which does not compress."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size, size, 3), np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def from_a_phone() -> bytes:
    """Lying on its side, red at the top as taken, with place and maker in it."""
    image = Image.new("RGB", (80, 40), "blue")
    image.paste("red", (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = ROTATED_RIGHT
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 0.0)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def store(device: Identity, outbox: Outbox, budget: int = 16, reserve: int = 0):
    return MediaStore(
        device.folder / FOLDER, outbox, budget * MEGABYTE, reserve * MEGABYTE
    )


def name_in_event(
    outbox: Outbox, device: Identity, media: MediaRef, not_kept: Collection[str] = ()
) -> None:
    event = making.event(device.device, [media])
    outbox.record(event, making.TESS, not_kept=not_kept)


def answered(outbox: Outbox, result: str, effect: str) -> None:
    batch = outbox.open_batch()
    assert batch is not None
    outbox.settle(making.outcomes(batch.payload, result, effect))


def test_a_photo_is_kept_upright_and_without_place(
    device: Identity, outbox: Outbox
) -> None:
    raw = from_a_phone()
    assert b"Exif" in raw
    media = store(device, outbox)
    kept = media.keep(raw)
    path = media.path(kept.sha256)
    assert path is not None
    data = path.read_bytes()
    assert b"Exif" not in data
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (40, 80)
        assert not image.getexif()
        red, _, blue = image.getpixel((20, 5))
        assert red > 200 > 60 > blue
    assert (sha256(data), len(data)) == (kept.sha256, kept.size)


@pytest.mark.parametrize("raw", [b"", b"no picture", b"\xff\xd8\xff\xe0 torn"])
def test_what_is_no_picture_is_refused(
    device: Identity, outbox: Outbox, raw: bytes
) -> None:
    with pytest.raises(PhotoError, match="photo_unreadable"):
        store(device, outbox).keep(raw)


def test_a_spent_budget_takes_photos_without_keeping_them(
    device: Identity, outbox: Outbox
) -> None:
    media = store(device, outbox, budget=1)
    kept = media.keep(photo(1, size=900))
    name_in_event(outbox, device, kept)
    raw = photo(2, size=900)
    taken = media.keep(raw)
    data = normalised(raw)
    assert taken == MediaRef(sha256=sha256(data), size=len(data))
    assert media.not_kept((kept, taken)) == {taken.sha256}
    assert [path.name for path in (device.folder / FOLDER).iterdir()] == [kept.sha256]
    preview = media.preview(taken.sha256)
    assert preview is not None
    with Image.open(io.BytesIO(preview)) as picture:
        assert picture.size == (480, 480), "no more than a screen shows"
    assert media.preview(kept.sha256) is None


def test_photos_leave_the_reserve_of_the_disk_alone(
    device: Identity, outbox: Outbox
) -> None:
    media = store(device, outbox, reserve=10**9)
    taken = media.keep(photo())
    assert media.not_kept([taken])
    assert media.is_full()


def test_of_a_photo_not_kept_nothing_is_left_once_it_is_dropped_or_let_go(
    device: Identity, outbox: Outbox
) -> None:
    media = store(device, outbox, budget=0)
    dropped, confirmed = media.keep(photo(1)), media.keep(photo(2))
    media.drop(dropped.sha256)
    media.let_go([confirmed.sha256])
    assert not media._previews
    assert not list((device.folder / FOLDER).iterdir())


def test_the_same_photo_taken_again_with_room_is_kept(
    device: Identity, outbox: Outbox
) -> None:
    media = store(device, outbox, budget=0)
    taken = media.keep(photo())
    media._budget = MEGABYTE
    assert media.not_kept([taken]), "room alone brings nothing back"
    assert media.keep(photo()) == taken
    assert not media.not_kept([taken])
    assert not media._previews


@pytest.mark.parametrize(
    ("result", "effect"), [("accepted", "applied"), ("rejected", "none")]
)
def test_photos_not_needed_any_more_make_room(
    device: Identity, outbox: Outbox, result: str, effect: str
) -> None:
    media = store(device, outbox, budget=1)
    first = media.keep(photo(1, size=900))
    name_in_event(outbox, device, first)
    answered(outbox, result, effect)
    if result == "accepted":
        outbox.media.mark(first.sha256, "uploaded")
    media.keep(photo(2, size=900))
    assert media.path(first.sha256) is None


def test_a_photo_of_an_event_is_not_dropped(device: Identity, outbox: Outbox) -> None:
    media = store(device, outbox)
    named, loose = media.keep(photo(1)), media.keep(photo(2))
    name_in_event(outbox, device, named)
    media.drop(named.sha256)
    media.drop(loose.sha256)
    assert media.path(named.sha256) is not None
    assert media.path(loose.sha256) is None


def test_what_no_event_names_is_gone_after_a_restart(
    device: Identity, outbox: Outbox
) -> None:
    media = store(device, outbox)
    named, loose = media.keep(photo(1)), media.keep(photo(2))
    name_in_event(outbox, device, named)
    (device.folder / FOLDER / f"{'a' * 64}.part").write_bytes(b"torn")
    store(device, outbox)
    left = [path.name for path in (device.folder / FOLDER).iterdir()]
    assert left == [named.sha256]
    assert loose.sha256 != named.sha256


@pytest.mark.parametrize("name", ["", "../device.key", "a" * 63 + "/"])
def test_only_hashes_name_files(device: Identity, outbox: Outbox, name: str) -> None:
    assert store(device, outbox).path(name) is None


def test_the_file_is_whole_or_not_there(
    device: Identity, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    media = store(device, outbox)
    monkeypatch.setattr("os.fsync", full)
    taken = media.keep(photo())
    assert media.not_kept([taken])
    assert not list((device.folder / FOLDER).iterdir())
    monkeypatch.undo()
    name_in_event(outbox, device, taken, media.not_kept([taken]))
    assert outbox.counts().media == 1


def test_thirty_days_without_a_network_fit_the_default(
    device: Identity, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 events and 60 photos a day, each as large as the shipped camera's get."""
    monkeypatch.delenv("BAY_MEDIA_BUDGET_MB", raising=False)
    settings = Settings(data_dir=device.folder)
    real = cv2.resize(cv2.imread(str(PHOTO)), PHOTO_SIZE)
    taken = normalised(cv2.imencode(".jpg", real)[1].tobytes())
    assert 30 * 60 * len(taken) < settings.media_budget_mb * MEGABYTE / 2
    file = device.folder / FILE
    before = file.stat().st_size
    media = MediaRef(sha256="a" * 64, size=len(taken))
    for number in range(300):
        ref = media.model_copy(update={"sha256": sha256(b"%d" % number)})
        outbox.record(making.event(device.device, [ref] * (number % 5 == 0)))
    outbox.close()
    a_day = file.stat().st_size - before
    assert 30 * a_day < settings.disk_reserve_mb * MEGABYTE


def test_a_bay_without_room_says_so_until_there_is_some(
    device: Identity, outbox: Outbox
) -> None:
    media = store(device, outbox)
    while not media.is_full():
        kept = media.keep(photo(size=1600, seed=len(list(media._folder.iterdir()))))
        name_in_event(outbox, device, kept, media.not_kept([kept]))
    name_in_event(outbox, device, MediaRef(sha256="b" * 64, size=1))
    assert outbox.counts().events, "events are taken all the same"
    answered(outbox, "accepted", "applied")
    for name in outbox.media.known():
        outbox.media.mark(name, "uploaded")
    assert not media.is_full()
    media.keep(photo(size=1600, seed=999))
