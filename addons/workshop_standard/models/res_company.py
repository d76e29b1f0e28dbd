from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        """Before anything was released, drafts are priced in what HQ settles upon.

        The starter set is there before anybody has said which currency that is.
        """
        before = self.filtered(lambda company: not company.parent_id).currency_id
        result = super().write(vals)
        if "currency_id" in vals:
            # sudo: whoever sets up a company need not be HQ's manager.
            releases = self.env["workshop.release"].sudo()
            if not releases.search_count([("state", "=", "released")], limit=1):
                drafts = releases.search([("currency_id", "in", before.ids)])
                drafts.currency_id = vals["currency_id"]
        return result
