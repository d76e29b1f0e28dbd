import mmap
import tempfile
import tracemalloc

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from workbay_contract.events import MAX_VIDEO_BYTES
from workbay_contract.types import sha256

from .common import WorkshopOrderCommon
from .films import noise, photo, video


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

    def test_a_photo_larger_than_odoos_pages_is_stored_as_it_was_taken(self):
        large = noise((2400, 1800))
        self._confirm(self.order.job_ids, "qc_fail", self.inspector)
        self._confirm(self.order.job_ids, "start", self.technician)
        self._confirm(self.order.job_ids, "finish", self.technician, large)
        media = self.order.event_ids.media_ids - self.media
        self.assertIsNone(media._store(large))
        self.assertEqual(sha256(media.attachment_id.raw), media.sha256)

    def test_a_video_is_stored_with_its_cover_and_shown(self):
        film = video()
        media = self._named(film)
        self.assertEqual(media.mimetype, "video/mp4")
        row = self.order.timeline[0]["photos"][0]
        self.assertTrue(row["video"])
        self.assertFalse(row["verified"])
        self.assertIn("Video on its way", media.event_ids.media_html)
        self.assertIsNone(media._store(film))
        self.assertEqual(media.attachment_id.mimetype, "video/mp4")
        self.assertTrue(media.thumbnail)
        self.env.invalidate_all()
        row = self.order.timeline[0]["photos"][0]
        self.assertEqual(row["full"], f"/web/content/{media.attachment_id.id}")
        self.assertIn("▶", media.event_ids.media_html)

    def test_what_cannot_be_shown_is_quarantined_with_its_reason_on_the_order(self):
        for broken in (
            b"no photo at all",
            photo()[:-500],
            photo() + b"PK and an archive",
            video()[:-10],
            video(seconds=3600),
            video(codec="hvc1"),
            video(cover=b"no cover"),
            b"<script>" + video(),
        ):
            with self.subTest(broken[:12]):
                media = self._named(broken)
                self.assertEqual(media._store(broken), "media_unreadable")
                self.assertEqual(media.state, "quarantined")
                self.assertFalse(media.attachment_id)
                rows = [
                    each
                    for row in self.order.timeline
                    for each in row["photos"]
                    if each["id"] == media.id
                ]
                self.assertIn("broken", rows[0]["trouble"])
                self.assertIn("broken", media.event_ids.media_html)

    def test_the_reason_is_told_in_the_readers_language(self):
        media = self._named(video())
        media._quarantine("media_lost")
        self.assertIn("lost", media.message)
        self.assertIn("丢失", media.with_context(lang="zh_CN").message)

    def test_right_bytes_end_the_quarantine(self):
        self.media._quarantine("media_lost")
        self.assertIsNone(self.media._store(self.photo))
        self.assertEqual((self.media.state, self.media.reason), ("verified", False))
        self.media._quarantine("media_lost")
        self.assertEqual(self.media.state, "verified", "what is here stays here")

    def test_the_stores_list_shows_its_own_quarantine_alone(self):
        self.media._quarantine("media_lost")
        found = [("state", "=", "quarantined"), ("id", "=", self.media.id)]
        Media = self.env["workshop.media"]
        self.assertTrue(Media.with_user(self.technician).search(found))
        self.assertEqual(
            Media.with_user(self.technician).search(found).order_id, self.order
        )
        self.assertFalse(Media.with_user(self.stranger).search(found))

    def test_a_video_goes_through_odoos_storage_without_being_in_memory(self):
        film = video(size=MAX_VIDEO_BYTES // 2)
        media = self._named(film)
        with tempfile.TemporaryFile() as file:
            file.write(film)
            file.flush()
            size = len(film)
            del film
            pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            tracemalloc.start()
            try:
                self.assertIsNone(media._store(pages))
                most = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        self.assertLess(most, size / 4)
        self.assertEqual(sha256(media._read_bytes()), media.sha256)

    def _named(self, data):
        """Have an event name the file."""
        self._confirm(self.order.job_ids, "qc_fail", self.inspector)
        self._confirm(self.order.job_ids, "start", self.technician)
        self._confirm(self.order.job_ids, "finish", self.technician, data)
        self.env.invalidate_all()
        return self.env["workshop.media"].search([("sha256", "=", sha256(data))])


@tagged("post_install", "-at_install", "workshop_http")
class TestWorkshopMediaHttp(WorkshopOrderCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive().sudo()
        cls.order.action_authorise()
        cls._confirm(cls.order.job_ids, "start", cls.technician)
        cls.film = video(size=300_000)
        cls._confirm(cls.order.job_ids, "finish", cls.technician, cls.film)
        cls.media = cls.order.event_ids.media_ids
        cls.media._store(cls.film)

    def _get(self, user, **headers):
        self.authenticate(user and user.login, user and user.login)
        url = f"/web/content/{self.media.attachment_id.id}"
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"):
            return self.url_open(url, headers=headers)

    def test_a_player_may_ask_for_a_part_of_a_video(self):
        self.technician.password = self.technician.login
        whole = self._get(self.technician)
        self.assertEqual(whole.content, self.film)
        self.assertEqual(whole.headers["Content-Type"], "video/mp4")
        begun = self._get(self.technician, Range="bytes=0-")
        self.assertEqual(begun.status_code, 206, "as a player begins")
        self.assertEqual(begun.headers["Accept-Ranges"], "bytes")
        part = self._get(self.technician, Range="bytes=1000-1999")
        self.assertEqual(part.status_code, 206)
        self.assertEqual(part.content, self.film[1000:2000])
        self.assertEqual(
            part.headers["Content-Range"], f"bytes 1000-1999/{len(self.film)}"
        )
        beyond = self._get(self.technician, Range=f"bytes={len(self.film)}-")
        self.assertEqual(beyond.status_code, 416)

    def test_nobody_elses_and_no_portals_member_gets_it(self):
        self.stranger.password = self.stranger.login
        portal = new_test_user(
            self.env,
            "media portal",
            groups="base.group_portal",
            password="media portal",
        )
        for user in (self.stranger, portal, None):
            with self.subTest(user and user.login):
                answer = self._get(user)
                self.assertNotIn(answer.status_code, (200, 206))
                self.assertNotIn(self.film[-100:], answer.content)
        with self.assertRaises(AccessError):
            self.media.with_user(portal).read(["sha256"])
