from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class WorkshopServicePackage(models.Model):
    """Several services for one price, under one release."""

    _name = "workshop.service.package"
    _description = "Workshop Service Package"
    _inherit = ["workshop.release.guard"]
    _order = "release_id desc, sequence, code, id"
    _rec_names_search = ["code", "name"]

    release_id = fields.Many2one(
        "workshop.release", required=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(related="release_id.state")
    effective_on = fields.Date(related="release_id.effective_on")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    category_id = fields.Many2one(
        "workshop.service.category", required=True, ondelete="restrict"
    )
    service_ids = fields.Many2many(
        "workshop.service",
        "workshop_service_package_service_rel",
        "package_id",
        "service_id",
        "Services",
    )
    currency_id = fields.Many2one(related="release_id.currency_id")
    price = fields.Monetary(
        "Package Price",
        required=True,
        aggregator=None,
        help="What the customer pays for the labour of all its services, tax included.",
    )
    price_alone = fields.Monetary(
        "Price One by One", compute="_compute_price_alone", aggregator=None
    )
    note = fields.Text(translate=True, help="What the customer is told about it.")

    _code_release_uniq = models.Constraint(
        "UNIQUE (release_id, code)", "The release holds a package with this code."
    )
    _price_positive = models.Constraint("CHECK (price > 0)", "A package has its price.")

    @api.depends("service_ids", "release_id")
    def _compute_price_alone(self):
        for package in self:
            package.price_alone = sum(package._get_versions().mapped("price"))

    @api.depends("code", "name")
    def _compute_display_name(self):
        for package in self:
            package.display_name = f"[{package.code}] {package.name}"

    @api.constrains("service_ids")
    def _check_service_ids(self):
        for package in self:
            if len(package.service_ids) < 2:
                raise ValidationError(
                    self.env._(
                        "%(package)s needs two services at least.", package=package.name
                    )
                )

    @api.constrains("category_id", "release_id")
    def _check_category(self):
        for package in self:
            categories = package.release_id.category_ids
            if categories and package.category_id not in categories:
                raise ValidationError(
                    self.env._(
                        "%(package)s does not belong into %(release)s: it is of"
                        " another category.",
                        package=package.name,
                        release=package.release_id.name,
                    )
                )

    def _get_versions(self):
        """What its services hold under the release; those offered there only."""
        self.ensure_one()
        return self.release_id._get_versions().filtered(
            lambda version: version.service_id in self.service_ids
        )

    def _get_price_split(self, vehicle, company):
        """The package's price over its services, in proportion to their own prices.

        :return: rows of version and amount that sum up to the price, to the cent.
        """
        self.ensure_one()
        versions = self._get_versions()
        alone = [version._get_price(vehicle, company) for version in versions]
        if not sum(alone):
            alone = [1] * len(versions)
        amounts = self._split(self.price, alone)
        return list(zip(versions, amounts, strict=True))

    def _split(self, amount, weights):
        """By the largest remainder, in the currency's smallest coin."""
        unit = self.currency_id.rounding
        coins = round(amount / unit)
        exact = [coins * weight / sum(weights) for weight in weights]
        shares = [int(share) for share in exact]
        most = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
        for place in most[: coins - sum(shares)]:
            shares[place] += 1
        return [self.currency_id.round(share * unit) for share in shares]

    def _check_offered(self):
        """A package is of services that its release offers."""
        for package in self:
            offered = package._get_versions().service_id
            if missing := package.service_ids - offered:
                raise UserError(
                    self.env._(
                        "%(package)s holds %(services)s, which the release does not"
                        " offer.",
                        package=package.display_name,
                        services=", ".join(missing.mapped("display_name")),
                    )
                )
            if package.price and all(package._get_versions().mapped("is_free")):
                raise UserError(
                    self.env._(
                        "%(package)s has a price, and all its services are free.",
                        package=package.display_name,
                    )
                )

    def _get_releases(self):
        return self.release_id
