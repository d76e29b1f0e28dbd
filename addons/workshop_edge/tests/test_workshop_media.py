from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.workshop_order.tests.films import noise, photo, video

from workbay_contract.events import MediaRef
from workbay_contract.gates import MEDIA_VERIFIED
from workbay_contract.media import HEADER_DEVICE, LENGTH
from workbay_contract.types import sha256

from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install", "workshop_http")
class TestWorkshopMedia(WorkshopEdgeCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.env["res.users"]._workshop_service_key("bridge")

    def setUp(self):
        super().setUp()
        self.photo = photo()

    def _name(self, data, kind="image/jpeg"):
        """Have an event name the photo."""
        bay = self.first
        bay.send(
            bay.event(
                self.oil_job,
                "start",
                self.tess,
                media=(MediaRef(sha256=sha256(data), size=len(data), type=kind),),
            )
        )
        self.env.invalidate_all()
        return self.env["workshop.media"].search([("sha256", "=", sha256(data))])

    def _call(self, method, name, data=None, key=None, device=None, kind="image/jpeg"):
        with mute_logger("odoo.http"):
            reply = self.url_open(
                f"/workshop/media/{name}",
                data=data,
                headers={
                    "Authorization": f"bearer {key or self.key}",
                    "Content-Type": kind,
                    HEADER_DEVICE: device or self.first.name,
                },
                method=method,
            )
        self.env.invalidate_all()
        return reply

    def _put(self, *args, **options):
        return self._call("PUT", *args, **options).status_code

    def test_a_named_photo_is_stored_verified_and_shown(self):
        media = self._name(self.photo)
        self.assertEqual(self._put(media.sha256, self.photo), 201)
        self.assertEqual(media.state, "verified")
        self.assertEqual(media.attachment_id.raw, self.photo)
        self.assertIn("/thumbnail", self.order.event_ids.media_html)
        self.assertTrue(self.order.timeline[0]["photos"][0]["verified"])
        self.assertEqual(self._put(media.sha256, self.photo), 200)

    def test_the_bays_board_opens_when_the_bytes_have_come(self):
        def facts():
            [order] = self._board(self.first).orders
            [state] = [job.state for job in order.jobs if job.id == self.oil_job.id]
            return state.facts

        self.assertIn(MEDIA_VERIFIED, facts())
        media = self._name(self.photo)
        self.assertNotIn(MEDIA_VERIFIED, facts())
        self.assertEqual(self._put(media.sha256, self.photo), 201)
        self._settle(self.order)
        self.assertIn(MEDIA_VERIFIED, facts())

    def test_what_no_event_names_is_not_taken(self):
        self.assertEqual(self._put(sha256(self.photo), self.photo), 404)
        self.assertEqual(self._put("nonsense", self.photo), 404)

    def test_other_bytes_than_named_are_refused_and_right_ones_taken_after(self):
        media = self._name(self.photo)
        other = photo(colour="#406081")
        self.assertEqual(len(other), len(self.photo))
        reply = self._call("PUT", media.sha256, other)
        self.assertEqual(
            (reply.status_code, reply.json()), (409, {"code": "media_hash"})
        )
        self.assertEqual(media.state, "expected")
        self.assertFalse(media.attachment_id)
        self.assertEqual(self._put(media.sha256, self.photo), 201)

    def test_what_is_no_photo_is_quarantined(self):
        broken = b"\xff\xd8\xff and no more"
        media = self._name(broken)
        reply = self._call("PUT", media.sha256, broken)
        self.assertEqual(
            (reply.status_code, reply.json()), (422, {"code": "media_unreadable"})
        )
        self.assertEqual(
            (media.state, media.reason), ("quarantined", "media_unreadable")
        )
        self.assertFalse(media.attachment_id)
        self.assertIn("broken", self.order.timeline[0]["photos"][0]["trouble"])

    def test_the_bridge_may_ask_what_is_awaited(self):
        media = self._name(self.photo)
        reply = self._call("HEAD", media.sha256)
        self.assertEqual(reply.status_code, 204)
        self.assertEqual(reply.headers["Content-Type"], "image/jpeg")
        self.assertEqual(reply.headers[LENGTH], str(len(self.photo)))
        self.assertEqual(self._put(media.sha256, self.photo), 201)
        self.assertEqual(self._call("HEAD", media.sha256).status_code, 200)
        self.assertEqual(self._call("HEAD", sha256(b"else")).status_code, 404)

    def test_a_video_is_stored_verified_and_shown(self):
        film = video(size=3_000_000)
        media = self._name(film, "video/mp4")
        self.assertEqual(self._put(media.sha256, film, kind="video/mp4"), 201)
        self.assertEqual(media.attachment_id.raw, film)
        self.assertTrue(self.order.timeline[0]["photos"][0]["video"])

    def test_a_large_photo_is_kept_byte_for_byte(self):
        large = noise((2400, 1800))
        media = self._name(large)
        self.assertEqual(self._put(media.sha256, large), 201)
        self.assertEqual(sha256(media.attachment_id.raw), media.sha256)

    def test_a_bay_gives_up_what_it_has_named_and_nobody_else_does(self):
        media = self._name(self.photo)
        name = f"{media.sha256}?reason=media_lost"
        for device in (self.foreign.name, self.second.name, "dev-unknown"):
            reply = self._call("DELETE", name, device=device)
            self.assertEqual(reply.status_code, 404)
        reply = self._call("DELETE", f"{media.sha256}?reason=because")
        self.assertEqual(reply.status_code, 404)
        self.assertEqual(media.state, "expected")
        self.assertEqual(self._call("DELETE", name).status_code, 204)
        self.assertEqual((media.state, media.reason), ("quarantined", "media_lost"))
        self.assertEqual(self._call("HEAD", media.sha256).status_code, 204)
        self.assertEqual(self._put(media.sha256, self.photo), 201)
        self.assertEqual(self._call("DELETE", name).status_code, 204)
        self.assertEqual(media.state, "verified")

    def test_what_a_full_disk_did_not_keep_is_shown_with_that_reason(self):
        media = self._name(self.photo)
        reply = self._call("DELETE", f"{media.sha256}?reason=media_no_room")
        self.assertEqual(reply.status_code, 204)
        self.assertEqual((media.state, media.reason), ("quarantined", "media_no_room"))
        for lang, words in (("en_US", "disk was full"), ("zh_CN", "磁盘已满")):
            timeline = self.order.with_context(lang=lang).timeline
            self.assertIn(words, timeline[0]["photos"][0]["trouble"])
        self.assertIn(
            MEDIA_VERIFIED, self.oil_job._gate_names(), "a signature has to open it"
        )

    def test_another_content_type_is_refused(self):
        media = self._name(self.photo)
        status = self._put(media.sha256, self.photo, kind="image/png")
        self.assertEqual(status, 415)

    def test_too_much_is_refused(self):
        media = self._name(self.photo)
        self.assertEqual(self._put(media.sha256, self.photo + b"x"), 413)
        self.assertEqual(self._put(media.sha256, self.photo[:-1]), 413)

    def test_a_device_of_another_store_may_not_bring_it(self):
        media = self._name(self.photo)
        status = self._put(media.sha256, self.photo, device=self.foreign.name)
        self.assertEqual(status, 404)

    def test_the_route_is_the_bridges_alone(self):
        media = self._name(self.photo)
        enrolment = self.env["res.users"]._workshop_service_key("enrolment")
        self.assertEqual(self._put(media.sha256, self.photo, key=enrolment), 403)
        self.assertEqual(self._put(media.sha256, self.photo, key="0" * 40), 401)
