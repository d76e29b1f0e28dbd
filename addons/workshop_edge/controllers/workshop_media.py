import hashlib
import re
import tempfile

from PIL import Image, UnidentifiedImageError

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request

from workbay_contract import steps
from workbay_contract.events import MAX_PHOTO_BYTES
from workbay_contract.media import HEADER_DEVICE

from ..services import check_service
from ..transaction import begin_anew

SHA256 = re.compile(r"[0-9a-f]{64}")
CHUNK = 64 * 1024
JPEG_MAGIC = b"\xff\xd8\xff"
MOST_PIXELS = 50_000_000


class WorkshopMediaController(http.Controller):
    @http.route(
        "/workshop/media/<string:sha256>",
        type="http",
        auth="bearer",
        methods=["PUT"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_PHOTO_BYTES,
    )
    def put(self, sha256):
        """Take a photo's bytes, once an event has named their hash."""
        try:
            check_service(request.env, "bridge")
        except AccessError:
            return self._answer(403)
        if not SHA256.fullmatch(sha256):
            return self._answer(404)
        begin_anew(request.env.cr)
        # sudo: the bridge has no access of its own; the hash proves the bytes.
        media = request.env["workshop.media"].sudo().search([("sha256", "=", sha256)])
        if not media:
            return self._answer(404)
        if media.state == "verified":
            return self._answer(200)
        if request.httprequest.mimetype != media.mimetype:
            return self._answer(415)
        device = request.httprequest.headers.get(HEADER_DEVICE, "")
        if not self._is_named_by(media, device):
            return self._answer(404)
        with tempfile.TemporaryFile() as file:
            status = self._receive(file, media)
            if status:
                return self._answer(status)
            media.lock_for_update()
            media.invalidate_recordset()
            if media.state == "verified":
                return self._answer(200)
            file.seek(0)
            # The filestore takes whole files only: a photo is 16 MiB at most.
            media._store(file.read())
        steps.reached("odoo.photo.before_commit")
        return self._answer(201)

    def _is_named_by(self, media, device):
        """A device may bring only what an event of its own store names."""
        if not device:
            return True
        stores = media.event_ids.company_id
        return bool(
            media.env["workshop.device"].search_count(
                [("name", "=", device), ("company_id", "in", stores.ids)], limit=1
            )
        )

    def _receive(self, file, media):
        """Write the body to ``file``; the status that refuses it, or None."""
        length = request.httprequest.content_length
        if length is not None and length > MAX_PHOTO_BYTES:
            return 413
        digest, size = hashlib.sha256(), 0
        # Odoo passes on all of werkzeug's request but its stream.
        stream = request.httprequest._HTTPRequest__wrapped.stream
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > MAX_PHOTO_BYTES:
                return 413
            digest.update(chunk)
            file.write(chunk)
        if digest.hexdigest() != media.sha256:
            return 409
        file.seek(0)
        return None if self._is_jpeg(file) else 415

    def _is_jpeg(self, file):
        """Whether it truly is a photo that can be shown, and no bomb."""
        if file.read(len(JPEG_MAGIC)) != JPEG_MAGIC:
            return False
        file.seek(0)
        try:
            with Image.open(file, formats=["JPEG"]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return False
                picture.load()
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
            return False
        return True

    def _answer(self, status):
        return request.make_response("", status=status)
