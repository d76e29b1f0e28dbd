import base64
import io

from PIL import Image

from odoo import api, fields, models

from workbay_contract.pictures import MAX_BYTES, MAX_SIDE
from workbay_contract.types import sha256

QUALITIES = (85, 70, 50)
"""Tried in turn, then again at half the size, until the picture fits."""


class WorkshopServiceStep(models.Model):
    _inherit = "workshop.service.step"

    board_picture = fields.Binary(
        "Picture for Bays",
        compute="_compute_board_picture",
        store=True,
        attachment=True,
        help="The picture as bays fetch it: a small JPEG, made once.",
    )
    board_picture_sha256 = fields.Char(
        "Hash of the Picture for Bays",
        compute="_compute_board_picture",
        store=True,
        index="btree_not_null",
    )

    @api.depends("image")
    def _compute_board_picture(self):
        for step in self:
            image = step.with_context(bin_size=False).image
            small = _for_boards(base64.b64decode(image)) if image else None
            step.board_picture = base64.b64encode(small) if small else False
            step.board_picture_sha256 = sha256(small) if small else False


def _for_boards(picture):
    """A JPEG within the contract's bounds; None: it is no picture with pixels."""
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            pixels = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # a drawing in SVG, which bays do not show
    shown = Image.new("RGB", pixels.size, "white")
    shown.paste(pixels, mask=pixels.getchannel("A"))
    side = MAX_SIDE
    while True:
        shown.thumbnail((side, side))
        for quality in QUALITIES:
            data = io.BytesIO()
            shown.save(data, "JPEG", quality=quality, optimize=True)
            if data.tell() <= MAX_BYTES:
                return data.getvalue()
        side //= 2
