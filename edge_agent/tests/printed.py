"""Pages as Workbay prints them, as images: a work order's sheet and a badge."""

import cv2
import numpy as np
import qrcode  # type: ignore[import-untyped]

from edge_agent.camera.scene import Page, make_page
from edge_agent.camera.source import Frame
from edge_agent.scan import Reader
from workbay_contract.codes import Kind, code_url

BASE = "https://workbay.example.com"
SHEET_QR_MM = 30
BADGE_QR_MM = 26


def text(kind: Kind, number: int = 1) -> str:
    return code_url(BASE, kind, f"{number:022d}")


def qr(content: str, size_mm: float, dots_per_mm: float) -> Frame:
    """A code of level Q with its quiet zone, as wide as given on paper."""
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_Q, border=4, box_size=1
    )
    code.add_data(content)
    code.make()
    modules = np.array(code.get_matrix())
    pixels = np.where(modules, 0, 255).astype(np.uint8)
    side = round(size_mm * dots_per_mm)
    large = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR), np.uint8)


def sheet_image(content: str, dpi: int = 150, qr_mm: float = SHEET_QR_MM) -> Frame:
    """An A4 page with the code at the top right and the work in lines below."""
    mm = dpi / 25.4
    image = np.full((round(297 * mm), round(210 * mm), 3), 255, np.uint8)
    code = qr(content, qr_mm, mm)
    left = round(195 * mm) - code.shape[1]
    top = round(12 * mm)
    image[top : top + code.shape[0], left : left + code.shape[1]] = code
    for line in range(28):
        at = (round(15 * mm), round((60 + line * 8) * mm))
        cv2.putText(image, "Brake pads, front axle, 1.2 h", at, 0, 0.9, (20, 20, 20), 2)
    return image


def badge_image(content: str, dpi: int = 300) -> Frame:
    mm = dpi / 25.4
    image = np.full((round(54 * mm), round(85.6 * mm), 3), 250, np.uint8)
    code = qr(content, BADGE_QR_MM, mm)
    left, top = round(54 * mm), round(14 * mm)
    image[top : top + code.shape[0], left : left + code.shape[1]] = code
    cv2.putText(image, "Li Wei", (60, 320), 0, 3, (0, 0, 0), 6)
    return image


def sheet(number: int = 1) -> Page:
    return make_page("sheet.png", sheet_image(text("order", number)))


def badge(number: int = 1) -> Page:
    return make_page("badge.png", badge_image(text("badge", number)))


def read(frame: Frame, reader: Reader | None = None) -> list[str]:
    """The texts that the reader finds."""
    return [code.text for code in (reader or Reader()).read(frame)]
