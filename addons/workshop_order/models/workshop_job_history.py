from odoo import models


class WorkshopJob(models.Model):
    _inherit = "workshop.job"

    # A car's history looks for what was done last, order by order.
    _history_idx = models.Index("(order_id, service_id, finished_at)")
