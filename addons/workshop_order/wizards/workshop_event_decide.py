from odoo import api, fields, models


class WorkshopEventDecide(models.TransientModel):
    """Asks for the decision about records that did not fit, and why."""

    _name = "workshop.event.decide"
    _description = "Decide on Records"

    event_ids = fields.Many2many(
        "workshop.event", "workshop_event_decide_rel", string="Records", required=True
    )
    act = fields.Selection(
        [
            ("apply", "Apply: it counts"),
            ("set_aside", "Set aside: it does not count"),
            ("close", "Close: it was dealt with"),
            ("correct", "Correct: undo what it did"),
        ],
        "Decision",
        required=True,
        default="apply",
    )
    note = fields.Text("Why", required=True)
    told = fields.Text("What Happened Meanwhile", compute="_compute_told")

    @api.depends("event_ids")
    def _compute_told(self):
        for wizard in self:
            events = wizard.event_ids._origin
            wizard.told = "\n\n".join(
                "\n".join([event._headline(), *event._meanwhile_lines()])
                for event in events
            )

    def action_decide(self):
        self.ensure_one()
        if self.act == "correct":
            for event in self.event_ids.sorted("id", reverse=True):
                event.correct(self.note)
        else:
            self.event_ids.decide(self.act, self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
