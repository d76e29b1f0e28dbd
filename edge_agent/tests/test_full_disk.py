"""A bay whose disk is full for photos: the work goes on, and nobody is left to believe
that a picture will come."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from PIL import Image
from sqlalchemy.exc import OperationalError

from edge_agent.bay import MAX_PHOTOS
from edge_agent.camera import CameraFeed
from edge_agent.camera.virtual import VirtualSource
from edge_agent.kiosk import Notices, build_app
from edge_agent.kiosk.guard import allowed_hosts
from edge_agent.media import PREVIEW, normalised
from edge_agent.outbox import Outbox
from edge_agent.view import Recorded, Refusal, View
from workbay_contract.events import MediaRef, NodeEvent, decode_event
from workbay_contract.media import NO_ROOM
from workbay_contract.types import sha256

from . import kiosk_bay as kb
from .kiosk_bay import KioskBay
from .test_kiosk_evidence import signature
from .test_media import photo

URL = "http://127.0.0.1:8080"
ROOM = 2**28


class World:
    """Li Wei has begun a job whose finish demands a photo, and the budget is spent."""

    def __init__(self, folder: Path) -> None:
        self.kiosk = KioskBay.within(folder)
        self.kiosk.send_board()
        self.bay, self.media = self.kiosk.bay, self.kiosk.media
        self.come()
        assert isinstance(self.bay.confirm(kb.PADS, "start"), Recorded)
        self.spend()

    def come(self, person: int = kb.LI_WEI, sheet: str = kb.SHEET) -> None:
        self.kiosk.come(person, sheet)

    def spend(self) -> None:
        self.media._budget = 0

    def free(self) -> None:
        self.media._budget = ROOM

    def take(self, seed: int = 1, size: int = 600) -> str:
        taken = self.bay.add_photo(photo(seed, size))
        assert isinstance(taken, MediaRef), taken
        return taken.sha256

    def finish(self) -> NodeEvent:
        recorded = self.bay.confirm(kb.PADS, "finish")
        assert isinstance(recorded, Recorded), recorded
        event = decode_event(self.kiosk.outbox.recent(1)[0].data)
        assert isinstance(event, NodeEvent)
        return event

    def view(self) -> View:
        return self.bay.view("en_US")

    def left(self) -> list[str]:
        """What is on the disk or in memory of photos."""
        files = (path.name for path in (self.kiosk.folder / "media").iterdir())
        return [*files, *self.media._previews]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.kiosk.close()


def app(world: World) -> TestClient:
    feed = CameraFeed(lambda: VirtualSource(world.kiosk.folder))
    made = build_app(
        world.bay,
        feed,
        Notices(),
        allowed_hosts("127.0.0.1", 8080),
        typed=world.bay.scanned,
    )
    return TestClient(made, base_url=URL, headers={"Origin": URL})


def reasons(outbox: Outbox) -> dict[str, tuple[str, str | None]]:
    """What is kept of each photo that an event names."""
    with outbox._read() as db:
        rows = db.exec_driver_sql("SELECT sha256, state, reason FROM media")
        return {name: (state, reason) for name, state, reason in rows}


def test_a_photo_that_is_not_kept_counts_as_any_other(world: World) -> None:
    data = normalised(photo())
    name = world.take(seed=0)
    view = world.view()
    assert [(each.sha256, each.kept) for each in view.photos] == [(sha256(data), False)]
    assert view.not_kept == 1, "it is told before anything is confirmed"
    event = world.finish()
    assert event.media == (MediaRef(sha256=name, size=len(data)),)
    assert reasons(world.kiosk.outbox) == {name: ("waiting", NO_ROOM)}
    assert world.left() == []
    view = world.view()
    assert (view.photos, view.not_kept) == ((), 0)
    assert view.order is not None
    assert view.order.jobs[0].phase == "done"


def test_it_is_looked_at_in_the_screens_size(world: World) -> None:
    client = app(world)

    def ask(name: str) -> Response:
        response: Response = client.get(f"/api/photo/{name}")
        return response

    name = world.take(size=1600)
    shown = ask(name)
    assert shown.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert max(picture.size) <= max(PREVIEW)
    assert client.get("/api/view").json()["photos"][0]["kept"] is False
    client.post(f"/api/photo/{name}/discard", json={})
    assert ask(name).status_code == 404
    again = world.take(seed=2)
    assert ask(again).status_code == 200
    world.finish()
    assert ask(again).status_code == 404, "it is nobody's to look at any more"


AGENT = """
import json, sys
from edge_agent import identity, media, outbox
from edge_agent.bay import Bay
from edge_agent.clock import SystemClock
from edge_agent.server_time import ServerTime
from edge_agent.settings import Settings
settings = Settings()
who, clock = identity.load(settings.data_dir), SystemClock()
kept = outbox.Outbox(settings.data_dir / outbox.FILE, who)
store = media.MediaStore(
    settings.data_dir / media.FOLDER,
    kept,
    settings.media_budget_mb * media.MEGABYTE,
    settings.disk_reserve_mb * media.MEGABYTE,
)
bay = Bay(who, kept, store, clock, ServerTime(clock), lambda: "offline")
for code in sys.argv[2:4]:
    assert bay.scanned(code).changed
size = int(sys.argv[1])
photos = sys.stdin.buffer.read()
taken = []
while not bay.view().not_kept:
    taken.append(bay.add_photo(photos[:size]).sha256)
    photos = photos[size:]
done = bay.confirm(int(sys.argv[4]), "finish")
with kept._read() as db:
    rows = db.exec_driver_sql("SELECT sha256, reason FROM media ORDER BY id").all()
print(json.dumps([taken, type(done).__name__, [list(row) for row in rows]]))
"""


@pytest.mark.parametrize(
    ("mount", "kept"),
    [
        pytest.param("", 7, id="the budget is spent"),
        pytest.param("mount -t tmpfs -o size=64m,nr_inodes=1 none", 0, id="ENOSPC"),
    ],
)
def test_a_bay_with_its_real_settings_works_on_when_it_is_full(
    world: World, mount: str, kept: int
) -> None:
    """ENOSPC: photos have a file system of their own, with free bytes and no file."""
    folder = world.kiosk.folder
    world.kiosk.close()
    photos = [photo(seed, 1600) for seed in range(10)]
    size = max(map(len, photos))
    run = f'exec {sys.executable} -c "$0" "$@"'
    command = ["bash", "-c", f"{mount} {folder}/media && {run}" if mount else run]
    if mount:
        command = ["unshare", "--user", "--map-root-user", "--mount", *command]
    done = subprocess.run(
        [*command, AGENT, str(size), kb.badge(), kb.sheet(), str(kb.PADS)],
        input=b"".join(each.ljust(size, b"\0") for each in photos),
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "BAY_DATA_DIR": str(folder),
            "BAY_MEDIA_BUDGET_MB": "16",
            "BAY_DISK_RESERVE_MB": "1",
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    taken, answer, rows = json.loads(done.stdout)
    assert answer == "Recorded"
    assert len(taken) == kept + 1
    assert rows == [[name, None] for name in taken[:-1]] + [[taken[-1], NO_ROOM]]
    assert b"No space left" in done.stderr or not mount


def test_of_two_photos_one_may_be_kept(world: World) -> None:
    world.free()
    kept = world.take(1)
    world.spend()
    taken = world.take(2)
    assert [each.kept for each in world.view().photos] == [True, False]
    assert [media.sha256 for media in world.finish().media] == [kept, taken]
    assert reasons(world.kiosk.outbox) == {
        kept: ("waiting", None),
        taken: ("waiting", NO_ROOM),
    }


def test_room_alone_brings_nothing_back_and_the_same_photo_anew_is_kept(
    world: World,
) -> None:
    name = world.take()
    assert world.take() == name
    world.free()
    assert world.view().not_kept == 1
    assert world.take() == name
    view = world.view()
    assert ([each.kept for each in view.photos], view.not_kept) == ([True], 0)
    world.finish()
    assert reasons(world.kiosk.outbox) == {name: ("waiting", None)}
    assert world.left() == [name]


@pytest.mark.parametrize(
    "end", ["badge", "order", "leave", "retake", "restart", "nobody"]
)
def test_what_is_not_confirmed_leaves_nothing_behind(
    world: World, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = kb.order().model_copy(
        update={"id": 72, "sheet": kb.token_hash(kb.OTHER_SHEET)}
    )
    world.kiosk.send_board(2, orders=(kb.order(), other))
    name = world.take()
    signed = world.bay.sign(kb.PADS, "finish", signature())
    assert isinstance(signed, MediaRef)
    assert sorted(world.left()) == sorted([name, signed.sha256])
    if end == "badge":
        world.come(kb.SMITH)
    elif end == "order":
        world.come(sheet=kb.OTHER_SHEET)
    elif end == "leave":
        world.bay.clear_session()
    elif end == "retake":
        world.bay.drop_photo(name)
        world.bay.sign(kb.PADS, "finish", signature(700))
        world.bay.clear_session()
    elif end == "restart":
        world.bay.close()
        world.media = world.kiosk.store()
    else:
        now = world.kiosk.clock.mono_ms()
        monkeypatch.setattr(world.kiosk.clock, "mono_ms", lambda: now + 3_600_000)
    assert world.view().not_kept == 0
    assert world.left() == []
    assert reasons(world.kiosk.outbox) == {}


def test_a_photo_for_somebody_who_left_meanwhile_is_nobodys(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = world.media.keep

    def slow(image: bytes) -> MediaRef:
        taken = keep(image)
        world.come(kb.SMITH)
        return taken

    monkeypatch.setattr(world.media, "keep", slow)
    refused = world.bay.add_photo(photo())
    assert isinstance(refused, Refusal)
    assert refused.code == "scan_badge_first"
    assert world.left() == []


def test_memory_is_bounded_by_what_one_event_can_name(world: World) -> None:
    for seed in range(MAX_PHOTOS):
        world.take(seed, 900)
    refused = world.bay.add_photo(photo(99))
    assert isinstance(refused, Refusal)
    assert len(world.media._previews) == MAX_PHOTOS
    # Noise is the worst that a camera can see.
    assert sum(map(len, world.media._previews.values())) < MAX_PHOTOS * 256 * 1024
    world.finish()
    assert world.left() == []


def test_a_signature_takes_the_same_way(world: World) -> None:
    nodes = tuple(
        node.model_copy(update={"photos": 0, "signature": "customer"})
        if node.code == "finish"
        else node
        for node in kb.process().nodes
    )
    world.kiosk.send_board(2, processes={1: kb.Process(code="repair", nodes=nodes)})
    signed = world.bay.sign(kb.PADS, "finish", signature())
    assert isinstance(signed, MediaRef)
    assert world.view().not_kept == 1
    event = world.finish()
    assert event.signature == signed.sha256
    assert reasons(world.kiosk.outbox) == {signed.sha256: ("waiting", NO_ROOM)}


def test_what_is_to_be_told_survives_a_restart(world: World) -> None:
    name = world.take()
    world.finish()
    world.kiosk.close()
    again = Outbox(world.kiosk.folder / "outbox.sqlite", world.kiosk.identity)
    try:
        assert reasons(again) == {name: ("waiting", NO_ROOM)}
    finally:
        again.close()


def test_an_event_that_is_not_recorded_keeps_the_photo_in_hand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = world.take()
    monkeypatch.setattr(world.kiosk.outbox, "record", _refuse)
    refused = world.bay.confirm(kb.PADS, "finish")
    assert isinstance(refused, Refusal)
    assert refused.code == "not_recorded"
    monkeypatch.undo()
    assert world.media.preview(name) is not None
    assert [media.sha256 for media in world.finish().media] == [name]


def _refuse(*_: object, **__: object) -> None:
    raise OperationalError("INSERT", {}, Exception("disk is full"))
