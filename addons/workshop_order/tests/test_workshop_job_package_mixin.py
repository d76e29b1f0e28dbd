from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopJobPackage(WorkshopOrderCommon):
    """Oil change (120) and brake check (80) for 150 instead of 200."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive(service_ids=[], package_ids=cls.package.ids)
        cls.jobs = cls.order.job_ids
        cls.oil_job, cls.brake_job = cls.jobs.sorted(lambda job: -job.hours)

    def _labour(self):
        jobs = (self.oil_job, self.brake_job)
        return [job._labour_lines().price_unit for job in jobs]

    def test_a_package_costs_its_price_split_over_its_jobs(self):
        self.assertEqual(self._labour(), [90, 60])
        self.assertEqual(set(self.jobs.mapped("package_name")), {"Spring check"})
        self.assertEqual(self.oil_job.price, 90 + 68 * 4 + 45)
        self.order.action_authorise()
        self.assertEqual(self._labour(), [90, 60])
        for job in self.jobs:
            self._pass(job)
        invoice = self.order.sale_order_id._create_invoices()
        self.assertEqual(invoice.amount_total, 150 + 68 * 4 + 45)
        self.assertFalse(any(self.jobs.mapped("is_stale")))

    def test_a_price_that_does_not_divide_sums_up_to_the_cent(self):
        self._release(
            "Odd prices",
            {self.oil_service: (70, 1, {}), self.brake_service: (50, 1, {})},
            "2098-01-01",
            packages={"Odd": (99.99, self.oil_service | self.brake_service)},
        )
        order = self._receive(complaint="Odd", service_ids=[])
        order._put({"release_id": self.env["workshop.release"]._newest().id})
        package = order.release_id.package_ids.filtered(lambda p: p.code == "Odd")
        jobs = order.add_package(package.id)
        self.assertEqual(
            sorted(jobs._labour_lines().mapped("price_unit")), [41.66, 58.33]
        )
        order.action_authorise()
        for job in jobs:
            self._pass(job)
        invoice = order.sale_order_id._create_invoices()
        self.assertEqual(invoice.amount_total, 99.99)

    def test_nobody_takes_the_price_for_a_part(self):
        with self.assertRaisesRegex(UserError, "as a whole, and Brake check"):
            self.order.authorise(self.oil_job.ids)
        self.brake_job.decline("Did it last month")
        self.assertEqual(self._labour(), [120, 80])
        self.assertFalse(self.jobs.package_id)
        self.order.authorise(self.oil_job.ids)
        self.assertEqual(self.oil_job.price, 120 + 68 * 4 + 45)
        said = "".join(self.order.message_ids.mapped("body"))
        self.assertIn("given up in part", said)

    def test_declined_as_a_whole_it_may_be_taken_after_all(self):
        self.jobs.decline("Too much today")
        self.assertEqual(self.jobs.package_id, self.package)
        self.order.authorise(self.jobs.ids)
        self.assertEqual(self._labour(), [90, 60])

    def test_what_is_agreed_has_to_be_agreed_anew_when_a_part_is_withdrawn(self):
        self.order.action_authorise()
        self.brake_job.action_withdraw()
        self.assertTrue(self.oil_job.is_stale)
        self._finish(self.oil_job)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.order.action_invoice()
        self.order.authorise(self.oil_job.ids)
        self._settle(self.order)
        invoice = self.order.sale_order_id._create_invoices()
        self.assertEqual(invoice.amount_total, 120 + 68 * 4 + 45)

    def test_a_package_is_on_an_order_once(self):
        with self.assertRaisesRegex(UserError, "is on .* already"):
            self.order.add_package(self.package.id)
        self.jobs.action_withdraw()
        self.assertTrue(self.order.add_package(self.package.id))

    def test_only_a_package_of_the_orders_release_is_sold(self):
        self._release(
            "Later",
            {self.oil_service: (70, 1, {}), self.brake_service: (50, 1, {})},
            "2098-01-01",
        )
        offered = self.env["workshop.release"]._newest().package_ids
        other = offered.filtered(lambda package: package.name == "Spring check")
        self.assertEqual(len(other), 1)
        with self.assertRaisesRegex(UserError, "is not offered under"):
            self.order.add_package(other.id)
        with self.assertRaises(UserError):
            self.order.add_package(0)

    def test_a_package_holds_where_later_releases_leave_it(self):
        """A release of one category leaves the packages of the others as they are."""
        category = self.env["workshop.service.category"].create({"name": "Elsewhere"})
        service = self._create_service("ELS-T", "Elsewhere")
        service.category_id = category
        release = self.env["workshop.release"].create(
            {
                "name": "Elsewhere only",
                "effective_on": "2098-01-01",
                "category_ids": category.ids,
                "version_ids": [
                    (0, 0, {"service_id": service.id, "price": 9, "labour_hours": 1})
                ],
            }
        )
        release.action_release()
        order = self._receive(complaint="Later", service_ids=[])
        order._put({"release_id": release.id})
        self.assertEqual(len(order.add_package(self.package.id)), 2)

    def test_who_may_propose_one(self):
        for user in (self.technician, self.cashier, self.keeper, self.stranger):
            with self.assertRaises(AccessError):
                self.order.with_user(user).add_package(self.package.id)
        with self.assertRaises(UserError):
            self.oil_job.with_user(self.advisor).write({"package_id": False})

    def test_reception_quotes_it_beside_its_services(self):
        told = self.env["workshop.reception"].with_user(self.advisor)
        told = told.look_up("粤A12345")
        [row] = [each for each in told["packages"] if each["name"] == "Spring check"]
        self.assertEqual((row["price"], row["alone"]), (467, 517))
        self.assertEqual(set(row["services"]), {"Oil change", "Brake check"})
        self.assertEqual(self.order.amount_total, row["price"])
