from odoo import api, fields, models


class WorkshopJobReplace(models.TransientModel):
    """Put another part that fits in the place of one that is not here."""

    _name = "workshop.job.replace"
    _description = "Replace a Part"

    move_id = fields.Many2one(
        "stock.move",
        "Part",
        required=True,
        domain="[('picking_id', '=', picking_id), ('state', '!=', 'cancel')]",
    )
    picking_id = fields.Many2one("stock.picking", required=True, readonly=True)
    substitute_ids = fields.Many2many(
        "product.product", compute="_compute_substitute_ids"
    )
    product_id = fields.Many2one(
        "product.product",
        "Use Instead",
        required=True,
        domain="[('id', 'in', substitute_ids)]",
    )
    reason = fields.Char(required=True)

    @api.depends("move_id")
    def _compute_substitute_ids(self):
        for wizard in self:
            # sudo: the parts keeper sees no bills, but what fits in a part's place.
            line = wizard.sudo().move_id.sale_line_id
            wizard.substitute_ids = (
                line.workshop_job_id._get_substitutes(line) if line else False
            )

    def action_replace(self):
        self.ensure_one()
        # sudo: as above; the job's method checks who may replace what.
        line = self.sudo().move_id.sale_line_id
        line.workshop_job_id.with_env(self.env).replace_part(
            line.id, self.product_id.id, self.reason
        )
        return {"type": "ir.actions.act_window_close"}
