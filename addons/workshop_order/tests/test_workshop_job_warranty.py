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

    def test_a_package_costs_its_price_split_over_its_jobs(self):
        services = self.oil_service | self.brake_service
        jobs = self.order._add_services_for(services, 99.99, "Spring check")
        labour = jobs._labour_lines()
        # 120 and 80 alone: three fifths and two fifths.
        self.assertEqual(labour.mapped("price_unit"), [59.99, 40])
        self.assertEqual(set(jobs.mapped("package_name")), {"Spring check"})
        self.assertEqual(jobs[0].price, 59.99 + 68 * 4 + 45)
        self.order.action_authorise()
        self.assertEqual(labour.mapped("price_unit"), [59.99, 40])
        for job in jobs:
            self._pass(job)
        invoice = self.order.sale_order_id._create_invoices()
        self.assertEqual(invoice.amount_total, 416.99)
        for line in labour:
            self.assertEqual(line.price_total, line.price_unit)
