from odoo import fields, models

from workbay_contract import chain


class WorkshopOrderFloor(models.Model):
    """What the floor changes of an order, apart from what the office edits.

    Written by set-based SQL only; locked before anything that concerns the order.
    """

    _name = "workshop.order.floor"
    _description = "Workshop Order on the Floor"
    _log_access = False
    _rec_name = "order_id"

    order_id = fields.Many2one(
        "workshop.order", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", "Store", required=True, readonly=True, index=True
    )
    is_open = fields.Boolean(
        readonly=True, help="Events of the floor still change the order."
    )
    chain_head = fields.Char(required=True, readonly=True, default=chain.GENESIS)
    chain_count = fields.Integer(required=True, readonly=True, default=0)

    _order_uniq = models.Constraint("UNIQUE (order_id)", "One floor row per order.")
    _open_idx = models.Index("(company_id) WHERE is_open")
