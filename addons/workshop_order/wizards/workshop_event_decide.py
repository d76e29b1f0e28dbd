from odoo import api, fields, models


class WorkshopEventDecide(models.TransientModel):
    """Asks for the decision about records that did not fit, and why."""

    _name = "workshop.event.decide"
    _description = "Decide on Records"

    event_ids = fields.Many2many(
        "workshop.event", "workshop_event_decide_rel", string="Records", required=True
    )
    asked = fields.Selection(
        [
            ("held", "Apply or set aside"),
            ("rejected", "Close"),
            ("applied", "Correct"),
            ("mixed", "One after the other"),
        ],
        "What Is Asked",
        compute="_compute_asked",
    )
    note = fields.Text("Why", required=True)
    told = fields.Text("What Happened Meanwhile", compute="_compute_told")

    @api.depends("event_ids")
    def _compute_asked(self):
        for wizard in self:
            asked = {event._asked() for event in wizard.event_ids._origin}
            wizard.asked = asked.pop() if len(asked) == 1 else "mixed"

    @api.depends("event_ids")
    def _compute_told(self):
        for wizard in self:
            events = wizard.event_ids._origin
            wizard.told = "\n\n".join(
                "\n".join(
                    filter(
                        None,
                        [event._headline(), event.message, *event._meanwhile_lines()],
                    )
                )
                for event in events
            )

    def action_apply(self):
        return self._decide("apply")

    def action_set_aside(self):
        return self._decide("set_aside")

    def action_close(self):
        return self._decide("close")

    def action_correct(self):
        self.ensure_one()
        for event in self.event_ids.sorted("id", reverse=True):
            event.correct(self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _decide(self, decision):
        self.ensure_one()
        self.event_ids.decide(decision, self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
