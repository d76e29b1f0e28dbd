from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class WorkshopOrderAdd(models.TransientModel):
    """Propose further work on an order: services, a package, or work made good."""

    _name = "workshop.order.add"
    _inherit = ["workshop.once.mixin"]
    _description = "Add Services"

    order_id = fields.Many2one("workshop.order", required=True)
    offered_ids = fields.Many2many("workshop.service", compute="_compute_offered")
    service_ids = fields.Many2many(
        "workshop.service",
        "workshop_order_add_service_rel",
        string="Services",
        domain="[('id', 'in', offered_ids)]",
    )
    offered_package_ids = fields.Many2many(
        "workshop.service.package", compute="_compute_offered"
    )
    package_id = fields.Many2one(
        "workshop.service.package", domain="[('id', 'in', offered_package_ids)]"
    )
    package_service_ids = fields.Many2many(
        related="package_id.service_ids", string="In the Package"
    )
    currency_id = fields.Many2one(related="order_id.currency_id")
    price = fields.Monetary(
        "Together",
        compute="_compute_price",
        help="Labour and parts on this car, tax included.",
    )
    package_price = fields.Monetary(compute="_compute_price")
    package_price_alone = fields.Monetary(compute="_compute_price")
    problem = fields.Char(compute="_compute_price")
    twice_ids = fields.Many2many(
        "workshop.service", compute="_compute_twice_ids", string="On the Order Already"
    )
    again_ids = fields.One2many("workshop.order.add.again", "add_id", "Make Good")

    @api.depends("order_id")
    def _compute_offered(self):
        for wizard in self:
            release = wizard.order_id.release_id
            wizard.offered_ids = release._get_standard_services()
            on_order = wizard.order_id.job_ids.filtered(
                lambda job: job.state != "withdrawn"
            )
            wizard.offered_package_ids = release._get_packages() - on_order.package_id

    @api.depends("order_id", "service_ids", "package_id")
    def _compute_price(self):
        """What is chosen, by the order's release on its car; or why it has no price."""
        for wizard in self:
            wizard.price = wizard.package_price = wizard.package_price_alone = 0
            wizard.problem = False
            try:
                wizard.price = wizard._quote(wizard.service_ids)
                if wizard.package_id:
                    wizard.package_price_alone = wizard._quote(
                        wizard.package_id.service_ids
                    )
                    wizard.package_price = wizard.package_id._origin._quote(
                        wizard.order_id.vehicle_id,
                        wizard.order_id.company_id,
                        wizard.package_price_alone,
                    )
                    wizard.price += wizard.package_price
            except UserError as error:
                wizard.problem = str(error)

    def _quote(self, services):
        order = self.order_id
        return sum(
            version.with_company(order.company_id)._quote(order.vehicle_id)
            for version in order.release_id._get_versions()
            if version.service_id in services._origin
        )

    @api.depends("order_id", "service_ids", "package_id")
    def _compute_twice_ids(self):
        """What would be done, and paid, a second time."""
        for wizard in self:
            chosen = (wizard.service_ids | wizard.package_id.service_ids)._origin
            both = wizard.service_ids._origin & wizard.package_id._origin.service_ids
            jobs = wizard.order_id.job_ids.filtered(
                lambda job: job.state in ("proposed", "authorised")
            )
            wizard.twice_ids = chosen & jobs.service_id | both

    @api.model
    def default_get(self, fields):
        """List what was done to the car, for what has to be made good."""
        values = super().default_get(fields)
        order = self.env["workshop.order"].browse(values.get("order_id"))
        if "again_ids" in fields and order:
            order.check_access("read")
            day = order.company_id._workshop_day(order.received_at)
            values["again_ids"] = [
                Command.create(row)
                for row in order.vehicle_id._tell_done(day, order.reading_id.value)
            ]
        return values

    def action_add(self):
        self._use_once()
        again = self.again_ids.filtered("payer")
        if not (self.service_ids or self.package_id or again):
            raise UserError(self.env._("Choose what is to be proposed."))
        self.order_id.add_services(self.service_ids.ids)
        if self.package_id:
            self.order_id.add_package(self.package_id.id)
        for row in again:
            self.order_id.add_again(row.job_id, row.payer)
        return {"type": "ir.actions.act_window_close"}
