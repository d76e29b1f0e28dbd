"""What the kiosk's requests and answers have in common."""

from typing import Annotated, Any, Protocol

from fastapi import Path
from fastapi.responses import JSONResponse

from edge_agent.camera import CameraError
from edge_agent.view import Refusal
from workbay_contract.types import Message

PhotoHash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class Nothing(Message):
    """A request that says all by its path."""


class Dumped(Protocol):
    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


def answer(result: Dumped | Refusal) -> JSONResponse:
    status = 409 if isinstance(result, Refusal) else 200
    return JSONResponse(result.model_dump(mode="json"), status)


def no_camera(error: CameraError) -> JSONResponse:
    """In the shape of a refusal; the page has words for the code."""
    return JSONResponse({"code": "camera", "params": {}, "text": str(error)}, 503)
