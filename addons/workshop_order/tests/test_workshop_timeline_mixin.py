import io

from PIL import Image

from odoo.tests import tagged

from .common import WorkshopOrderCommon


def photograph(colour):
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(picture, format="JPEG")
    return picture.getvalue()


@tagged("post_install", "-at_install")
class TestWorkshopTimeline(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive()
        cls.order.action_authorise()
        cls.job = cls.order.job_ids

    def test_a_row_says_who_when_where_with_the_photo(self):
        photo = photograph("orange")
        self._confirm(self.job, "start", self.technician)
        self._confirm(self.job, "finish", self.technician, photo)
        media = self.order.sudo().event_ids.media_ids
        finish, start, _agreed = self.order.timeline
        self.assertEqual((start["node"], finish["node"]), ("Start", "Finish"))
        self.assertEqual(finish["person"]["name"], self.technician.name)
        self.assertEqual(finish["bay"], "B1 Lift")
        self.assertEqual(finish["source"], "bay")
        self.assertEqual(finish["tone"], "applied")
        self.assertEqual(finish["link"], 3)
        self.assertFalse(finish["photos"][0]["verified"])
        media._store(photo)
        self.order.invalidate_recordset()
        shown = self.order.with_user(self.technician).timeline[0]["photos"][0]
        self.assertTrue(shown["verified"])
        self.assertIn(str(media.attachment_id.id), shown["full"])

    def test_a_refusal_is_worded_for_the_reader(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self._confirm(self.job, "finish", self.technician)
        row = self.order.timeline[0]
        self.assertEqual(row["tone"], "rejected")
        self.assertIn("cannot follow now", row["message"])
        chinese = self.order.with_context(lang="zh_CN").timeline[0]["message"]
        self.assertIn("现在不能执行", chinese)
        self.assertEqual(self.order.issue_count, 1)

    def test_orders_with_something_to_decide_are_found(self):
        found = self.env["workshop.order"].search([("issue_count", ">", 0)])
        self.assertNotIn(self.order, found)
        self._confirm(self.job, "finish", self.technician)
        found = self.env["workshop.order"].search([("issue_count", ">", 0)])
        self.assertIn(self.order, found)
