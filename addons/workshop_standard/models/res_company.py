from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        """Drafts leave a currency with HQ, as long as nothing was released in it.

        The starter set is there before anybody has said which currency HQ has.
        """
        before = self.filtered(lambda company: not company.parent_id).currency_id
        result = super().write(vals)
        if "currency_id" in vals:
            # sudo: whoever sets up a company need not be HQ's manager.
            releases = self.env["workshop.release"].sudo()
            found = releases.search([("currency_id", "in", before.ids)])
            if "released" not in found.mapped("state"):
                found.currency_id = vals["currency_id"]
        return result
