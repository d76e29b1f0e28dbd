"""What the kiosk's page may ask, as HTTP.

Answers carry the bay's own words; a refusal is a 409 with its code and text. Handlers
are plain functions, so that each runs in a thread and may wait for the disk.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, Query, Response
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles

from edge_agent import __version__
from edge_agent.bay import Bay
from edge_agent.camera import CameraError, CameraFeed, Handed
from edge_agent.filming import Filming
from edge_agent.kiosk import pictures
from edge_agent.kiosk.answers import Nothing, PhotoHash, answer, no_camera
from edge_agent.kiosk.events import Pushes
from edge_agent.kiosk.films import add_films
from edge_agent.kiosk.guard import Guard, Upload
from edge_agent.kiosk.notices import Notices
from edge_agent.kiosk.pairing import Pairing, add_pairing
from edge_agent.kiosk.scanning import Typed, add_scanning, uploads
from workbay_contract.checks import Value
from workbay_contract.pictures import TYPE
from workbay_contract.types import Code, Message, RecordId

STATIC = Path(__file__).with_name("static")
LIVE_SECONDS = 2.0
SIGNATURE_PATH = "/api/signature"
MAX_SIGNATURE = 512 * 1024
FOR_EVER = "private, max-age=31536000, immutable"
"""Of what is asked for by its hash."""

Lang = Annotated[str | None, Query(pattern=r"^[a-z]{2}_[A-Z]{2}$")]


class Confirm(Message):
    """A tap on a node."""

    job: RecordId
    node: Code
    reason: Code | None = None


class CheckStep(Message):
    """A step checked off, or taken back."""

    job: RecordId
    step: RecordId
    value: Value | None = None
    done: bool = True


class LookAt(Message):
    """A job that is looked at."""

    job: RecordId


class TickItem(Message):
    """A line of a node's checklist ticked or taken back, or a value that it demands."""

    job: RecordId
    node: Code
    item: Code
    value: Value | None = None
    done: bool = True


def build_app(
    bay: Bay,
    camera: CameraFeed,
    notices: Notices,
    hosts: Collection[str],
    *,
    typed: Typed,
    handed: Handed | None = None,
    sounds: bool = True,
    pairing: Pairing | None = None,
    filming: Filming | None = None,
) -> FastAPI:
    """The kiosk of one bay; ``app.state.pushes`` ends its event streams.

    :param hosts: what ``Host`` may say, as ``guard.allowed_hosts`` gives it.
    :param typed: takes what a hand-held scanner typed into the page.
    :param handed: takes the page's camera, where that is this bay's.
    :param sounds: whether the page is to be heard: the bay has no buzzer.
    :param pairing: pairs phones, where that is switched on.
    :param filming: makes videos, where their programs are installed.
    """
    app = FastAPI(
        title="Workbay kiosk", docs_url=None, redoc_url=None, openapi_url=None
    )
    taken = {**uploads(handed), SIGNATURE_PATH: Upload("image/jpeg", MAX_SIGNATURE)}
    app.add_middleware(Guard, hosts=frozenset(hosts), uploads=taken)
    app.state.pushes = Pushes(bay, notices)
    state = States(notices, camera, handed is not None, sounds, pairing, filming)
    _add_views(app, bay, camera, state)
    _add_actions(app, bay)
    _add_evidence(app, bay)
    _add_pictures(app, bay, camera)
    add_scanning(app, typed, handed)
    if pairing is not None:
        add_pairing(app, pairing)
    if filming is not None:
        add_films(app, bay, filming)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


@dataclass(frozen=True)
class States:
    """What a page shows beside the bay's own view.

    :ivar lends: whether the page is to lend its own camera to the bay.
    """

    notices: Notices
    camera: CameraFeed
    lends: bool
    sounds: bool
    pairing: Pairing | None
    filming: Filming | None

    def dump(self) -> dict[str, Any]:
        notice, filming = self.notices.last(), self.filming
        return {
            **told(self.camera, self.lends),
            "sounds": self.sounds,
            "phones": self.pairing.phones.count if self.pairing else None,
            "notice": notice.model_dump(mode="json") if notice else None,
            "film": filming.view().model_dump(mode="json") if filming else None,
            "film_left": filming.left() if filming else None,
        }


def _add_views(app: FastAPI, bay: Bay, camera: CameraFeed, state: States) -> None:
    page_hash = _page_hash()

    def shown(lang: str | None) -> dict[str, Any]:
        # The state first: a video that is there is then among the view's photos.
        beside = state.dump()
        return {
            **bay.view(lang).model_dump(mode="json"),
            **beside,
            "page": page_hash,
        }

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", media_type="text/html")

    @app.get("/api/view")
    def view(lang: Lang = None) -> dict[str, Any]:
        return shown(lang)

    @app.get("/api/events")
    async def events(lang: Lang = None) -> StreamingResponse:
        def render() -> str:
            return json.dumps(shown(lang), ensure_ascii=False)

        pushes: Pushes = app.state.pushes
        return StreamingResponse(pushes.stream(render), media_type="text/event-stream")

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", "version": __version__, "camera": camera.error}


def _add_actions(app: FastAPI, bay: Bay) -> None:
    @app.post("/api/confirm")
    def confirm(body: Confirm) -> Response:
        # Returns once the event is on the disk: only then may the page say so.
        return answer(bay.confirm(body.job, body.node, body.reason))

    @app.post("/api/job", status_code=204)
    def look_at(body: LookAt) -> None:
        bay.choose(body.job)

    @app.post("/api/leave", status_code=204)
    def leave(body: Nothing) -> None:
        bay.clear_session()


def _add_evidence(app: FastAPI, bay: Bay) -> None:
    @app.post("/api/check")
    def check(body: CheckStep) -> Response:
        if body.done:
            return answer(bay.check(body.job, body.step, body.value))
        bay.uncheck(body.job, body.step)
        return Response(status_code=204)

    @app.post("/api/tick")
    def tick(body: TickItem) -> Response:
        if body.done:
            return answer(bay.tick(body.job, body.node, body.item, body.value))
        bay.untick(body.job, body.node, body.item)
        return Response(status_code=204)

    @app.post(SIGNATURE_PATH)
    def sign(
        job: Annotated[RecordId, Query()],
        node: Annotated[Code, Query()],
        body: Annotated[bytes, Body(media_type="image/jpeg")],
    ) -> Response:
        return answer(bay.sign(job, node, body))


def _add_pictures(app: FastAPI, bay: Bay, camera: CameraFeed) -> None:
    @app.post("/api/photo")
    def take_photo(body: Nothing) -> Response:
        try:
            jpeg = pictures.photo_jpeg(camera.snapshot())
        except CameraError as error:
            return no_camera(error)
        return answer(bay.add_photo(jpeg))

    @app.get("/api/photo/{sha256}")
    def photo(sha256: PhotoHash) -> Response:
        path = bay.photo(sha256)
        if path is not None:
            return FileResponse(path, media_type="image/jpeg")
        preview = bay.preview(sha256)
        if preview is not None:
            return Response(preview, media_type="image/jpeg")
        return JSONResponse({"detail": "not on this bay's disk"}, 404)

    @app.get("/api/picture/{sha256}")
    def picture(sha256: PhotoHash) -> Response:
        path = bay.picture(sha256)
        if path is None:
            return JSONResponse({"detail": "not on this bay's disk"}, 404)
        headers = {"Cache-Control": FOR_EVER}
        return FileResponse(path, media_type=TYPE, headers=headers)

    @app.post("/api/photo/{sha256}/discard", status_code=204)
    def discard(sha256: PhotoHash, body: Nothing) -> None:
        bay.drop_photo(sha256)

    @app.get("/api/live.jpg")
    def live() -> Response:
        newest = camera.wait_frame(after=0, timeout=LIVE_SECONDS)
        if newest is None:
            return no_camera(CameraError(camera.error or "no picture"))
        return Response(pictures.live_jpeg(newest[1]), media_type="image/jpeg")


def told(camera: CameraFeed, lends: bool) -> dict[str, Any]:
    """What a page has to know of the camera."""
    return {"camera": camera.error, "black": camera.black, "lends": lends}


def _page_hash() -> str:
    """Changes with what the page is made of; an open page then loads itself anew."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
