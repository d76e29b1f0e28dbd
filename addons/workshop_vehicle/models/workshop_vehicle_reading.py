from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.workshop_chain.tools import begun_anew_where_held


class WorkshopVehicleReading(models.Model):
    """What the odometer showed.

    Rows never change. A wrong one is corrected by a further row that supersedes it, so
    that it stays to be seen what was believed when.
    """

    _name = "workshop.vehicle.reading"
    _description = "Odometer Reading"
    _order = "read_at desc, id desc"

    vehicle_id = fields.Many2one(
        "fleet.vehicle", required=True, index=True, ondelete="restrict"
    )
    value = fields.Integer("Reading", required=True, aggregator=None)
    unit = fields.Selection(related="vehicle_id.odometer_unit")
    read_at = fields.Datetime(required=True, default=fields.Datetime.now)
    company_id = fields.Many2one(
        "res.company", "Store", required=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        "Read by",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    supersedes_id = fields.Many2one(
        "workshop.vehicle.reading",
        "Corrects",
        index="btree_not_null",
        ondelete="restrict",
    )
    superseded_by_ids = fields.One2many(
        "workshop.vehicle.reading", "supersedes_id", "Corrected by"
    )
    is_superseded = fields.Boolean(
        "Corrected", compute="_compute_is_superseded", search="_search_is_superseded"
    )
    is_backwards = fields.Boolean(
        "Runs Backwards",
        help="It truly shows less than before: another instrument was built in, or it"
        " was set back. Distances are counted anew from here.",
    )
    reason = fields.Char(
        help="Why the former reading was wrong, or why it runs backwards."
    )

    _value_positive = models.Constraint(
        "CHECK (value >= 0)", "An odometer shows no less than zero."
    )
    _supersedes_uniq = models.UniqueIndex(
        "(supersedes_id) WHERE supersedes_id IS NOT NULL",
        "This reading was corrected already: correct the correction.",
    )
    _supersedes_reason = models.Constraint(
        "CHECK (supersedes_id IS NULL OR COALESCE(reason, '') <> '')",
        "A correction needs its reason.",
    )
    _backwards_reason = models.Constraint(
        "CHECK (is_backwards IS NOT TRUE OR COALESCE(reason, '') <> '')",
        "Say why the odometer runs backwards.",
    )
    _vehicle_read_at_idx = models.Index("(vehicle_id, read_at DESC, id DESC)")

    @api.depends("superseded_by_ids")
    def _compute_is_superseded(self):
        for reading in self:
            reading.is_superseded = bool(reading.superseded_by_ids)

    def _search_is_superseded(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("superseded_by_ids", "!=", False)

    @api.depends("value", "unit")
    def _compute_display_name(self):
        units = dict(self.env["fleet.vehicle"]._fields["odometer_unit"].selection)
        for reading in self:
            reading.display_name = f"{reading.value:,} {units.get(reading.unit, '')}"

    @api.constrains("supersedes_id")
    def _check_supersedes(self):
        for reading in self.filtered("supersedes_id"):
            if reading.supersedes_id.vehicle_id != reading.vehicle_id:
                raise ValidationError(
                    self.env._("A correction belongs to the vehicle that it corrects.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            if former := self.browse(vals.get("supersedes_id")):
                # A correction says what was to be seen then, not what is now.
                vals.setdefault("read_at", former.read_at)
        readings = super().create(vals_list)
        # Two receptions at once must not both find the row before theirs.
        with begun_anew_where_held():
            # sudo: not everyone may write
            readings.vehicle_id.sudo().lock_for_update()
        for reading in readings:
            reading._check_direction()
        return readings

    def write(self, vals):
        if self:
            raise UserError(
                self.env._("A reading is never changed: correct it by a further one.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._("A reading is never deleted: correct it by a further one.")
        )

    def action_correct(self):
        """Open the row that will supersede this one."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct a Reading"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_vehicle_id": self.vehicle_id.id,
                "default_supersedes_id": self.id,
                "default_read_at": self.read_at,
                "default_value": self.value,
            },
        }

    def _check_direction(self):
        """Between its valid neighbours in time a reading fits in value too."""
        self.ensure_one()
        if self.superseded_by_ids:
            return
        before, after = self._neighbour(earlier=True), self._neighbour(earlier=False)
        if before and before.value > self.value and not self.is_backwards:
            self._refuse_direction(before)
        if after and after.value < self.value and not after.is_backwards:
            self._refuse_direction(after)

    def _neighbour(self, earlier):
        """The valid reading next to this one in time."""
        return self.search(
            self._get_valid_domain() & self._get_side_domain(earlier),
            order="read_at desc, id desc" if earlier else "read_at, id",
            limit=1,
        )

    def _get_valid_domain(self):
        return Domain("vehicle_id", "=", self.vehicle_id.id) & Domain(
            "is_superseded", "=", False
        )

    def _get_side_domain(self, earlier):
        """Readings before or after this one; of one second the later row is later."""
        sign = "<" if earlier else ">"
        return Domain("read_at", sign, self.read_at) | (
            Domain("read_at", "=", self.read_at) & Domain("id", sign, self.id)
        )

    def _refuse_direction(self, other):
        raise UserError(
            self.env._(
                "%(vehicle)s showed %(other)s on %(day)s, so %(value)s would run"
                " backwards. Read it again, or correct the reading that is wrong.",
                vehicle=self.vehicle_id.name,
                other=other.display_name,
                day=fields.Date.to_string(
                    fields.Datetime.context_timestamp(self, other.read_at)
                ),
                value=self.display_name,
            )
        )

    def _driven_since(self, former):
        """The distance between a former reading of the same car and this one.

        Where the odometer ran backwards in between, what it showed piece by piece.
        """
        self.ensure_one()
        between = self._get_valid_domain() & former._get_side_domain(earlier=False)
        if not self.search_count(between & Domain("is_backwards", "=", True), limit=1):
            return max(0, self.value - former.value)
        driven, shown = 0, former.value
        for piece in self.search(
            between
            & (self._get_side_domain(earlier=True) | Domain("id", "=", self.id)),
            order="read_at, id",
        ):
            if not piece.is_backwards:
                driven += piece.value - shown
            shown = piece.value
        return max(0, driven)
