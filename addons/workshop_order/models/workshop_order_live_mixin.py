from odoo import models


class WorkshopOrderLiveMixin(models.AbstractModel):
    """What people who look at the order are told of its floor."""

    _name = "workshop.order.live.mixin"
    _description = "Workshop Order Live"

    def action_open_issues(self):
        """The order's records about which somebody has to decide."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "workshop_order.workshop_event_action_issues"
        )
        return {
            **action,
            "domain": [("order_id", "=", self.id)],
            "context": {"search_default_open_issue": 1},
        }

    def _announce_floor(self):
        """Have whoever has an order open look again, and say what happened last."""
        last = self._last_events()
        for order in self:
            event = last.get(order.id, self.env["workshop.event"])
            who = event.actor_id or event.user_id
            self.env["bus.bus"]._sendone(
                order,
                "workshop_order.floor",
                {
                    "order": order.id,
                    "event": event.id,
                    "user": who.id,
                    "job": event.job_id.name or "",
                    "node": event._title() if event else "",
                    "person": who.name or "",
                    "place": event.bay_id.display_name or "",
                },
            )

    def _announce_desk(self):
        """Have whoever has an order open look again, and say who changed it."""
        for order in self:
            self.env["bus.bus"]._sendone(
                order,
                "workshop_order.floor",
                {
                    "order": order.id,
                    "event": False,
                    "change": True,
                    "user": self.env.uid,
                    "person": self.env.user.name,
                },
            )

    def _last_events(self):
        """By order, the newest event of its chain."""
        self.env.cr.execute(
            """
            SELECT floor.order_id, event.id
              FROM workshop_order_floor floor
              JOIN workshop_event event ON event.order_id = floor.order_id
               AND event.chain_index = floor.chain_count
             WHERE floor.order_id = ANY(%s)
            """,
            [self.ids],
        )
        # sudo: those who are told may read the order, as the channel checks.
        events = self.env["workshop.event"].sudo()
        return {
            order_id: events.browse(event_id)
            for order_id, event_id in self.env.cr.fetchall()
        }
