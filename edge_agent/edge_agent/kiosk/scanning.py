"""What a page may bring to the scanner: a hand-held scanner's keys, camera frames."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from fastapi import Body, FastAPI, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from edge_agent.camera.browser import Handed, HandedError
from edge_agent.kiosk.guard import Upload
from edge_agent.scan.wedge import MOST_CHARACTERS
from workbay_contract.types import Message

FRAME_PATH = "/api/frame"
MAX_FRAME_BYTES = 1024 * 1024
STATUS = {"elsewhere": 409, "fast": 429, "bad": 422}

Typed = Callable[[Sequence[str]], object]
PageId = Annotated[str, Query(pattern=r"^[0-9a-f]{32}$")]
Reading = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class Keys(Message):
    """What was typed, by the computer's layout and by a US keyboard's."""

    readings: Annotated[tuple[Reading, ...], Field(min_length=1, max_length=2)]


def uploads(handed: Handed | None) -> Mapping[str, Upload]:
    """What the guard has to let through besides JSON."""
    return {FRAME_PATH: Upload("image/jpeg", MAX_FRAME_BYTES)} if handed else {}


def add_scanning(app: FastAPI, typed: Typed, handed: Handed | None) -> None:
    """:param typed: takes the readings of what was typed.

    :param handed: takes frames, where a browser's camera is this bay's.
    """

    @app.post("/api/scan", status_code=204)
    def scan(body: Keys) -> None:
        typed(body.readings)

    if handed is None:
        return

    @app.post(FRAME_PATH)
    def frame(
        page: PageId, body: Annotated[bytes, Body(media_type="image/jpeg")]
    ) -> Response:
        try:
            handed.hand(page, body)
        except HandedError as error:
            answer = {"code": error.why, "text": str(error)}
            return JSONResponse(answer, STATUS[error.why])
        return Response(status_code=204)
