"""What the bay's own page asks in order to pair a phone: a code to be scanned."""

from dataclasses import dataclass

import numpy as np
import zxingcpp
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from edge_agent.kiosk.answers import Nothing
from edge_agent.phone import OFFER_SECONDS, Phones
from edge_agent.view import Refusal

DARK = 128


@dataclass(frozen=True)
class Pairing:
    """:ivar url: where phones reach the bay, without a slash at its end."""

    phones: Phones
    url: str


def add_pairing(app: FastAPI, pairing: Pairing) -> None:
    @app.post("/api/phone")
    def offer(body: Nothing) -> JSONResponse:
        """The code as rows of dark (1) and light; each request ends the one before."""
        code = pairing.phones.offer()
        if isinstance(code, Refusal):
            return JSONResponse(code.model_dump(mode="json"), 409)
        # Behind the hash: no server, log or referrer ever sees it.
        rows = qr_rows(f"{pairing.url}/#{code}")
        return JSONResponse({"rows": rows, "seconds": OFFER_SECONDS})


def qr_rows(text: str) -> list[str]:
    """A QR code with its quiet zone, one sign for each module."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1), np.uint8)
    return ["".join("1" if pixel < DARK else "0" for pixel in row) for row in image]
