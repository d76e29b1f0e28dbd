"""What a paired phone may ask: to see what is worked on, and to add photos and videos.

It listens apart from the kiosk, which stays on the bay itself.
"""

import asyncio
import logging
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Body, FastAPI, Header, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from edge_agent.bay import Bay
from edge_agent.filming import Film, Filming
from edge_agent.kiosk.answers import PhotoHash
from edge_agent.kiosk.app import STATIC
from edge_agent.kiosk.events import Pushes
from edge_agent.kiosk.guard import Guard, Upload
from edge_agent.kiosk.pairing import Pairing
from edge_agent.phone import Phones
from edge_agent.sitting import AtHand
from edge_agent.video import MAX_SOURCE_BYTES
from edge_agent.view import Refusal, View
from workbay_contract.events import MAX_PHOTO_BYTES
from workbay_contract.pictures import TYPE
from workbay_contract.types import Message

PHOTO_PATH = "/api/phone/photo"
VIDEO_PATH = "/api/phone/video"
VIDEO_TYPE = "application/octet-stream"
"""What it is, a phone may say as it likes; the bay looks for itself."""
WRITE_BYTES = 1024 * 1024
STALL_SECONDS = 20.0
"""So long a phone may be silent while it sends."""
FILES = {
    "phone.css": "text/css",
    "phone.js": "text/javascript",
    "strings/phone.json": "application/json",
    "icon.svg": "image/svg+xml",
}
"""All that a phone gets to load; nothing of the kiosk's own."""

_logger = logging.getLogger(__name__)

Bearer = Annotated[str, Header(max_length=200)]


class Code(Message):
    """The code that was scanned off the bay's screen."""

    code: Annotated[str, Field(min_length=1, max_length=100)]


def build_phone_app(
    bay: Bay, pairing: Pairing, filming: Filming | None = None
) -> FastAPI:
    """:param filming: makes videos, where their programs are installed."""
    app = FastAPI(
        title="Workbay phone", docs_url=None, redoc_url=None, openapi_url=None
    )
    split = urlsplit(pairing.url)
    hosts = frozenset({split.netloc.lower()})
    taken = {PHOTO_PATH: Upload("image/jpeg", MAX_PHOTO_BYTES)}
    if filming is not None:
        taken[VIDEO_PATH] = Upload(VIDEO_TYPE, MAX_SOURCE_BYTES)
    app.add_middleware(Guard, hosts=hosts, uploads=taken)
    app.state.pushes = Pushes()
    _add_files(app)
    _add_actions(app, bay, pairing.phones, filming)
    if filming is not None:
        _add_videos(app, bay, pairing.phones, filming)
    return app


def _add_files(app: FastAPI) -> None:
    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(STATIC / "phone.html", media_type="text/html")

    @app.get("/static/{name:path}")
    def file(name: str) -> Response:
        if name not in FILES:
            return JSONResponse({"detail": "no such file"}, 404)
        return FileResponse(STATIC / name, media_type=FILES[name])


def _add_actions(
    app: FastAPI, bay: Bay, phones: Phones, filming: Filming | None
) -> None:
    @app.post("/api/phone/pair")
    def pair(body: Code) -> Response:
        token = phones.pair(body.code)
        if token is None:
            return _ended(bay)
        return JSONResponse({"token": token})

    @app.get("/api/phone/view")
    def view(authorization: Bearer = "") -> Response:
        hand = phones.at_hand(_token(authorization))
        if hand is None:
            return _ended(bay)
        film = _film(filming, hand) if filming else None
        return JSONResponse({**_shown(bay.view(), hand.job), "film": film})

    @app.get("/api/phone/picture/{sha256}")
    def picture(sha256: PhotoHash, authorization: Bearer = "") -> Response:
        """A picture of the job at hand; 404: of another, or not here."""
        hand = phones.at_hand(_token(authorization))
        if hand is None:
            return _ended(bay)
        steps = _shown(bay.view(), hand.job).get("steps", ())
        path = bay.picture(sha256)
        if path is None or all(step["picture"] != sha256 for step in steps):
            return JSONResponse({"detail": "no picture of this job"}, 404)
        return FileResponse(path, media_type=TYPE)

    @app.post(PHOTO_PATH)
    def photo(
        body: Annotated[bytes, Body(media_type="image/jpeg")],
        authorization: Bearer = "",
    ) -> Response:
        kept = phones.add_photo(_token(authorization), body)
        if kept is None:
            return _ended(bay)
        status = 409 if isinstance(kept, Refusal) else 200
        return JSONResponse(kept.model_dump(mode="json"), status)


def _add_videos(app: FastAPI, bay: Bay, phones: Phones, filming: Filming) -> None:
    @app.post(VIDEO_PATH)
    async def video(request: Request, authorization: Bearer = "") -> Response:
        size = int(request.headers["content-length"])  # the guard looked at it
        expected = await run_in_threadpool(
            phones.expect_video, _token(authorization), filming, size
        )
        if expected is None:
            return await run_in_threadpool(_ended, bay)
        film, hand = expected
        if isinstance(film, Refusal):
            return JSONResponse(film.model_dump(mode="json"), 409)
        try:
            whole = await _received(request, size, film, filming)
        except (ClientDisconnect, TimeoutError, OSError):
            _logger.warning("A phone's video broke off", exc_info=True)
            whole = False
        if not whole:
            await run_in_threadpool(filming.give_up, film)
            return JSONResponse({"detail": "given up"}, 400)
        filming.make(film, hand)
        return Response(status_code=202)


async def _received(request: Request, size: int, film: Film, filming: Filming) -> bool:
    """Write what the phone sends, as long as it is wanted; whether all of it came.

    :raises TimeoutError: nothing came for a while.
    """
    assert film.path is not None
    chunks, have = aiter(request.stream()), 0
    with film.path.open("wb", buffering=WRITE_BYTES) as file:

        def keep(chunk: bytes) -> bool:
            file.write(chunk)
            return filming.goes_on(film, have / size)

        while have < size:
            async with asyncio.timeout(STALL_SECONDS):
                chunk = await anext(chunks, b"")
            have += len(chunk)
            if not chunk or not await run_in_threadpool(keep, chunk):
                return False
    return True


def _film(filming: Filming, hand: AtHand) -> dict[str, Any]:
    """How far a video is, and why the last one was not taken."""
    refusal = filming.failed(hand)
    return {
        **filming.view().model_dump(mode="json"),
        "refusal": refusal.text if refusal else None,
    }


def _token(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _ended(bay: Bay) -> Response:
    return JSONResponse({"code": "phone_ended", "lang": bay.view().lang}, 401)


def _shown(view: View, job_id: int) -> dict[str, Any]:
    """What belongs to the order at hand, and nothing else of the bay."""
    order = view.order
    job = next((job for job in order.jobs if job.id == job_id), None) if order else None
    if order is None or job is None:
        return {"lang": view.lang}
    return {
        "lang": view.lang,
        "plate": order.plate,
        "vehicle": order.vehicle,
        "order": order.name,
        "job": job.name,
        "photos": len(view.photos),
        "not_kept": sum(not photo.kept for photo in view.photos),
        "needed": max((node.photos_needed for node in job.nodes), default=0),
        "steps": [step.model_dump(mode="json") for step in job.steps],
    }
