"""The kiosk of a unit that is not enrolled: it asks for the code, in both languages."""

import json
from collections.abc import AsyncIterator, Collection
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles

from edge_agent import __version__
from edge_agent.camera import CameraError, CameraFeed, Handed
from edge_agent.enrolling import Enroller
from edge_agent.kiosk import pictures
from edge_agent.kiosk.answers import no_camera
from edge_agent.kiosk.app import LIVE_SECONDS, STATIC, told
from edge_agent.kiosk.events import Pushes
from edge_agent.kiosk.guard import Guard
from edge_agent.kiosk.scanning import Typed, add_scanning, uploads
from workbay_contract.wording import word

LANGS = ("zh_CN", "en_US")


def build_enrol_app(
    enroller: Enroller,
    camera: CameraFeed,
    hosts: Collection[str],
    *,
    typed: Typed,
    handed: Handed | None = None,
) -> FastAPI:
    """``app.state.pushes`` ends its event streams.

    :param typed: and ``handed``: as of a bay's kiosk.
    """
    app = FastAPI(
        title="Workbay enrolment", docs_url=None, redoc_url=None, openapi_url=None
    )
    app.add_middleware(Guard, hosts=frozenset(hosts), uploads=uploads(handed))
    pushes = app.state.pushes = Pushes(enroller.changes)

    def shown() -> dict[str, Any]:
        return {**_shown(enroller), **told(camera, handed is not None)}

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(STATIC / "enrol.html", media_type="text/html")

    @app.get("/api/enrolment")
    def enrolment() -> dict[str, Any]:
        return shown()

    @app.get("/api/enrolment/events")
    async def events() -> StreamingResponse:
        def render() -> str:
            return json.dumps(shown(), ensure_ascii=False)

        return StreamingResponse(pushes.stream(render), media_type="text/event-stream")

    @app.get("/api/events")
    async def bay_events() -> StreamingResponse:
        """To a page that was opened while this unit was a bay: load anew."""

        async def once() -> AsyncIterator[str]:
            yield "event: enrol\ndata: {}\n\n"

        return StreamingResponse(once(), media_type="text/event-stream")

    @app.get("/api/live.jpg")
    def live() -> Response:
        newest = camera.wait_frame(after=0, timeout=LIVE_SECONDS)
        if newest is None:
            return no_camera(CameraError(camera.error or "no picture"))
        return Response(pictures.live_jpeg(newest[1]), media_type="image/jpeg")

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {
            "status": "enrolment",
            "version": __version__,
            "camera": camera.error,
        }

    add_scanning(app, typed, handed)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _shown(enroller: Enroller) -> dict[str, Any]:
    progress = enroller.progress
    texts = None
    if progress.code:
        texts = {lang: word(progress.code, progress.params, lang) for lang in LANGS}
    return {
        "phase": progress.phase,
        "code": progress.code,
        "texts": texts,
        "host": progress.host,
        "store": progress.store,
        "bay": progress.bay,
    }
