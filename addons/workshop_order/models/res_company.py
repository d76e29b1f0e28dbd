import pytz

from odoo import api, fields, models
from odoo.tools.misc import format_datetime


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model
    def _open_store(self, vals):
        store = super()._open_store(vals)
        store._workshop_order_sequence()
        store._open_payment_accounts()
        return store

    def _open_payment_accounts(self):
        """Say where payments go; else Odoo asks HQ's chart, closed to a cashier."""
        self.ensure_one()
        chart = self.env["account.chart.template"].with_company(self.root_id)
        ways = {
            "inbound": "account_journal_payment_debit_account_id",
            "outbound": "account_journal_payment_credit_account_id",
        }
        journals = self.env["account.journal"].search(
            [("company_id", "=", self.id), ("type", "in", ("bank", "cash"))]
        )
        for way, xmlid in ways.items():
            outstanding = (
                chart.ref(xmlid, raise_if_not_found=False)
                or self.root_id.transfer_account_id
            )
            for journal in journals:
                lines = journal[f"{way}_payment_method_line_ids"]
                lines.filtered(lambda line: not line.payment_account_id).write(
                    {
                        "payment_account_id": (
                            # Cash is in the till at once, other money on its way.
                            journal.default_account_id
                            if journal.type == "cash"
                            else outstanding
                        ).id
                    }
                )

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

    def _workshop_users_of(self, *groups):
        """The store's people of the first of these groups in which it has anybody.

        :param groups: XML ids.
        """
        self.ensure_one()
        users = self.env["res.users"]
        for group in groups:
            # sudo: who is asked is no question of what the asking one may see.
            users = (
                self.env.ref(group)
                .sudo()
                .all_user_ids.filtered(
                    lambda user: user.active and self in user.company_ids
                )
            )
            if users:
                break
        return users

    def _workshop_tz(self):
        """The time zone in which the store's days begin."""
        self.ensure_one()
        # sudo: the calendar is the store's; a caller from elsewhere may not read it.
        return pytz.timezone(self.sudo().resource_calendar_id.tz or "UTC")

    def _workshop_clock(self, instant):
        """An instant in UTC as a clock on the store's wall said, in few signs."""
        zone = self._workshop_tz().zone
        return format_datetime(self.env, instant, tz=zone, dt_format="short")

    def _workshop_day(self, instant):
        """The store's day at an instant in UTC."""
        utc = pytz.utc.localize(fields.Datetime.to_datetime(instant))
        return utc.astimezone(self._workshop_tz()).date()
