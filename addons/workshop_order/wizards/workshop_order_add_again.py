from odoo import fields, models


class WorkshopOrderAddAgain(models.TransientModel):
    """A job that was done to the car, in any store, to be made good or not."""

    _name = "workshop.order.add.again"
    _description = "Work to be Made Good"

    add_id = fields.Many2one(
        "workshop.order.add", required=True, index=True, ondelete="cascade"
    )
    # A number: whoever makes it good need not see another store's job.
    job_id = fields.Integer(required=True)
    name = fields.Char("Service")
    done = fields.Char()
    store = fields.Char()
    by = fields.Char("Done by")
    warranty = fields.Char()
    payer = fields.Selection(
        [("warranty", "Under warranty"), ("comeback", "As a comeback")],
        "Make Good",
    )
