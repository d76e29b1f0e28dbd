"""What a paired phone may ask: to see what is worked on, and to add photos to it.

It listens apart from the kiosk, which stays on the bay itself.
"""

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Body, FastAPI, Header, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import Field

from edge_agent.bay import Bay
from edge_agent.kiosk.app import STATIC
from edge_agent.kiosk.events import Pushes
from edge_agent.kiosk.guard import Guard, Upload
from edge_agent.kiosk.pairing import Pairing
from edge_agent.phone import Phones
from edge_agent.view import Refusal, View
from workbay_contract.events import MAX_PHOTO_BYTES
from workbay_contract.types import Message

PHOTO_PATH = "/api/phone/photo"
FILES = {
    "phone.css": "text/css",
    "phone.js": "text/javascript",
    "strings/phone.json": "application/json",
    "icon.svg": "image/svg+xml",
}
"""All that a phone gets to load; nothing of the kiosk's own."""

Bearer = Annotated[str, Header(max_length=200)]


class Code(Message):
    """The code that was scanned off the bay's screen."""

    code: Annotated[str, Field(min_length=1, max_length=100)]


def build_phone_app(bay: Bay, pairing: Pairing) -> FastAPI:
    app = FastAPI(
        title="Workbay phone", docs_url=None, redoc_url=None, openapi_url=None
    )
    split = urlsplit(pairing.url)
    hosts = frozenset({split.netloc.lower()})
    taken = {PHOTO_PATH: Upload("image/jpeg", MAX_PHOTO_BYTES)}
    app.add_middleware(Guard, hosts=hosts, uploads=taken)
    app.state.pushes = Pushes()
    _add_files(app)
    _add_actions(app, bay, pairing.phones)
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


def _add_actions(app: FastAPI, bay: Bay, phones: Phones) -> None:
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
        return JSONResponse(_shown(bay.view(), hand.job))

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
        "needed": max((node.photos_needed for node in job.nodes), default=0),
        "steps": [step.model_dump(mode="json") for step in job.steps],
    }
