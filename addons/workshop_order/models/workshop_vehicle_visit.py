from odoo import api, fields, models
from odoo.tools import SQL


class WorkshopVehicleVisit(models.Model):
    """A car's visits to all stores of the chain, without any amount.

    What was done to a car is told in whichever store it stands; the order itself opens
    only for those who may see it.
    """

    _name = "workshop.vehicle.visit"
    _description = "Visit of a Vehicle"
    _auto = False
    _order = "received_at desc, id desc"
    _depends = {
        "workshop.order": [
            "advisor_id",
            "company_id",
            "name",
            "partner_id",
            "reading_id",
            "received_at",
            "state",
            "vehicle_id",
        ],
        "workshop.vehicle.reading": ["value"],
    }

    order_id = fields.Many2one("workshop.order", "Work Order", readonly=True)
    name = fields.Char("Number", readonly=True)
    vehicle_id = fields.Many2one("fleet.vehicle", readonly=True)
    company_id = fields.Many2one("res.company", "Store", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    advisor_id = fields.Many2one("res.users", "Service Advisor", readonly=True)
    received_at = fields.Datetime("Received at", readonly=True)
    odometer = fields.Integer(readonly=True, aggregator=None)
    complaint = fields.Text("What the Customer Says", readonly=True)
    state = fields.Selection(selection="_get_states", readonly=True)
    services = fields.Char(compute="_compute_services")
    is_readable = fields.Boolean("Can be Opened", compute="_compute_is_readable")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT visit.id, visit.id AS order_id, visit.name, visit.vehicle_id,
                   visit.company_id, visit.partner_id, visit.advisor_id,
                   visit.received_at, reading.value AS odometer, visit.complaint,
                   visit.state
              FROM workshop_order AS visit
              JOIN workshop_vehicle_reading AS reading
                ON reading.id = visit.reading_id
             WHERE visit.state <> 'cancelled'
            """
        )

    @api.model
    def _get_states(self):
        """The order's, in the user's language."""
        return (
            self.env["workshop.order"]._fields["state"]._description_selection(self.env)
        )

    @api.depends_context("lang")
    @api.depends("order_id")
    def _compute_services(self):
        # sudo: the jobs of another store are named, not shown.
        jobs = self.env["workshop.job"].sudo().search([("order_id", "in", self.ids)])
        names = {}
        for job in jobs.filtered(lambda job: job.state in ("proposed", "authorised")):
            names.setdefault(job.order_id.id, []).append(job.name)
        for visit in self:
            visit.services = ", ".join(names.get(visit.id, []))

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("order_id")
    def _compute_is_readable(self):
        orders = self.env["workshop.order"].browse(self.ids)
        readable = orders.with_env(self.env)._filtered_access("read")
        for visit in self:
            visit.is_readable = visit.id in readable.ids

    def action_open_order(self):
        """Show the visit's order, to those who may see it."""
        self.ensure_one()
        order = self.env["workshop.order"].browse(self.id)
        order.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "workshop.order",
            "res_id": order.id,
            "views": [(False, "form")],
        }
