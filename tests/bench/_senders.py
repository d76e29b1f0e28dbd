"""Bays that bring photos and videos, in a process of their own: the agent's outbox,
publisher, store and uploader behind a network that breaks."""

import io
import json
import multiprocessing
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import numpy as np
from PIL import Image

from edge_agent import identity, video
from edge_agent.media import MediaStore
from edge_agent.uploader import Uploader
from tests.bench import _lives
from tests.bench._bays import Tally, Worker
from tests.bench._cutting import CuttingRelay
from tests.bench._lives import Step
from tests.bench._world import SimulatedBay
from workbay_contract.events import MediaRef, NodeEvent
from workbay_contract.types import sha256

MEGABYTE = 1024 * 1024
VIDEO_SHARE = 0.8
"""Of the bytes."""
VIDEO_SECONDS = 45
PHOTO_SIDE = (2304, 1728)
PER_EVENT = 10
BUDGET = 8 * 1024 * MEGABYTE
READY_SECONDS = 180


@dataclass(frozen=True)
class Load:
    """What the bays are to bring, and through what.

    :ivar size: bytes of all bays together.
    :ivar cut: bytes of a connection until it breaks, on average.
    :ivar rate: bytes per second of a bay's uploads.
    :ivar disk: where the files lie meanwhile.
    """

    size: int
    cut: float
    rate: float
    disk: Path
    seed: int


class Senders:
    """``with`` bounds the life of the process."""

    def __init__(self, bays: Sequence[SimulatedBay], load: Load) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(there, bays, load), daemon=True
        )
        self._process.start()
        there.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pipe.close()
        self._process.join(20)
        if self._process.is_alive():
            self._process.kill()

    def ask(self, command: str) -> Any:
        """``ready``: make the files and go online. ``go``: record the events that name
        them; how many bytes in how many files. ``left``: files not uploaded yet, and
        connections cut so far. ``stop``: the hashes of all of them."""
        self._pipe.send(command)
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Sender(Worker):
    """A bay whose events name real files."""

    def __init__(
        self, bay: SimulatedBay, files: list[bytes | Path], load: Load, port: int
    ) -> None:
        _aim(bay.folder, port)
        steps = (step for step in _lives.draw(bay, load.seed) if step.valid)
        super().__init__(bay, steps, Tally())
        folder = load.disk / bay.folder.name
        store = MediaStore(folder / "media", self._outbox, BUDGET, 0)
        self.refs = list(_put(files, folder / "media"))
        self._naming = iter(
            self.refs[first : first + PER_EVENT]
            for first in range(0, len(self.refs), PER_EVENT)
        )
        self._uploader = Uploader(
            self._identity,
            self._outbox,
            store,
            self._publisher.server_time,
            rate=load.rate,
        )

    def go(self) -> None:
        for _event in range(0, len(self.refs), PER_EVENT):
            assert self.confirm()
        self._uploader.start()

    @property
    def left(self) -> int:
        known = self._outbox.media.known()
        return sum(known.get(ref.sha256) != "uploaded" for ref in self.refs)

    def stop(self) -> None:
        self._uploader.stop()
        super().stop()

    def _event(self, seq: int, uuid: UUID, step: Step) -> NodeEvent:
        event = super()._event(seq, uuid, step)
        return event.model_copy(update={"media": tuple(next(self._naming))})


def _serve(pipe: Connection, bays: Sequence[SimulatedBay], load: Load) -> None:
    with ExitStack() as ending:
        senders: list[_Sender] = []
        relays: list[CuttingRelay] = []

        def ready() -> None:
            shares = _shares(len(bays), load)
            for bay, files in zip(bays, shares, strict=True):
                aim = json.loads((bay.folder / identity.DEVICE).read_text())
                port = urlsplit(aim["media_url"]).port
                assert port is not None
                relay = CuttingRelay(port, load.cut, f"{load.seed} {bay.folder.name}")
                relays.append(ending.enter_context(relay))
                senders.append(_Sender(bay, files, load, relay.port))
                senders[-1].start()
            until = time.monotonic() + READY_SECONDS
            while not all(sender.online for sender in senders):
                if time.monotonic() > until:
                    raise TimeoutError("not every bay came online with its board")
                time.sleep(0.1)

        def go() -> tuple[int, int]:
            for sender in senders:
                sender.go()
            refs = [ref for sender in senders for ref in sender.refs]
            return sum(ref.size for ref in refs), len(refs)

        def left() -> tuple[int, int]:
            cuts = sum(relay.cuts for relay in relays)
            return sum(sender.left for sender in senders), cuts

        def stop() -> list[str]:
            for sender in senders:
                sender.stop()
            return [ref.sha256 for sender in senders for ref in sender.refs]

        commands = {"ready": ready, "go": go, "left": left, "stop": stop}
        while True:
            try:
                command = pipe.recv()
            except EOFError:
                return
            try:
                answer: Any = commands[command]()
            except Exception as error:  # noqa: BLE001  the bench fails with it
                answer = error
            pipe.send(answer)


def _aim(folder: Path, port: int) -> None:
    """Have the bay take the relay for the bridge."""
    file = folder / identity.DEVICE
    device = json.loads(file.read_text())
    file.write_text(json.dumps(device | {"media_url": f"https://localhost:{port}"}))


def _put(files: list[bytes | Path], folder: Path) -> Iterator[MediaRef]:
    for number, file in enumerate(files):
        if isinstance(file, Path):
            # A box that nobody reads makes it another file than the one before.
            mark = f"{folder} {number}".encode()
            data = file.read_bytes()
            data += (len(mark) + 8).to_bytes(4, "big") + b"free" + mark
            kind = "video/mp4"
        else:
            data, kind = file, "image/jpeg"
        ref = MediaRef(sha256=sha256(data), size=len(data), type=kind)
        (folder / ref.sha256).write_bytes(data)
        yield ref


def _shares(bays: int, load: Load) -> list[list[bytes | Path]]:
    """Photos and videos for each bay, in random order, of so many bytes together."""
    chance = random.Random(load.seed)
    film = _video(load.disk)
    shares: list[list[bytes | Path]] = [[] for _bay in range(bays)]
    size, turn = 0, 0
    videos = 0
    while size < load.size:
        share = shares[turn % bays]
        if videos * film.stat().st_size <= VIDEO_SHARE * size:
            share.append(film)
            videos += 1
            size += film.stat().st_size
        else:
            photo = _photo(chance.randrange(2**32))
            share.append(photo)
            size += len(photo)
        turn += 1
    for share in shares:
        chance.shuffle(share)
    return shares


def _photo(seed: int) -> bytes:
    """Noise of a fine grain, about as large as a camera's picture."""
    grain = np.random.default_rng(seed).integers(90, 150, (*PHOTO_SIDE[::-1], 3))
    data = io.BytesIO()
    Image.fromarray(grain.astype(np.uint8)).save(data, "JPEG", quality=90)
    return data.getvalue()


def _video(disk: Path) -> Path:
    """A minute's noise at the bay's own bounds: as large as a kept video gets."""
    disk.mkdir(parents=True, exist_ok=True)
    bare = Path(tempfile.mkstemp(dir=disk, suffix=".bare")[1])
    source = f"nullsrc=s=320x240:r=10:d={VIDEO_SECONDS},geq=random(1)*255:128:128"
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source),
            *("-c:v", "libx264", "-preset", "ultrafast", "-b:v", "4M"),
            *("-pix_fmt", "yuv420p", "-f", "mp4", str(bare)),
        ],
        check=True,
    )
    target = bare.with_suffix(".mp4")
    video.finish(bare, target)
    return target
