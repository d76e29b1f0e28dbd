from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkshopOrderCommon

READERS = ("advisor", "technician", "inspector", "lead", "cashier", "keeper", "manager")


@tagged("post_install", "-at_install")
class TestAccess(WorkshopOrderCommon):
    """Each role logs in: what it sees, and what it is refused."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive(service_ids=(cls.oil_service | cls.brake_service).ids)
        cls.order.action_authorise()
        cls.order = cls.order.with_env(cls.env)
        cls.foreign = cls._receive(
            cls.stranger, service_ids=cls.brake_service.ids
        ).with_env(cls.env)
        cls.region_manager = cls._create_user("rita", "region_manager")
        cls.south.manager_ids = [Command.link(cls.region_manager.id)]
        cls.hq_manager = cls._create_user("hank", "hq_manager", stores=cls.hq)

    def _seen(self, user, companies):
        return (
            self.env["workshop.order"]
            .with_user(user)
            .with_context(allowed_company_ids=companies.ids)
            .search([("vehicle_id", "=", self.vehicle.id)])
        )

    def test_everybody_of_a_store_sees_its_orders_and_no_others(self):
        for role in READERS:
            user = getattr(self, role)
            with self.subTest(role=role):
                seen = self._seen(user, self.store)
                self.assertEqual(seen, self.order)
                self.assertEqual(len(seen.job_ids), 2)
                self.assertFalse(self.foreign.with_user(user).has_access("read"))
                self.assertFalse(
                    self.foreign.job_ids.with_user(user).has_access("read")
                )

    def test_the_form_opens_for_each_role(self):
        for role in (*READERS, "region_manager", "hq_manager"):
            user = getattr(self, role)
            Order = self.env["workshop.order"].with_user(user)
            view = Order.get_view(
                self.env.ref("workshop_order.workshop_order_view_form").id, "form"
            )
            names = [
                name
                for name in view["models"]["workshop.order"]
                if Order._has_field_access(Order._fields[name], "read")
            ]
            self.assertTrue(self.order.with_user(user).read(names))

    def test_amounts_are_for_those_who_speak_about_money(self):
        for role in ("advisor", "cashier", "manager"):
            order = self.order.with_user(getattr(self, role))
            self.assertEqual(order.amount_total, 517)
            self.assertEqual(sum(order.job_ids.mapped("price")), 517)
        for role in ("technician", "inspector", "lead", "keeper"):
            order = self.order.with_user(getattr(self, role))
            for record, name in (
                (order, "amount_total"),
                (order, "sale_order_id"),
                (order.job_ids, "price"),
                (order.job_ids, "line_ids"),
            ):
                with self.subTest(role=role, name=name), self.assertRaises(AccessError):
                    record.read([name])

    def test_nobody_reads_the_token_of_a_sheet(self):
        for user in (self.advisor, self.manager, self.hq_manager, self.admin()):
            with self.assertRaises(AccessError):
                self.order.with_user(user).read(["sheet_token"])
        with self.assertRaises(AccessError):
            self.order.with_user(self.hq_manager).read(["sheet_hash"])
        for domain in ([("sheet_token", "=like", "a%")],):
            with self.assertRaises(AccessError):
                self.env["workshop.order"].with_user(self.admin()).search(domain)

    def admin(self):
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.hq | self.store
        return admin

    def test_only_the_desk_edits_orders_and_jobs(self):
        for role in ("advisor", "manager"):
            self.order.with_user(getattr(self, role)).complaint = f"By {role}"
        for role in ("technician", "inspector", "lead", "cashier", "keeper"):
            user = getattr(self, role)
            with self.subTest(role=role):
                with self.assertRaises(AccessError):
                    self.order.with_user(user).complaint = "No"
                for action in ("action_cancel", "action_renew_sheet"):
                    with self.assertRaises(AccessError):
                        getattr(self.order.with_user(user), action)()
                with self.assertRaises(AccessError):
                    self.order.with_user(user).add_services(self.oil_service.ids)
                with self.assertRaises(AccessError):
                    self.order.job_ids.with_user(user).action_withdraw()
                with self.assertRaises(AccessError):
                    self._receive(user, complaint="Mine")

    def test_a_technician_neither_bills_nor_closes(self):
        for role in ("technician", "lead", "inspector"):
            order = self.order.with_user(getattr(self, role))
            with self.assertRaises(AccessError):
                order.action_close()
            with self.assertRaises(AccessError):
                order.action_invoice()

    def test_other_stores_are_out_of_reach(self):
        for role in (*READERS, "region_manager"):
            foreign = self.foreign.with_user(getattr(self, role))
            for call in (
                lambda order: order.read(["name"]),
                lambda order: order.write({"complaint": "x"}),
                lambda order: order.action_authorise(),
                lambda order: order.action_close(),
                lambda order: order.action_invoice(),
                lambda order: order.action_renew_sheet(),
            ):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    call(foreign)

    def test_an_advisor_receives_in_no_other_store(self):
        with self.assertRaises(AccessError):
            self._receive(company_id=self.other_store.id, complaint="Elsewhere")

    def test_a_region_manager_sees_the_stores_of_the_region(self):
        self.assertEqual(self._seen(self.region_manager, self.store), self.order)
        self.assertNotIn(self.hq, self.region_manager.company_ids)

    def test_hq_sees_every_store_with_hq_alone_active(self):
        seen = self._seen(self.hq_manager, self.hq)
        self.assertEqual(seen, self.order | self.foreign)
        self.assertEqual(sorted(seen.mapped("amount_total")), [80, 517])
        self.assertTrue(seen[0].timeline is not None)

    def test_hq_acts_on_a_stores_order_with_hq_alone_active(self):
        order = self.foreign.with_user(self.hq_manager).with_context(
            allowed_company_ids=self.hq.ids
        )
        order.action_authorise()
        self.assertEqual(order.state, "open")
        job = order.add_services(self.oil_service.ids)
        job.action_authorise()
        self.assertEqual(job.state, "authorised")
        order.job_ids.action_withdraw()
        order.action_cancel()
        self.assertEqual(order.state, "cancelled")

    def test_a_portal_user_sees_nothing(self):
        portal = self.env["res.users"].create(
            {
                "name": "Portal",
                "login": "portal-test",
                "partner_id": self.wang.id,
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        for model in ("workshop.order", "workshop.job"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(portal).search([])

    def test_the_day_of_a_reception_is_the_stores(self):
        late = fields.Datetime.to_datetime("2026-03-01 17:00:00")
        self.assertEqual(
            self.store._workshop_day(late), fields.Date.to_date("2026-03-02")
        )
