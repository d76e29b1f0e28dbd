"""A virtual bay from the outside: its desk, where paper is held up, and its kiosk."""

import io
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageOps

from workbay_deploy.story.errors import StoryError

PATIENCE = 30.0
"""Seconds in which a person in front of a bay would call for help."""
AWAY = 2.5
"""Seconds after which a bay takes paper that is shown again for a new scan."""
EDGE = 12
"""Pixels that scissors leave around what is printed: 2 mm."""


class Bay:
    """What a technician does: hold up paper, look at the screen, tap."""

    def __init__(self, name: str, url: str, folder: Path) -> None:
        self.name = name
        self._desk = folder / "desk"
        self._client = httpx.Client(base_url=url, headers={"Origin": url}, timeout=10)
        self._held: bytes | None = None
        self._put_away_at: dict[bytes, float] = {}

    def hold_up(self, name: str, picture: bytes) -> None:
        """Put one page in front of the camera, and nothing else."""
        self.put_away()
        # A person is slower than this: walks up, looks, lifts the paper.
        since = time.monotonic() - self._put_away_at.get(picture, -AWAY)
        time.sleep(max(0.0, AWAY - since))
        self._held = picture
        part = self._desk / f".{name}.part"
        part.write_bytes(picture)
        part.rename(self._desk / name)

    def put_away(self) -> None:
        if self._held is not None:
            self._put_away_at[self._held] = time.monotonic()
            self._held = None
        self._desk.mkdir(exist_ok=True)
        for path in self._desk.iterdir():
            path.unlink()

    def view(self) -> dict[str, Any]:
        """What the screen shows."""
        return self._get("/api/view?lang=en_US")

    def wait(
        self,
        what: str,
        seen: Callable[[dict[str, Any]], Any],
        patience: float = PATIENCE,
    ) -> Any:
        """Look at the screen until it shows ``what``.

        :raises StoryError: it does not within ``patience`` seconds.
        """
        until = time.monotonic() + patience
        while True:
            view = self.view()
            if found := seen(view):
                return found
            if time.monotonic() > until:
                raise StoryError(f"{self.name} does not show {what}; it shows {view}")
            time.sleep(0.1)

    def show(
        self,
        name: str,
        picture: bytes,
        what: str,
        seen: Callable[[dict[str, Any]], Any],
        patience: float = PATIENCE,
    ) -> Any:
        """Hold up a page until the screen shows ``what``.

        A page that the bay refuses is shown once more, as a person would: a badge or
        an order may be newer than what the bay knows.

        :raises StoryError: it does not within ``patience`` seconds.
        """
        until = time.monotonic() + patience
        while True:
            before = _refusals(self.view())
            self.hold_up(name, picture)
            self.wait(
                what,
                lambda view, before=before: seen(view) or _refusals(view) > before,
            )
            view = self.view()
            if found := seen(view):
                return found
            if time.monotonic() > until:
                raise StoryError(f"{self.name} says: {view['notice']['text']}")

    def photo(self) -> str:
        """Take a photo of what is in front of the camera.

        :return: its SHA-256.
        """
        return str(self._post("/api/photo", {})["sha256"])

    def confirm(self, job: int, node: str, reason: str | None = None) -> int:
        """Tap a node.

        :return: the event's sequence number, once it is on the bay's disk.
        """
        body = {"job": job, "node": node, "reason": reason}
        return int(self._post("/api/confirm", body)["seq"])

    def leave(self) -> None:
        self._post("/api/leave", {})

    def outcome(self, seq: int) -> dict[str, Any]:
        """Wait for Odoo's signed answer to an event.

        :return: its line on the screen.
        """

        def final(view: dict[str, Any]) -> Any:
            return next(
                (
                    row
                    for row in view["recent"]
                    if row["seq"] == seq and row["result"] != "waiting"
                ),
                None,
            )

        row: dict[str, Any] = self.wait(f"an outcome of event {seq}", final)
        if row["result"] != "accepted":
            raise StoryError(f"Odoo answered {row['result']}: {row['text']}")
        return row

    def _get(self, path: str) -> dict[str, Any]:
        return self._answer(self._client.get(path))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._answer(self._client.post(path, json=body))

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_error:
            raise StoryError(f"{self.name} answered: {response.text}")
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer


def _refusals(view: dict[str, Any]) -> int:
    """How many scans the bay has refused."""
    notice = view["notice"]
    return int(notice["number"]) if notice else 0


def photograph(pdf: bytes, folder: Path) -> bytes:
    """The first page of a PDF as the picture of a printed sheet (PNG, 150 dpi)."""
    source, target = folder / "page.pdf", folder / "page"
    source.write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-png", "-r", "150", "-singlefile", source, target], check=True
    )
    return target.with_suffix(".png").read_bytes()


def cut_out(picture: bytes) -> bytes:
    """What is printed on the page, without the empty paper around it (PNG).

    A badge is cut out of its sheet; nobody holds a whole page up for it.
    """
    page = Image.open(io.BytesIO(picture)).convert("L")
    printed = ImageOps.invert(page).getbbox() or (0, 0, *page.size)
    card = ImageOps.expand(page.crop(printed), border=EDGE, fill="white")
    target = io.BytesIO()
    card.save(target, "PNG")
    return target.getvalue()
