from odoo import api, fields, models, tools
from odoo.exceptions import UserError

CREATED_WITH = {"company_id", "version_id", "rate_id", "price"}


class WorkshopStorePrice(models.Model):
    """A store's own labour price, within what HQ's release left open."""

    _name = "workshop.store.price"
    _description = "Workshop Store Price"
    _order = "company_id, version_id desc, rate_id, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        "Store",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    version_id = fields.Many2one(
        "workshop.service.version",
        "Service",
        required=True,
        index=True,
        ondelete="cascade",
    )
    rate_id = fields.Many2one(
        "workshop.service.rate",
        "Vehicle Class",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('version_id', '=', version_id)]",
        help="Empty: the classes for which HQ set no rate.",
    )
    release_id = fields.Many2one(related="version_id.release_id")
    currency_id = fields.Many2one(related="version_id.currency_id")
    price = fields.Monetary(
        required=True, aggregator=None, help="What the customer pays, tax included."
    )
    # Taken over once from what a release froze, so that the database can compare.
    price_min = fields.Monetary("Lowest", readonly=True, aggregator=None)
    price_max = fields.Monetary("Highest", readonly=True, aggregator=None)
    price_hq = fields.Monetary(
        "HQ's Price", compute="_compute_price_hq", aggregator=None
    )

    _store_version_uniq = models.UniqueIndex(
        "(company_id, version_id, coalesce(rate_id, 0))",
        "The store has its price for this service and class already.",
    )
    _price_within = models.Constraint(
        "CHECK (price > 0 AND price BETWEEN price_min AND price_max)",
        "The price lies outside what HQ left open.",
    )

    @api.depends("version_id", "rate_id")
    def _compute_price_hq(self):
        for price in self:
            price.price_hq = (price.rate_id or price.version_id).price

    @api.depends("version_id.service_id", "company_id.name")
    def _compute_display_name(self):
        for price in self:
            price.display_name = (
                f"{price.version_id.service_id.display_name} – {price.company_id.name}"
            )

    @api.onchange("version_id", "rate_id")
    def _onchange_version_id(self):
        if self.rate_id.version_id != self.version_id:
            self.rate_id = False
        standard = self.rate_id or self.version_id
        self.price_min, self.price_max = standard.price_min, standard.price_max
        self.price = self.price or standard.price

    @api.model_create_multi
    def create(self, vals_list):
        prices = super().create([self._prepare_vals(vals) for vals in vals_list])
        self.env.registry.clear_cache()
        return prices

    def write(self, vals):
        if set(vals) - {"price"}:
            raise UserError(
                self.env._(
                    "A store's price belongs to its service, class and store: remove"
                    " it and enter another."
                )
            )
        for price in self:
            price._check_within(vals.get("price"), price.rate_id or price.version_id)
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def copy_data(self, default=None):
        return [
            {name: vals[name] for name in CREATED_WITH & set(vals)}
            for vals in super().copy_data(default)
        ]

    @api.model
    @tools.ormcache("company_id")
    def _get_by_rate(self, company_id):
        """A store's prices by version and rate: a quote asks for dozens at once."""
        # sudo: kept for everybody, so read as nobody in particular.
        prices = self.sudo().search_fetch(
            [("company_id", "=", company_id)], ["version_id", "rate_id", "price"]
        )
        return {
            (price.version_id.id, price.rate_id.id): price.price for price in prices
        }

    @api.model
    def _prepare_vals(self, vals):
        """What a store may say, with the band that its release froze."""
        vals = {name: vals[name] for name in CREATED_WITH & set(vals)}
        store = self.env["res.company"].browse(
            vals.setdefault("company_id", self.env.company.id)
        )
        version = self.env["workshop.service.version"].browse(vals.get("version_id"))
        rate = self.env["workshop.service.rate"].browse(vals.get("rate_id") or [])
        if not version or (rate and rate.version_id != version):
            raise UserError(
                self.env._("Choose a service, and a vehicle class of its own.")
            )
        # sudo: the words of the refusal; who may create is checked below.
        if not store.sudo().is_store:
            raise UserError(self.env._("Only a store has prices of its own."))
        if version.sudo().state != "released":
            raise UserError(
                self.env._(
                    "%(service)s is a draft yet: prices of stores follow a release.",
                    service=version.sudo().display_name,
                )
            )
        standard = (rate or version).sudo()
        self._check_within(vals.get("price"), standard)
        return {
            **vals,
            "price_min": standard.price_min,
            "price_max": standard.price_max,
        }

    @api.model
    def _check_within(self, price, standard):
        """Say what HQ left open; the database refuses the rest in any case."""
        currency = standard.currency_id
        if not standard.price_max:
            raise UserError(
                self.env._(
                    "HQ's price of %(service)s holds in every store.",
                    service=standard.display_name,
                )
            )
        if (
            not price
            or currency.compare_amounts(price, standard.price_min) < 0
            or currency.compare_amounts(price, standard.price_max) > 0
        ):
            raise UserError(
                self.env._(
                    "%(service)s: HQ allows prices from %(low)s to %(high)s.",
                    service=standard.display_name,
                    low=currency.format(standard.price_min),
                    high=currency.format(standard.price_max),
                )
            )

    @api.model
    def _carry_over(self, versions, former):
        """Keep stores' prices under a new release, where its band still allows them.

        :param versions: of the new release.
        :param former: of the same services, as they were in force before.
        """
        by_service = {version.service_id: version for version in versions}
        for price in self.search([("version_id", "in", former.ids)]):
            version = by_service.get(price.version_id.service_id)
            if not version:
                continue
            rate = version.rate_ids.filtered(
                lambda rate, now=price.rate_id.class_id: rate.class_id == now
            )
            if bool(rate) != bool(price.rate_id):
                continue
            standard = rate or version
            if standard.price_min <= price.price <= standard.price_max:
                self.create(
                    {
                        "company_id": price.company_id.id,
                        "version_id": version.id,
                        "rate_id": rate.id,
                        "price": price.price,
                    }
                )
