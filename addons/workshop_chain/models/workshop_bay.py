import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class WorkshopBay(models.Model):
    _name = "workshop.bay"
    _description = "Workshop Bay"
    _order = "company_id, code, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True)
    code = fields.Char(required=True, help="Short name on signs and sheets, like B1.")
    company_id = fields.Many2one(
        "res.company",
        "Store",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("is_store", "=", True)],
    )
    uuid = fields.Char(
        "UUID",
        required=True,
        copy=False,
        default=lambda self: str(uuid.uuid4()),
        help="What the bay is called in messages; it never changes.",
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint(
        "UNIQUE (company_id, code)", "Another bay of this store has this code."
    )
    _uuid_uniq = models.Constraint("UNIQUE (uuid)", "Another bay has this UUID.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for bay in self:
            bay.display_name = f"{bay.code} {bay.name}" if bay.code else bay.name

    @api.constrains("company_id")
    def _check_store(self):
        for bay in self:
            if not bay.company_id.is_store:
                raise ValidationError(
                    self.env._(
                        "%(company)s is no store, so it cannot have the bay %(bay)s.",
                        company=bay.company_id.name,
                        bay=bay.name,
                    )
                )

    @api.constrains("uuid")
    def _check_uuid(self):
        for bay in self:
            try:
                canonical = str(uuid.UUID(bay.uuid))
            except ValueError:
                canonical = None
            if canonical != bay.uuid:
                raise ValidationError(
                    self.env._("%(uuid)s is not a UUID.", uuid=bay.uuid)
                )

    def write(self, vals):
        # A device's messages name the bay by its UUID and the store's partition.
        for name in {"uuid", "company_id"} & set(vals):
            if any(
                self._fields[name].convert_to_write(bay[name], bay) != vals[name]
                for bay in self
            ):
                raise UserError(
                    self.env._(
                        "A bay's store and UUID never change: archive %(bays)s and make"
                        " a new bay instead.",
                        bays=", ".join(self.mapped("display_name")),
                    )
                )
        return super().write(vals)
