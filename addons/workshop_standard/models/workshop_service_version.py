from odoo import api, fields, models


class WorkshopServiceVersion(models.Model):
    """What a service holds under one release."""

    _name = "workshop.service.version"
    _description = "Workshop Service Version"
    _inherit = ["workshop.release.guard"]
    _order = "release_id desc, service_id, id"

    service_id = fields.Many2one(
        "workshop.service", required=True, index=True, ondelete="restrict"
    )
    release_id = fields.Many2one(
        "workshop.release", required=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(related="release_id.state")
    category_id = fields.Many2one(related="service_id.category_id", store=True)
    process_id = fields.Many2one(
        "workshop.process",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.ref(
            "workshop_standard.workshop_process_standard", raise_if_not_found=False
        ),
    )
    labour_hours = fields.Float(required=True, aggregator=None)
    currency_id = fields.Many2one(related="release_id.currency_id")
    price = fields.Monetary(
        "Labour Price",
        required=True,
        aggregator=None,
        help="What the customer pays for the labour, tax included.",
    )
    step_ids = fields.One2many(
        "workshop.service.step", "version_id", "Steps", copy=True
    )
    part_ids = fields.One2many(
        "workshop.service.part", "version_id", "Parts Kit", copy=True
    )
    skill_ids = fields.Many2many(
        "hr.skill", string="Skills", help="What whoever does the job has to know."
    )
    warranty_months = fields.Integer("Warranty (Months)", aggregator=None)
    warranty_km = fields.Integer("Warranty (km)", aggregator=None)

    _service_release_uniq = models.Constraint(
        "UNIQUE (release_id, service_id)",
        "The release holds this service already.",
    )
    _labour_hours_positive = models.Constraint(
        "CHECK (labour_hours > 0)", "A service takes some time."
    )
    _price_positive = models.Constraint(
        "CHECK (price >= 0)", "A price is not negative."
    )
    _warranty_positive = models.Constraint(
        "CHECK (warranty_months >= 0 AND warranty_km >= 0)",
        "A warranty is not negative.",
    )

    @api.depends("service_id.display_name", "release_id.name")
    def _compute_display_name(self):
        for version in self:
            version.display_name = (
                f"{version.service_id.display_name} – {version.release_id.name}"
            )

    def _get_releases(self):
        return self.release_id
