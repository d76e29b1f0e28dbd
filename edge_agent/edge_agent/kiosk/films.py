"""What the kiosk's page may ask about videos."""

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse

from edge_agent.bay import Bay
from edge_agent.camera import CameraError
from edge_agent.filming import Filming
from edge_agent.kiosk.answers import Nothing, PhotoHash, answer, no_camera
from workbay_contract import mp4


def add_films(app: FastAPI, bay: Bay, filming: Filming) -> None:
    @app.post("/api/video")
    def record(body: Nothing) -> Response:
        try:
            refusal = filming.record()
        except CameraError as error:
            return no_camera(error)
        return answer(refusal or filming.view())

    @app.post("/api/video/stop")
    def stop(body: Nothing) -> Response:
        return answer(filming.stop())

    @app.post("/api/video/cancel", status_code=204)
    def cancel(body: Nothing) -> None:
        filming.give_up()

    @app.get("/api/video/{sha256}")
    def video(sha256: PhotoHash) -> Response:
        path = bay.photo(sha256)
        if path is None:
            return _nowhere()
        return FileResponse(path, media_type="video/mp4")

    @app.get("/api/cover/{sha256}")
    def cover(sha256: PhotoHash) -> Response:
        path = bay.photo(sha256)
        if path is None:
            return _nowhere()
        try:
            with path.open("rb") as file:
                picture = mp4.read(file).cover
        except (OSError, mp4.Mp4Error):
            return _nowhere()
        return Response(picture, media_type="image/jpeg")


def _nowhere() -> Response:
    return JSONResponse({"detail": "not on this bay's disk"}, 404)
