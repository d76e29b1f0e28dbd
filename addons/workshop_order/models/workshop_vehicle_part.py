from odoo import fields, models
from odoo.tools import SQL


class WorkshopVehiclePart(models.Model):
    """The parts that were fitted to a car, in all stores of the chain."""

    _name = "workshop.vehicle.part"
    _description = "Part Fitted to a Vehicle"
    _auto = False
    _order = "fitted_at desc, id desc"
    _depends = {
        "workshop.order": ["company_id", "received_at", "vehicle_id"],
        "workshop.job": ["finished_at", "order_id", "service_id"],
        "sale.order.line": ["product_id", "qty_delivered", "workshop_job_id"],
    }

    vehicle_id = fields.Many2one("fleet.vehicle", readonly=True)
    order_id = fields.Many2one("workshop.order", "Work Order", readonly=True)
    service_id = fields.Many2one("workshop.service", readonly=True)
    company_id = fields.Many2one("res.company", "Store", readonly=True)
    product_id = fields.Many2one("product.product", "Part", readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit")
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    fitted_at = fields.Datetime("Fitted", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT line.id, visit.vehicle_id, visit.id AS order_id, job.service_id,
                   visit.company_id, line.product_id, line.qty_delivered AS quantity,
                   line.product_uom_id AS uom_id,
                   COALESCE(job.finished_at, visit.received_at) AS fitted_at
              FROM workshop_order AS visit
              JOIN workshop_job AS job ON job.order_id = visit.id
              JOIN sale_order_line AS line ON line.workshop_job_id = job.id
              JOIN product_product AS product ON product.id = line.product_id
              JOIN product_template AS template
                ON template.id = product.product_tmpl_id
             WHERE template.type = 'consu' AND line.qty_delivered > 0
            """
        )

    def action_open_order(self):
        """Show the order in which the part was fitted, to those who may see it."""
        self.ensure_one()
        return (
            self.env["workshop.vehicle.visit"]
            .browse(self.order_id.id)
            .action_open_order()
        )
