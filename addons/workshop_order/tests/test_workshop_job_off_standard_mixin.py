from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WorkshopOrderCommon

TEXT = "Weld the exhaust bracket"


@tagged("post_install", "-at_install")
class TestWorkshopJobOffStandard(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive()
        cls.env["workshop.discount.limit"].search([]).off_standard_price = 0
        for role, price in (("advisor", 500), ("store_manager", 2000)):
            group = cls.env.ref(f"workshop_chain.workshop_chain_group_{role}")
            limit = cls.env["workshop.discount.limit"].search(
                [("group_id", "=", group.id)]
            )
            limit.off_standard_price = price

    @classmethod
    def _release(cls, name, services, effective_on=None, packages=()):
        cls.free = cls._create_service("OFF-T", "Off-standard work")
        cls.free.is_off_standard = True
        services = {**services, cls.free: (0, 1, {})}
        return super()._release(name, services, effective_on, packages)

    def _propose(self, user=None, text=TEXT, hours=1.5, price=300):
        wizard = (
            self.env["workshop.job.propose"]
            .with_user(user or self.advisor)
            .with_context(default_order_id=self.order.id)
            .create({"text": text, "hours": hours, "price": price})
        )
        wizard.action_propose()
        return self.order.job_ids.filtered("is_off_standard")[-1:].sudo()

    def test_it_is_marked_as_off_standard_wherever_it_is_named(self):
        job = self._propose()
        self.assertEqual(job.name, f"{TEXT} (off-standard)")
        self.assertEqual((job.hours, job.state, job.price), (1.5, "proposed", 300))
        self.assertIn("off-standard", job.display_name)
        self.assertIn("off-standard", self.order.offer(job.ids)["content"])
        heading, labour = job.line_ids
        self.assertIn("off-standard", heading.name)
        self.assertEqual(labour.name, TEXT)
        sheet = self.env["ir.actions.report"]._render_qweb_html(
            "workshop_order.workshop_order_report_sheet", self.order.ids
        )[0]
        self.assertIn(f"{TEXT} (off-standard)".encode(), sheet)

    def test_it_lives_and_is_billed_like_any_other(self):
        job = self._propose()
        self.order.authorise(job.ids)
        self.assertEqual(job.authorisation_ids.decision, "authorised")
        self.assertEqual(self._pass(job).effect, "applied")
        invoice = self.order.sudo().sale_order_id._create_invoices()
        self.assertEqual(invoice.amount_total, 300)
        self.assertIn(TEXT, "\n".join(invoice.invoice_line_ids.mapped("name")))

    def test_its_price_is_within_the_users_right(self):
        with self.assertRaisesRegex(UserError, "500.* at most"):
            self._propose(price=501)
        with self.assertRaisesRegex(UserError, "at most"):
            self._propose(price=-1)
        self.assertEqual(self._propose(self.manager, price=2000).price, 2000)

    def test_it_says_what_is_to_be_done_and_how_long_it_takes(self):
        for values in (
            {"text": "  "},
            {"text": "x" * 201},
            {"hours": 0},
            {"hours": -2},
        ):
            with self.subTest(**values), self.assertRaises(UserError):
                self._propose(**values)

    def test_nobody_gets_round_it(self):
        jobs = self.env["workshop.job"].with_user(self.advisor)
        own = {"order_id": self.order.id, "service_id": self.free.id}
        other = {"order_id": self.order.id, "service_id": self.brake_service.id}
        for vals in (
            own,
            {**other, "text": TEXT, "hours": 9},
            {**other, "hours": 9},
            {**own, "text": TEXT, "hours": 1, "is_off_standard": False},
            {**own, "text": TEXT, "hours": 1, "state": "authorised"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                jobs.with_context(force=True).create(vals)
        job = self._propose()
        with self.assertRaises(UserError):
            job.with_user(self.advisor).write({"text": "Cheaper"})
        for user in (self.technician, self.lead, self.cashier, self.keeper):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self._propose(user)
                with self.assertRaises(AccessError):
                    self.order.with_user(user).add_off_standard(TEXT, 1, 1)
        with self.assertRaises(AccessError):
            self.order.with_user(self.stranger).add_off_standard(TEXT, 1, 1)

    def test_a_release_without_it_allows_none(self):
        # Past the guard: what is released stays as it is.
        self.env.cr.execute("UPDATE workshop_service SET is_off_standard = FALSE")
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "allows no off-standard work"):
            self._propose()

    def test_it_is_no_service_to_choose(self):
        offered = (
            self.env["workshop.order.add"]
            .with_user(self.advisor)
            .with_context(default_order_id=self.order.id)
            .new({})
            .offered_ids
        )
        self.assertNotIn(self.free, offered)
        desk = self.env["workshop.reception"].with_user(self.advisor)
        services = desk.quote(self.store.id, self.vehicle.id)["services"]
        self.assertNotIn("OFF-T", [row["code"] for row in services])

    def test_reception_takes_it_at_once(self):
        order = self._receive(
            odometer=43_000,
            off_standard=[{"text": TEXT, "hours": 2, "price": 100}],
        )
        self.assertIn(f"{TEXT} (off-standard)", order.job_ids.mapped("name"))

    def test_what_was_put_off_comes_back_in_its_words(self):
        self._propose().with_user(self.advisor).decline("Too dear")
        second = self._propose(text="Straighten the sill")
        second.with_user(self.advisor).decline("Not now")
        rows = self.env["workshop.reception"].with_user(self.advisor)
        put_off = rows.look_up("粤A12345")["file"]["put_off"]
        self.assertEqual(
            {row["name"]: row["service_id"] for row in put_off},
            {
                f"{TEXT} (off-standard)": False,
                "Straighten the sill (off-standard)": False,
            },
        )
