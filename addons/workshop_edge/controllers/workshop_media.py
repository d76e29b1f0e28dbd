import hashlib
import json
import mmap
import re
import tempfile

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request

from workbay_contract import steps
from workbay_contract.events import MAX_VIDEO_BYTES
from workbay_contract.media import HEADER_DEVICE, LENGTH, REASONS, REFUSALS

from ..services import check_service
from ..transaction import begin_anew

SHA256 = re.compile(r"[0-9a-f]{64}")
CHUNK = 64 * 1024
ROUTE = "/workshop/media/<string:sha256>"
OPTIONS = {"type": "http", "auth": "bearer", "csrf": False, "save_session": False}


class WorkshopMediaController(http.Controller):
    """How the bridge brings what an event names. 404: nothing that concerns it."""

    @http.route(ROUTE, methods=["HEAD"], **OPTIONS)
    def head(self, sha256):
        """200: it is here; 204: of which type and size it is expected."""
        media, refused = self._find(sha256)
        if refused:
            return self._answer(refused)
        if media.state == "verified":
            return self._answer(200)
        response = self._answer(204)
        response.headers["Content-Type"] = media.mimetype
        response.headers[LENGTH] = str(media.size)
        return response

    @http.route(ROUTE, methods=["PUT"], max_content_length=MAX_VIDEO_BYTES, **OPTIONS)
    def put(self, sha256):
        """Take the bytes, once an event has named their hash."""
        media, refused = self._find(sha256)
        if refused:
            return self._answer(refused)
        if media.state == "verified":
            return self._answer(200)
        if request.httprequest.mimetype != media.mimetype:
            return self._refuse("media_type")
        with tempfile.TemporaryFile() as file:
            if code := self._receive(file, media):
                return self._refuse(code)
            media.lock_for_update()
            media.invalidate_recordset()
            if media.state == "verified":
                return self._answer(200)
            pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if code := media._store(pages):
                return self._refuse(code)
        steps.reached("odoo.photo.before_commit")
        return self._answer(201)

    @http.route(ROUTE, methods=["DELETE"], **OPTIONS)
    def delete(self, sha256, reason=""):
        """The bay that has named it will not bring it, for a reason of the contract."""
        media, refused = self._find(sha256, by_its_bay=True)
        if refused or reason not in REASONS:
            return self._answer(refused or 404)
        media.lock_for_update()
        media.invalidate_recordset()
        media._quarantine(reason)
        return self._answer(204)

    def _find(self, sha256, by_its_bay=False):
        """The expected or known file, and the status that refuses the request."""
        try:
            check_service(request.env, "bridge")
        except AccessError:
            return None, 403
        if not SHA256.fullmatch(sha256):
            return None, 404
        begin_anew(request.env.cr)
        # sudo: the bridge has no access of its own; the hash proves the bytes.
        media = request.env["workshop.media"].sudo().search([("sha256", "=", sha256)])
        device = request.httprequest.headers.get(HEADER_DEVICE, "")
        if not media or not self._is_named_by(media, device, by_its_bay):
            return None, 404
        return media, None

    def _is_named_by(self, media, device, by_its_bay):
        """A device may bring what an event of its own store names, and give up only
        what one of its own bay does."""
        domain = [
            ("name", "=", device),
            ("company_id", "in", media.event_ids.company_id.ids),
        ]
        if by_its_bay:
            domain.append(("bay_id", "in", media.event_ids.bay_id.ids))
        return bool(media.env["workshop.device"].search_count(domain, limit=1))

    def _receive(self, file, media):
        """Write the body to ``file``; the code that refuses it, or None."""
        length = request.httprequest.content_length
        if length is not None and length != media.size:
            return "media_size"
        digest, left = hashlib.sha256(), media.size
        # Odoo passes on all of werkzeug's request but its stream.
        stream = request.httprequest._HTTPRequest__wrapped.stream
        while chunk := stream.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                return "media_size"
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        return None if digest.hexdigest() == media.sha256 else "media_hash"

    def _refuse(self, code):
        response = request.make_response(
            json.dumps({"code": code}), [("Content-Type", "application/json")]
        )
        response.status_code = REFUSALS[code]
        return response

    def _answer(self, status):
        return request.make_response("", status=status)
