from odoo import fields, models

STAFF = "workshop_chain.workshop_chain_group_staff"


class ResPartner(models.Model):
    """The customer as the desk should know him: cars, habits, preferences."""

    _inherit = "res.partner"

    workshop_preferences = fields.Text(
        "Habits and Preferences",
        help="What the desk should know before he says it: how he likes to be told, the"
        " oil he wants, what he never wants.",
    )
    workshop_contact_by = fields.Selection(
        [
            ("phone", "Phone call"),
            ("message", "Message"),
            ("email", "E-mail"),
        ],
        "Likes to be Told by",
    )
    workshop_waiting = fields.Selection(
        [
            ("waits", "Waits in the store"),
            ("leaves", "Leaves the car"),
            ("delivery", "Has it fetched and brought"),
        ],
        "While the Car is Here",
    )
    workshop_advisor_id = fields.Many2one(
        "res.users", "Preferred Advisor", domain=[("share", "=", False)]
    )
    workshop_owner_ids = fields.One2many(
        "workshop.vehicle.owner", "partner_id", "Vehicles", groups=STAFF
    )
    workshop_visit_count = fields.Integer(
        "Workshop Visits", compute="_compute_workshop_visit_count", groups=STAFF
    )

    def _compute_workshop_visit_count(self):
        counts = dict(
            self.env["workshop.vehicle.visit"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.workshop_visit_count = counts.get(partner, 0)

    def action_open_workshop_visits(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "workshop_order.workshop_vehicle_visit_action"
        )
        return {**action, "domain": [("partner_id", "=", self.id)]}
