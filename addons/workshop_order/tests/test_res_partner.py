from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestResPartner(WorkshopOrderCommon):
    def test_the_customers_file_has_habits_cars_and_visits(self):
        self._receive()
        with Form(self.wang.with_user(self.advisor)) as form:
            form.workshop_preferences = "Fully synthetic oil only"
            form.workshop_waiting = "waits"
        self.assertEqual(self.wang.workshop_waiting, "waits")
        wang = self.wang.with_user(self.technician)
        self.assertEqual(wang.workshop_visit_count, 1)
        self.assertEqual(wang.workshop_owner_ids.vehicle_id, self.vehicle)
        action = wang.action_open_workshop_visits()
        self.assertEqual(
            self.env[action["res_model"]].search_count(action["domain"]), 1
        )

    def test_others_in_the_company_see_no_visits(self):
        clerk = self._create_user("clerk")
        with self.assertRaises(AccessError):
            self.wang.with_user(clerk).read(["workshop_visit_count"])
