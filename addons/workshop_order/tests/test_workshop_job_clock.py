from odoo.tests import tagged

from ..models.workshop_job_share_mixin import WHOLE, split_whole
from .test_workshop_order_floor import FloorCommon

HOUR = 3_600_000
BEGIN = 1_750_000_000_000


@tagged("post_install", "-at_install")
class TestWorkshopJobClock(FloorCommon):
    def _at(self, hours, node, user, **values):
        at = BEGIN + round(hours * HOUR)
        return self._fact(self.oil_job, node, user, at=at, **values)

    def _work(self):
        self._record(
            self._at(0, "start", self.technician),
            self._at(1, "pause", self.technician, reason="parts"),
            self._at(3, "resume", self.tom),
            self._at(5, "finish", self.tom, photos=1),
        )

    def test_working_and_waiting_follow_from_the_events(self):
        self._work()
        spans = self.env["workshop.job.clock"].search(
            [("job_id", "=", self.oil_job.id)]
        )
        self.assertEqual(
            [(s.kind, s.reason, s.user_id, round(s.hours, 3)) for s in spans],
            [
                ("work", False, self.technician, 1),
                ("wait", "parts", self.technician, 2),
                ("work", False, self.tom, 2),
            ],
        )
        self.assertEqual(self.oil_job._waited_hours(), {self.oil_job.id: {"parts": 2}})

    def test_shares_of_several_technicians_add_up(self):
        self._work()
        shares = self.oil_job._shares()[self.oil_job.id]
        self.assertEqual(shares, {self.technician.id: 3333, self.tom.id: 6667})
        self.assertIn("33.33 %", self.oil_job.share_text)
        self.assertIn("2.0 h", self.oil_job.waited_text)

    def test_what_was_corrected_counts_no_more(self):
        self._work()
        finish = self.order.event_ids.filtered(lambda event: event.node == "finish")
        finish.with_user(self.lead).correct("Not finished")
        self._record(self._at(4, "pause", self.tom, reason="customer"))
        self.assertEqual(
            self.oil_job._shares()[self.oil_job.id],
            {self.technician.id: 5000, self.tom.id: 5000},
        )

    def test_a_split_always_gives_the_whole(self):
        for weights in ({1: 1, 2: 1, 3: 1}, {1: 0, 2: 0}, {1: 7, 2: 11, 3: 13}, {4: 1}):
            self.assertEqual(sum(split_whole(weights).values()), WHOLE)
        self.assertEqual(split_whole({1: 1, 2: 1, 3: 1}), {1: 3334, 2: 3333, 3: 3333})

    def test_another_store_does_not_see_the_times(self):
        self._work()
        clocks = self.env["workshop.job.clock"]
        mine = [("job_id", "=", self.oil_job.id)]
        self.assertTrue(clocks.with_user(self.technician).search(mine))
        self.assertFalse(clocks.with_user(self.stranger).search(mine))

    def test_every_line_of_the_bill_leads_to_who_did_it(self):
        self._work()
        shown = self.order.event_ids.media_ids
        shown.with_user(self.lead).sign_absence("Shown to nobody in a test of the bill")
        self._record(self._at(6, "qc_pass", self.inspector))
        self._settle(self.order)
        line = self.oil_job.line_ids.filtered("product_id")[:1]
        events = self.env["workshop.event"].search(
            line.action_open_responsibility()["domain"]
        )
        self.assertIn("qc_pass", events.mapped("node"))
        self.assertIn(self.tom, events.user_id)
        invoice = self.order.sale_order_id.with_company(self.store)._create_invoices()
        billed = invoice.invoice_line_ids.filtered("sale_line_ids")
        billed = billed.filtered(lambda each: each.sale_line_ids == line)
        action = billed.with_user(self.cashier).action_open_responsibility()
        self.assertEqual(self.env["workshop.event"].search(action["domain"]), events)
