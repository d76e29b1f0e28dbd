import io

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from workbay_contract.types import sha256

from .common import WorkshopOrderCommon


def photo():
    data = io.BytesIO()
    Image.new("RGB", (640, 480), "#808080").save(data, format="JPEG")
    return data.getvalue()


@tagged("post_install", "-at_install")
class TestWorkshopMedia(WorkshopOrderCommon):
    def setUp(self):
        super().setUp()
        self.photo = photo()
        self.order = self._receive().sudo()
        self.order.action_authorise()
        self._confirm(self.order.job_ids, "start", self.technician)
        self._confirm(self.order.job_ids, "finish", self.technician, self.photo)
        self.media = self.order.event_ids.media_ids

    def test_an_event_names_its_photo_before_the_bytes_come(self):
        self.assertEqual(self.media.sha256, sha256(self.photo))
        self.assertEqual(self.media.state, "expected")
        self.assertIn("on its way", self.order.event_ids[0].media_html)

    def test_a_photo_is_shown_to_whom_its_event_is(self):
        self.media._store(self.photo)
        self.assertEqual(self.media.state, "verified")
        self.assertTrue(self.media.thumbnail)
        attachment = self.media.attachment_id
        self.assertEqual(attachment.with_user(self.technician).raw, self.photo)
        self.assertIn("/web/image/", self.order.event_ids[0].media_html)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            attachment.with_user(self.stranger).read(["raw"])
        with self.assertRaises(AccessError):
            self.media.with_user(self.stranger).read(["sha256"])

    def test_a_photo_is_evidence(self):
        with self.assertRaisesRegex(UserError, "evidence"):
            self.media.unlink()
        self.assertFalse(self.media.with_user(self.manager).has_access("write"))

    def test_the_same_photo_of_two_events_is_kept_once(self):
        self._confirm(self.order.job_ids, "qc_fail", self.inspector)
        self._confirm(self.order.job_ids, "start", self.technician)
        self._confirm(self.order.job_ids, "finish", self.technician, self.photo)
        self.assertEqual(len(self.order.event_ids.media_ids), 1)
        self.assertEqual(len(self.media.event_ids), 2)
