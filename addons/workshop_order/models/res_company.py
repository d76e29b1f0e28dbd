import pytz

from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model
    def _open_store(self, vals):
        store = super()._open_store(vals)
        store._workshop_order_sequence()
        return store

    def _workshop_order_sequence(self):
        """The store's own numbering of work orders; made when it is missing."""
        self.ensure_one()
        # sudo: whoever receives a car numbers its order, and may do no more to it.
        Sequence = self.env["ir.sequence"].sudo()
        sequence = Sequence.search(
            [("code", "=", "workshop.order"), ("company_id", "=", self.id)], limit=1
        )
        return sequence or Sequence.create(
            {
                "name": self.env._("Work orders %(store)s", store=self.name),
                "code": "workshop.order",
                "prefix": f"{self.store_code or self.id}-",
                "padding": 5,
                "company_id": self.id,
            }
        )

    def _workshop_tz(self):
        """The time zone in which the store's days begin."""
        self.ensure_one()
        # sudo: the calendar is the store's; a caller from elsewhere may not read it.
        return pytz.timezone(self.sudo().resource_calendar_id.tz or "UTC")

    def _workshop_day(self, instant):
        """The store's day at an instant in UTC."""
        utc = pytz.utc.localize(fields.Datetime.to_datetime(instant))
        return utc.astimezone(self._workshop_tz()).date()
