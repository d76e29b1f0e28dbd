from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import WorkshopChainCommon


@tagged("post_install", "-at_install")
class TestWorkshopStoreOpen(WorkshopChainCommon):
    def test_hq_opens_a_store_by_the_dialogue(self):
        hanna = self._create_user("hanna", "hq_manager", stores=self.hq)
        form = Form(self.env["workshop.store.open"].with_user(hanna))
        self.assertEqual(form.parent_id, self.hq)
        form.store_code = "TW01"
        form.name = "Tianhe Road"
        form.region_id = self.south
        form.city = "Guangzhou"
        form.tz = "Asia/Shanghai"
        action = form.save().action_open()
        store = self.env["res.company"].browse(action["res_id"])
        self.assertEqual(
            (store.name, store.city, store.resource_calendar_id.tz),
            ("TW01 Tianhe Road", "Guangzhou", "Asia/Shanghai"),
        )

    def test_the_dialogue_is_for_hq(self):
        for role in ("region_manager", "store_manager"):
            user = self._create_user(role, role)
            with self.assertRaises(AccessError):
                self.env["workshop.store.open"].with_user(user).create({"name": "X"})
