from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# What a release may make different; what is said in rows is compared row by row.
COMPARED = (
    "labour_hours",
    "price",
    "price_min",
    "price_max",
    "is_free",
    "process_id",
    "interval_km",
    "interval_months",
    "warranty_months",
    "warranty_km",
)
STEP = ("sequence", "name", "instruction", "tool", "is_check", "limits")
RATE = ("class_id", "labour_hours", "price", "price_min", "price_max")
PART = ("kind_id", "product_id", "quantity", "quantity_by", "brand_ids", "model_ids")


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
    price_min = fields.Monetary(
        "Lowest Price",
        aggregator=None,
        help="Stores may set a price of their own from here to the highest."
        " Both empty: HQ's price holds everywhere.",
    )
    price_max = fields.Monetary("Highest Price", aggregator=None)
    is_free = fields.Boolean(
        "Free of Charge",
        help="Done as a favour, like washer fluid, air or a jump start: nobody is"
        " billed for its labour and parts.",
    )
    rate_ids = fields.One2many(
        "workshop.service.rate",
        "version_id",
        "Rates by Vehicle Class",
        copy=True,
        help="Classes that are not named here have the default hours and price.",
    )
    store_price_ids = fields.One2many(
        "workshop.store.price", "version_id", "Prices of Stores", readonly=True
    )
    interval_km = fields.Integer(
        "Every (km)", aggregator=None, help="Due again after so many kilometres."
    )
    interval_months = fields.Integer(
        "Every (Months)", aggregator=None, help="Due again after so many months."
    )
    linked_service_ids = fields.Many2many(
        "workshop.service",
        "workshop_service_version_linked_rel",
        "version_id",
        "service_id",
        "Done Together with",
        help="What is worth doing on the same visit.",
    )
    effective_on = fields.Date(related="release_id.effective_on")
    in_force_on = fields.Date(
        compute="_compute_in_force_on",
        search="_search_in_force_on",
        help="Search by it for what is in force on a day.",
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
    _free_has_no_price = models.Constraint(
        "CHECK (NOT is_free OR (price = 0 AND coalesce(price_max, 0) = 0))",
        "What is free of charge has no price.",
    )
    _price_band = models.Constraint(
        "CHECK ((coalesce(price_min, 0) = 0 AND coalesce(price_max, 0) = 0)"
        " OR (price_min >= 0 AND price_min <= price AND price <= price_max))",
        "HQ's own price has to lie between the lowest and the highest.",
    )
    _interval_positive = models.Constraint(
        "CHECK (interval_km >= 0 AND interval_months >= 0)",
        "An interval is not negative.",
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

    def _compute_in_force_on(self):
        today = fields.Date.context_today(self)
        versions = self.env["workshop.release"]._versions_on(today)
        for version in self:
            version.in_force_on = version in versions and today

    def _search_in_force_on(self, operator, value):
        if operator != "in":
            return NotImplemented
        Release = self.env["workshop.release"]
        days = [fields.Date.to_date(day) for day in value if day]
        versions = self.union(*(Release._versions_on(day) for day in days))
        return [("id", "in", versions.ids)]

    @api.constrains("service_id", "release_id")
    def _check_category(self):
        for version in self:
            categories = version.release_id.category_ids
            if categories and version.service_id.category_id not in categories:
                raise ValidationError(
                    self.env._(
                        "%(release)s is of %(categories)s only: %(service)s belongs"
                        " into another release.",
                        release=version.release_id.name,
                        categories=", ".join(categories.mapped("name")),
                        service=version.service_id.display_name,
                    )
                )

    def _get_hours(self, vehicle):
        """Standard labour hours for this very vehicle."""
        self.ensure_one()
        return (self._get_rate(vehicle) or self).labour_hours

    def _get_price(self, vehicle, company):
        """The labour's price for this vehicle in a store, tax included.

        The store's own where it has one, which HQ's band allowed; else HQ's.
        """
        self.ensure_one()
        if self.is_free:
            return 0
        rate = self._get_rate(vehicle)
        prices = self.env["workshop.store.price"]
        own = prices._get_by_rate(company.id).get((self.id, rate.id))
        if own is not None:
            return own
        return (rate or self).price

    def _get_parts(self, vehicle, company):
        """The kit for this very vehicle, as rows of product and quantity.

        Parts of one kind are alternatives, of which the first that fits is taken: of
        those that the store carries, else in HQ's order.

        :raise UserError: where the kit has nothing of a kind that fits.
        """
        self.ensure_one()
        for alternatives in self._get_kit():
            self._check_fitting(alternatives, vehicle)
        return self._get_fitting_parts(vehicle, company)

    def _get_fitting_parts(self, vehicle, company):
        """As ``_get_parts``, leaving out what nothing fits: good for an estimate."""
        self.ensure_one()
        carried = self.env["workshop.store.part"]._get_places(company.id)

        def place(part):
            return carried.get((part.kind_id.id, part.product_id.id), len(carried))

        return [
            (part.product_id, part._get_quantity(vehicle))
            for alternatives in self._get_kit()
            if (
                part := min(
                    (part for part in alternatives if part._fits(vehicle)),
                    key=place,
                    default=None,
                )
            )
        ]

    def _get_substitutes(self, product, vehicle):
        """Lines of the kit that stand in for this product on this vehicle."""
        self.ensure_one()
        own = self.part_ids.filtered(lambda part: part.product_id == product)
        return self.part_ids.filtered(
            lambda part: part.kind_id
            and part.kind_id == own.kind_id
            and part != own
            and part._fits(vehicle)
        )

    def _get_rate(self, vehicle):
        # By the model: what is stored on the vehicle is there to search by.
        vehicle_class = vehicle.model_id.workshop_class_id
        return self.rate_ids.filtered(
            lambda rate: vehicle_class and rate.class_id == vehicle_class
        )

    def _get_kit(self):
        """Lists of parts, those of one kind together, in the order of the kit."""
        kit = {}
        # As single records of one set, so that all of a quote's are read together.
        for part in sorted(self.part_ids, key=lambda part: (part.sequence, part.id)):
            kit.setdefault(part.kind_id or part, []).append(part)
        return list(kit.values())

    def _check_fitting(self, alternatives, vehicle):
        if any(part._fits(vehicle) or part.is_optional for part in alternatives):
            return
        part = alternatives[0]
        raise UserError(
            self.env._(
                "%(service)s: nothing in HQ's kit fits %(vehicle)s as %(part)s."
                " Complete the vehicle's model, year, engine and fuel, or ask HQ"
                " for the part.",
                service=self.service_id.display_name,
                vehicle=vehicle.display_name,
                part=part.kind_id.name or part.product_id.display_name,
            )
        )

    def _get_releases(self):
        return self.release_id

    def _changed_from(self, before):
        """In words what differs from another version of the service."""
        self.ensure_one()
        changed = []
        for name in COMPARED:
            if self[name] != before[name]:
                label = self._fields[name]._description_string(self.env)
                old, new = (_shown(version[name]) for version in (before, self))
                changed.append(f"{label} {old} → {new}")
        for name, compared in (
            ("step_ids", STEP),
            ("part_ids", PART),
            ("rate_ids", RATE),
        ):
            new, old = (_rows(version[name], compared) for version in (self, before))
            if new != old:
                changed.append(self._fields[name]._description_string(self.env))
        return changed


def _shown(value):
    if isinstance(value, models.BaseModel):
        return value.display_name or "–"
    return f"{value:.12g}"


def _rows(records, names):
    return {tuple(record[name] for name in names) for record in records}
