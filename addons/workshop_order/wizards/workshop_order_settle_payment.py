from odoo import fields, models


class WorkshopOrderSettlePayment(models.TransientModel):
    _name = "workshop.order.settle.payment"
    _description = "Payment of a Work Order"

    settle_id = fields.Many2one(
        "workshop.order.settle", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="settle_id.company_id")
    currency_id = fields.Many2one(related="settle_id.currency_id")
    journal_id = fields.Many2one(
        "account.journal",
        "Means",
        required=True,
        domain="[('company_id', '=', company_id),"
        " ('type', 'in', ('bank', 'cash', 'credit'))]",
    )
    amount = fields.Monetary(required=True)
