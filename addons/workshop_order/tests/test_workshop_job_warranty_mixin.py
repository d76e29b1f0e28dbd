from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopJobWarranty(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._receive()
        cls.first.action_authorise()
        cls.original = cls.first.job_ids
        cls._pass(cls.original)
        cls.order = cls._receive(
            odometer=43_000, complaint="Still leaks", service_ids=[]
        )

    def _promise(self, **vals):
        """What the release promised, as HQ would have released it."""
        self.env.flush_all()
        for name, value in vals.items():
            self.env.cr.execute(
                f"UPDATE workshop_service_version SET {name} = %s WHERE id = %s",  # pylint: disable=sql-injection
                [value, self.original.version_id.id],
            )
        self.env.invalidate_all()

    def test_a_comeback_is_linked_and_bills_nobody(self):
        job = self.order.add_again(self.original.id, "comeback")
        self.assertEqual(job.original_job_id, self.original)
        self.assertEqual(job.original_user_ids, self.technician)
        self.assertEqual(self.original.again_job_ids, job)
        self.assertEqual(job.price, 0)
        self.order.action_authorise()
        self._pass(job)
        bill = self.order.sale_order_id
        self.assertEqual(job.line_ids.mapped("qty_delivered"), [0, 1, 4, 1])
        self.assertEqual((bill.amount_total, bill.invoice_status), (0, "invoiced"))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.order.action_invoice()
        self.order.with_user(self.cashier).action_close()
        self.assertEqual(self.order.state, "closed")

    def test_what_is_free_stays_free(self):
        job = self.order.add_again(self.original.id, "comeback")
        job._labour_lines().product_uom_qty = 3
        self.assertEqual(job.price, 0)
        with self.assertRaises(UserError):
            job._labour_lines().price_unit = 5
        for vals in ({"payer": "customer"}, {"original_job_id": False}):
            with self.assertRaises(UserError):
                job.write(vals)

    def test_what_hq_gives_for_nothing_is_done_with_its_parts_and_bills_nobody(self):
        self._promise(price=0, price_min=0, price_max=0, is_free=True)
        version = self.original.version_id
        self.assertEqual(version._quote(self.order.vehicle_id), 0)
        job = self.order.add_services(self.original.service_id.ids)
        self.assertEqual((job.payer, job.price), ("courtesy", 0))
        self.assertFalse(job.original_job_id)
        self.order.action_authorise()
        self._pass(job)
        self.assertEqual(job.line_ids.mapped("qty_delivered"), [0, 1, 4, 1])
        bill = self.order.sale_order_id
        self.assertEqual((bill.amount_total, bill.invoice_status), (0, "invoiced"))
        self.order.with_user(self.cashier).action_close()
        self.assertEqual(self.order.state, "closed")

    @mute_logger("odoo.sql_db")
    def test_a_price_and_free_of_charge_exclude_each_other(self):
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self._promise(is_free=True)

    def test_paying_jobs_beside_it_are_billed_alone(self):
        self.order.add_again(self.original.id, "comeback")
        paid = self.order.add_services(self.brake_service.ids)
        self.order.action_authorise()
        for job in self.order.job_ids:
            self._pass(job)
        invoice = self.order.sale_order_id._create_invoices()
        billed = invoice.invoice_line_ids.sale_line_ids.workshop_job_id
        self.assertEqual((billed, invoice.amount_total), (paid, 80))

    def test_the_warranty_holds_for_its_time_and_distance(self):
        with self.assertRaisesRegex(UserError, "warranty"):
            self.order.add_again(self.original.id, "warranty")
        self._promise(warranty_months=6, warranty_km=500)
        with self.assertRaisesRegex(UserError, "is over"):
            self.order.add_again(self.original.id, "warranty")
        self._promise(warranty_km=10_000)
        job = self.order.add_again(self.original.id, "warranty")
        self.assertEqual((job.payer, job.price), ("warranty", 0))
        self.original._put(
            {"finished_at": fields.Datetime.subtract(fields.Datetime.now(), months=7)}
        )
        with self.assertRaisesRegex(UserError, "is over"):
            self.order.add_again(self.original.id, "warranty")

    def test_only_a_job_done_on_this_car_is_made_good(self):
        job = self.order.add_services(self.brake_service.ids)
        with self.assertRaisesRegex(UserError, "was not done on"):
            self.order.add_again(job.id, "comeback")
        with self.assertRaises(UserError):
            self.order.add_again(self.original.id, "customer")
        with self.assertRaises(UserError):
            self.order.add_again(0, "comeback")
        for user in (self.technician, self.cashier, self.keeper, self.stranger):
            with self.assertRaises(AccessError):
                self.order.with_user(user).add_again(self.original.id, "comeback")

    def test_the_database_keeps_what_is_free_linked(self):
        job = self.order.add_services(self.brake_service.ids)
        with (
            self.assertRaises(CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            job._put({"payer": "warranty"})
            job.flush_recordset()

    def test_making_good_again_renews_no_warranty(self):
        self._promise(warranty_months=6)
        job = self.order.add_again(self.original.id, "warranty")
        with self.assertRaisesRegex(UserError, "being made good already"):
            self.order.add_again(self.original.id, "comeback")
        self.order.action_authorise()
        self._pass(job)
        self.original._put(
            {"finished_at": fields.Datetime.subtract(fields.Datetime.now(), months=7)}
        )
        with self.assertRaisesRegex(UserError, "is over"):
            self.order.add_again(job.id, "warranty")
        again = self.order.add_again(job.id, "comeback")
        self.assertEqual(again.original_user_ids, self.technician)

    def test_distance_counts_past_another_instrument(self):
        self._promise(warranty_km=1_500)
        self.assertIn("500 km more", self.original.warranty)
        order = self._receive(
            odometer=300, odometer_reason="New instrument", service_ids=[]
        )
        self.assertTrue(order.add_again(self.original.id, "warranty"))
        later = self._receive(odometer=900, complaint="Later", service_ids=[])
        with self.assertRaisesRegex(UserError, "is over"):
            later.add_again(self.original.id, "warranty")

    def test_the_file_lists_what_is_under_warranty(self):
        vehicle = self.vehicle.with_user(self.advisor)
        self.assertFalse(vehicle.warranty_job_ids)
        self._promise(warranty_months=6, warranty_km=10_000)
        self.assertEqual(vehicle.warranty_job_ids, self.original)
        self.assertIn("9,000 km more", vehicle.warranty_job_ids.warranty)
        for user in (self.technician, self.keeper, self.cashier):
            self.assertEqual(
                self.vehicle.with_user(user).warranty_job_ids, self.original
            )
        # Another store is told of it when it receives the car, not by the job.
        far = self.vehicle.with_user(self.stranger)
        self.assertFalse(far.warranty_job_ids)
        desk = self.env["workshop.reception"].with_user(self.stranger)
        [row] = desk.look_up("", vehicle_id=self.vehicle.id)["file"]["done"]
        self.assertEqual((row["name"], row["by"]), ("Oil change", self.technician.name))
        self.assertIn("9,000 km more", row["warranty"])
        self.assertEqual(row["store"], self.store.name)

    def test_another_store_makes_it_good(self):
        self._promise(warranty_months=6)
        order = self._receive(
            self.stranger,
            odometer=43_500,
            service_ids=[],
            again=[(self.original.id, "warranty")],
        )
        job = order.with_env(self.env).job_ids
        self.assertEqual(job.company_id, self.other_store)
        self.assertEqual((job.payer, job.original_job_id), ("warranty", self.original))
        # His form shows whose work it was, though that order stays closed to him.
        [shown] = job.with_user(self.stranger).web_read(
            {"original_job_id": {"fields": {"display_name": {}}}, "warranty": {}}
        )
        self.assertIn("Oil change", shown["original_job_id"]["display_name"])
