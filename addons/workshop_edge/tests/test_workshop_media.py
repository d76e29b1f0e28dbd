import io

from PIL import Image

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from workbay_contract.events import MAX_PHOTO_BYTES, MediaRef
from workbay_contract.media import HEADER_DEVICE
from workbay_contract.types import sha256

from .common import WorkshopEdgeCommon


def photo(size=(640, 480)):
    data = io.BytesIO()
    Image.new("RGB", size, "#406080").save(data, format="JPEG")
    return data.getvalue()


@tagged("post_install", "-at_install", "workshop_http")
class TestWorkshopMedia(WorkshopEdgeCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.env["res.users"]._workshop_service_key("bridge")

    def setUp(self):
        super().setUp()
        self.photo = photo()

    def _name(self, data):
        """Have an event name the photo."""
        bay = self.first
        bay.send(
            bay.event(
                self.oil_job,
                "start",
                self.tess,
                media=(MediaRef(sha256=sha256(data), size=max(1, len(data))),),
            )
        )
        return self.env["workshop.media"].search([("sha256", "=", sha256(data))])

    def _put(self, name, data, key=None, device=None, kind="image/jpeg"):
        with mute_logger("odoo.http"):
            reply = self.url_open(
                f"/workshop/media/{name}",
                data=data,
                headers={
                    "Authorization": f"bearer {key or self.key}",
                    "Content-Type": kind,
                    HEADER_DEVICE: device or self.first.name,
                },
                method="PUT",
            )
        self.env.invalidate_all()
        return reply.status_code

    def test_a_named_photo_is_stored_verified_and_shown(self):
        media = self._name(self.photo)
        self.assertEqual(self._put(media.sha256, self.photo), 201)
        self.assertEqual(media.state, "verified")
        self.assertEqual(media.attachment_id.raw, self.photo)
        self.assertIn("/thumbnail", self.order.event_ids.media_html)
        self.assertTrue(self.order.timeline[0]["photos"][0]["verified"])
        self.assertEqual(self._put(media.sha256, self.photo), 200)

    def test_what_no_event_names_is_not_taken(self):
        self.assertEqual(self._put(sha256(self.photo), self.photo), 404)
        self.assertEqual(self._put("nonsense", self.photo), 404)

    def test_other_bytes_than_named_are_refused(self):
        media = self._name(self.photo)
        self.assertEqual(self._put(media.sha256, photo((64, 48))), 409)
        self.assertEqual(media.state, "expected")
        self.assertFalse(media.attachment_id)

    def test_what_is_no_photo_is_refused(self):
        broken = b"\xff\xd8\xff and no more"
        media = self._name(broken)
        self.assertEqual(self._put(media.sha256, broken), 415)
        self.assertFalse(media.attachment_id)

    def test_another_content_type_is_refused(self):
        media = self._name(self.photo)
        status = self._put(media.sha256, self.photo, kind="image/png")
        self.assertEqual(status, 415)

    def test_too_much_is_refused(self):
        media = self._name(self.photo)
        data = b"\xff\xd8\xff" + bytes(MAX_PHOTO_BYTES)
        self.assertEqual(self._put(media.sha256, data), 413)

    def test_a_device_of_another_store_may_not_bring_it(self):
        media = self._name(self.photo)
        status = self._put(media.sha256, self.photo, device=self.foreign.name)
        self.assertEqual(status, 404)

    def test_the_route_is_the_bridges_alone(self):
        media = self._name(self.photo)
        enrolment = self.env["res.users"]._workshop_service_key("enrolment")
        self.assertEqual(self._put(media.sha256, self.photo, key=enrolment), 403)
        self.assertEqual(self._put(media.sha256, self.photo, key="0" * 40), 401)
