from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopJobParts(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.better = cls._create_part("Oil 0W-30")
        cls._stock(cls.better, 8)
        cls.order = cls._receive(service_ids=cls.oil_service.ids)
        cls.job = cls.order.add_services(cls.oil_service.ids) | cls.order.job_ids
        cls.order.action_authorise()
        cls.job = cls.order.job_ids[0]
        cls.twin = cls.order.job_ids[1]
        cls.oil_line = cls.job.line_ids.filtered(lambda li: li.product_id == cls.oil)

    @classmethod
    def _create_part(cls, name):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "consu",
                "is_storable": True,
                "invoice_policy": "delivery",
                "lst_price": 98,
                "taxes_id": [Command.set(cls.hq.account_sale_tax_id.ids)],
            }
        )

    def _picking(self, job, user=None):
        picking = job.sudo().picking_ids.filtered(lambda p: p.state != "done")
        return picking.with_user(user or self.keeper)

    def _take_back(self, picking, quantity):
        wizard = Form(
            self.env["stock.return.picking"]
            .with_user(self.keeper)
            .with_context(active_id=picking.id, active_model="stock.picking")
        )
        for number in range(len(picking.move_ids)):
            with wizard.product_return_moves.edit(number) as line:
                line.quantity = quantity
        back = wizard.save()._create_return()
        back.move_ids.picked = True
        back.button_validate()
        return back

    def test_each_job_has_a_picking_of_its_own(self):
        pickings = self.order.sudo().job_ids.picking_ids
        self.assertEqual(len(pickings), 2)
        self.assertEqual(pickings.workshop_job_id, self.order.job_ids)
        self.assertEqual(self.order.sudo().sale_order_id.picking_ids, pickings)

    def test_the_parts_keeper_issues_what_a_job_needs(self):
        self.assertEqual(self.job.parts_state, "here")
        self._picking(self.job).action_workshop_issue()
        self.assertEqual(self.job.parts_state, "issued")
        self.assertEqual(self.twin.parts_state, "here")
        self.assertEqual(self.oil_line.qty_delivered, 4)
        self.assertEqual(len(self.order.sudo().job_ids.picking_ids), 2)

    def test_a_return_lowers_what_was_delivered(self):
        picking = self._picking(self.job)
        picking.action_workshop_issue()
        action = picking.action_workshop_return()
        self.assertEqual(action["res_model"], "stock.return.picking")
        back = self._take_back(picking, 1)
        self.assertEqual(back.workshop_job_id, self.job)
        self.assertEqual(self.oil_line.qty_delivered, 3)
        self._finish(self.job)
        self.assertEqual(self.oil_line.qty_delivered, 3)

    def test_no_more_comes_back_than_was_issued(self):
        picking = self._picking(self.job)
        picking.action_workshop_issue()
        with self.assertRaisesRegex(UserError, "no more than"), self.env.cr.savepoint():
            self._take_back(picking, 5)
        self._take_back(picking, 1)
        with self.assertRaisesRegex(UserError, "4 × Oil"), self.env.cr.savepoint():
            self._take_back(picking, 4)
        self.assertEqual(self.oil_line.qty_delivered, 3)

    def test_a_return_that_waits_is_not_validated_by_the_floor(self):
        picking = self._picking(self.job)
        picking.action_workshop_issue()
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = 1
        back = wizard._create_return()
        self._finish(self.job)
        self.assertNotEqual(back.state, "done")
        self.assertEqual(self.oil_line.qty_delivered, 4)

    def test_nobody_issues_more_than_was_agreed(self):
        picking = self._picking(self.job)
        move = picking.move_ids.filtered(lambda move: move.product_id == self.oil)
        move.quantity = 6
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "asks for 4"):
            picking.button_validate()

    def test_a_part_that_the_job_does_not_ask_for_is_refused(self):
        picking = self._picking(self.job)
        for vals in ({"product_id": self.better.id}, {"sale_line_id": False}):
            with self.assertRaisesRegex(UserError, "replace a part"):
                picking.move_ids[0].write(vals)
        stray = {
            "product_id": self.better.id,
            "product_uom_qty": 1,
            "picking_id": picking.id,
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
        }
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["stock.move"].create({**stray, "sale_line_id": self.oil_line.id})
        move = self.env["stock.move"].with_user(self.keeper).create(stray)
        picking.move_ids.picked = True
        move.quantity = 1
        with self.assertRaises(UserError):
            picking.button_validate()

    def test_shortage_shows_on_the_job(self):
        self._stock(self.oil, -20)
        other = self.order.add_services(self.oil_service.ids)
        other.action_authorise()
        self.assertEqual(other.parts_state, "missing")
        self.assertFalse(other.parts_expected_at)
        self.assertEqual(other.with_user(self.technician).parts_state, "missing")
        with self.assertRaisesRegex(UserError, "None of the parts"):
            picking = self._picking(other)
            picking.move_ids.filtered(
                lambda move: move.product_id == self.filter
            ).sudo()._action_cancel()
            picking.action_workshop_issue()

    def test_shortage_asks_the_vendor_for_what_is_missing(self):
        self._stock(self.oil, -12)
        vendor = self.env["res.partner"].create({"name": "Oil Ltd"})
        self.oil.seller_ids = [
            Command.create({"partner_id": vendor.id, "price": 30, "company_id": False})
        ]
        other = self.order.add_services(self.oil_service.ids)
        other.with_user(self.advisor).action_authorise()
        self.assertEqual(other.parts_state, "missing")
        asked = self.env["purchase.order.line"].search(
            [("product_id", "=", self.oil.id), ("company_id", "=", self.store.id)]
        )
        self.assertEqual((asked.product_qty, asked.state), (4, "draft"))
        self.assertEqual(asked.order_id.partner_id, vendor)
        asked.order_id.button_confirm()
        self.env.invalidate_all()
        self.assertEqual(other.parts_state, "on_way")
        self.assertTrue(other.parts_expected_at)
        receipt = asked.order_id.picking_ids
        receipt.move_ids.picked = True
        receipt.button_validate()
        self.env.invalidate_all()
        self.assertEqual(other.parts_state, "here")

    def test_shortage_orders_what_is_missing_by_the_stores_own_rules(self):
        depot = self.env["stock.location"].create(
            {"name": "Depot", "usage": "internal", "company_id": self.store.id}
        )
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.store.id)], limit=1
        )
        rare = self._create_part("Gear oil")
        rare.route_ids = self.env["stock.route"].create(
            {
                "name": "From the depot",
                "company_id": self.store.id,
                "rule_ids": [
                    Command.create(
                        {
                            "name": "Depot to shelf",
                            "action": "pull",
                            "location_src_id": depot.id,
                            "location_dest_id": warehouse.lot_stock_id.id,
                            "picking_type_id": warehouse.int_type_id.id,
                            "company_id": self.store.id,
                        }
                    )
                ],
            }
        )
        service = self._create_service("GEAR-T", "Gear oil change")
        self._release("Gear", {service: (90, 1, {rare: 2})}, "2099-01-01")
        order = self._receive(complaint="Gears", service_ids=[])
        order._put({"release_id": self.env["workshop.release"]._newest().id})
        job = order.add_services(service.ids)
        order.action_authorise()
        self.assertEqual(job.parts_state, "on_way")
        self.assertTrue(job.parts_expected_at)
        supply = self.env["stock.move"].search(
            [("product_id", "=", rare.id), ("location_id", "=", depot.id)]
        )
        self.assertEqual(supply.product_uom_qty, 2)
        self._stock(rare, 2)
        self._picking(job).action_workshop_issue()
        self.assertEqual(job.parts_state, "issued")

    def _fits(self):
        return patch.object(
            type(self.job), "_get_substitutes", lambda job, line: self.better
        )

    def test_a_substitute_is_recorded_and_costs_what_was_agreed(self):
        with self._fits():
            self.job.with_user(self.keeper).replace_part(
                self.oil_line.id, self.better.id, "No 5W-30 left"
            )
        new = self.job.line_ids.filtered(lambda li: li.product_id == self.better)
        self.assertEqual(new.workshop_replaces_id, self.oil_line)
        self.assertEqual((new.product_uom_qty, new.price_unit), (4, 68))
        self.assertEqual(self.oil_line.product_uom_qty, 0)
        self.assertEqual(self.job.price, 437)
        self.assertIn("No 5W-30 left", self.order.message_ids[0].body)
        self.assertFalse(self.job.is_stale)
        self._finish(self.job)
        self.assertEqual((new.qty_delivered, self.oil_line.qty_delivered), (4, 0))

    def test_what_fits_is_what_the_standard_names(self):
        self.assertFalse(self.job._get_substitutes(self.oil_line))
        standard = type(self.job.version_id)
        part = self.env["workshop.service.part"].new({"product_id": self.better.id})
        with patch.object(standard, "_get_substitutes", lambda *arguments: part):
            self.assertEqual(
                self.job._get_substitutes(self.oil_line).ids, self.better.ids
            )

    def test_a_part_that_does_not_fit_is_refused(self):
        with self.assertRaisesRegex(UserError, "does not fit"):
            self.job.replace_part(self.oil_line.id, self.better.id, "Cheaper")

    def test_what_was_issued_is_not_replaced(self):
        self._picking(self.job).action_workshop_issue()
        with self._fits(), self.assertRaisesRegex(UserError, "take it back"):
            self.job.replace_part(self.oil_line.id, self.better.id, "Late")

    def test_neither_labour_nor_another_jobs_part_is_replaced(self):
        lines = self.job._labour_lines() | self.twin.line_ids.filtered("product_id")
        for line in lines:
            with self._fits(), self.assertRaisesRegex(UserError, "no part of"):
                self.job.replace_part(line.id, self.better.id, "Hm")

    def test_who_replaces_parts_is_a_role(self):
        for user in (self.technician, self.cashier, self.inspector):
            with self._fits(), self.assertRaises(AccessError):
                self.job.with_user(user).replace_part(
                    self.oil_line.id, self.better.id, "Mine"
                )
        with self.assertRaises(AccessError):
            self.job.with_user(self.stranger).replace_part(
                self.oil_line.id, self.better.id, "Mine"
            )

    def test_the_wizard_replaces_what_fits(self):
        picking = self._picking(self.job)
        move = picking.move_ids.filtered(lambda move: move.product_id == self.oil)
        wizard = self.env["workshop.job.replace"].with_user(self.keeper)
        with self._fits():
            made = wizard.create(
                {
                    "picking_id": picking.id,
                    "move_id": move.id,
                    "product_id": self.better.id,
                    "reason": "Short",
                }
            )
            self.assertEqual(made.substitute_ids, self.better)
            made.action_replace()
        self.assertIn(self.better, self.job.line_ids.product_id)

    def test_a_part_with_a_number_is_issued_by_the_parts_keeper(self):
        self.filter.tracking = "lot"
        other = self.order.add_services(self.oil_service.ids)
        other.action_authorise()
        self._finish(other)
        numbered = other.line_ids.filtered(lambda li: li.product_id == self.filter)
        self.assertEqual(numbered.qty_delivered, 0)
        lot = self.env["stock.lot"].create(
            {"name": "F-1", "product_id": self.filter.id, "company_id": self.store.id}
        )
        move = numbered.move_ids.filtered(lambda m: m.state != "done")
        move = move.with_user(self.keeper)
        move.quantity = 1
        move.move_line_ids.lot_id = lot
        move.picking_id.action_workshop_issue()
        self.assertEqual(numbered.qty_delivered, 1)
