from odoo.tests import HttpCase, tagged

from .common import WorkshopOrderCommon
from .test_workshop_timeline_mixin import photograph


@tagged("post_install", "-at_install", "workshop_http")
class TestWorkshopOrderPage(WorkshopOrderCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive(complaint="Something private")
        cls.order.action_authorise()
        cls.token = cls.order.sudo().sheet_token
        cls.photo = photograph("orange")
        cls._confirm(cls.order.job_ids, "start", cls.technician)
        cls._confirm(cls.order.job_ids, "finish", cls.technician, cls.photo)
        cls._confirm(cls.order.job_ids, "start", cls.technician)
        cls.media = cls.order.sudo().event_ids.media_ids
        reason = cls.media._store(cls.photo)
        assert reason is None, reason
        assert cls.media.thumbnail, cls.media.read()

    def test_the_holder_of_the_sheet_follows_the_work(self):
        response = self.url_open(f"/o/{self.token}")
        self.assertEqual(response.status_code, 200)
        page = response.text
        for text in (self.order.name, "Oil change", "Start", "Finish", "粤A•••45"):
            self.assertIn(text, page)
        self.assertIn(f"/o/{self.token}/photo/{self.media.id}", page)

    def test_the_page_tells_no_secret(self):
        page = self.url_open(f"/o/{self.token}").text
        for secret in (
            "Wang Wei",
            "Something private",
            "粤A12345",
            "437",
            self.technician.name,
            self.advisor.name,
            self.order.sudo().sheet_hash,
            "cannot follow now",
            "csrf_token",
        ):
            self.assertNotIn(secret, page)

    def test_no_machine_keeps_or_passes_on_the_address(self):
        headers = self.url_open(f"/o/{self.token}").headers
        self.assertIn("noindex", headers["X-Robots-Tag"])
        self.assertEqual(headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertNotIn("session_id", headers.get("Set-Cookie", ""))

    def test_every_unknown_token_is_answered_alike(self):
        answers = [
            self.url_open(f"/o/{token}")
            for token in ("x" * 32, "short", "%F0%9F%98%80" * 30, "a" * 5000)
        ]
        for answer in answers:
            self.assertEqual(answer.status_code, 404)
            self.assertEqual(answer.text, answers[0].text)
            self.assertIn("noindex", answer.headers["X-Robots-Tag"])

    def test_a_renewed_sheet_no_longer_opens_the_page(self):
        self.order.action_renew_sheet()
        self.assertEqual(self.url_open(f"/o/{self.token}").status_code, 404)

    def test_photos_are_shown_with_their_own_sheet_only(self):
        url = f"/o/{self.token}/photo/{self.media.id}"
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.headers["Content-Type"].startswith("image/"))
        other = self._receive(complaint="Other").sudo().sheet_token
        for wrong in (
            f"/o/{other}/photo/{self.media.id}",
            f"/o/{self.token}/photo/{self.media.id + 1}",
            f"/o/{'x' * 32}/photo/{self.media.id}",
        ):
            self.assertEqual(self.url_open(wrong).status_code, 404)

    def test_the_page_speaks_the_visitors_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search(
            [("name", "=", "workshop_order")]
        )._update_translations(["zh_CN"])
        page = self.url_open(
            f"/o/{self.token}", headers={"Accept-Language": "zh-CN,zh;q=0.9"}
        ).text
        self.assertIn('lang="zh-CN"', page)
        self.assertIn("工单", page)
        self.assertNotIn("Work order", page)

    def test_the_page_only_reads(self):
        self.assertIn(
            self.url_open(f"/o/{self.token}", data={"state": "done"}).status_code,
            (400, 405),
        )
