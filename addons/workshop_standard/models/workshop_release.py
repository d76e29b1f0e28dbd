import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.workshop_chain.tools import begun_anew_where_held

from .workshop_release_guard import WorkshopReleaseGuard


class WorkshopRelease(models.Model):
    """HQ's standards as they hold from a day on, never changed again.

    A release is of the whole or of some categories; what it does not touch stays as the
    releases before it left it. So one release says what holds for an order.
    """

    _name = "workshop.release"
    _description = "Workshop Release"
    _inherit = ["workshop.release.guard"]
    _order = "effective_on desc, id desc"

    name = fields.Char(required=True, copy=False, translate=True)
    effective_on = fields.Date(
        required=True,
        copy=False,
        help="Orders opened from this day on, by the store's calendar, follow it.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("released", "Released")],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    based_on_id = fields.Many2one(
        "workshop.release", readonly=True, copy=False, ondelete="restrict"
    )
    category_ids = fields.Many2many(
        "workshop.service.category",
        string="Categories",
        copy=False,
        help="What this release is about; all others stay as they are. Empty: the"
        " whole of the standards.",
    )
    package_ids = fields.One2many(
        "workshop.service.package", "release_id", "Packages", copy=False
    )
    version_ids = fields.One2many(
        "workshop.service.version", "release_id", "Services", copy=False
    )
    version_count = fields.Integer(
        "Number of Services", compute="_compute_version_count"
    )
    released_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    released_at = fields.Datetime(readonly=True, copy=False)

    _effective_on_uniq = models.UniqueIndex(
        "(effective_on) WHERE state = 'released'",
        "Another release takes effect on this day.",
    )

    @api.depends("version_ids")
    def _compute_version_count(self):
        for release in self:
            release.version_count = len(release.version_ids)

    @api.model_create_multi
    def create(self, vals_list):
        releases = super().create(
            [
                {
                    **vals,
                    "state": "draft",
                    "based_on_id": False,
                    "released_by_id": False,
                    "released_at": False,
                }
                for vals in vals_list
            ]
        )
        for release in releases:
            release._put({"based_on_id": release._newest_before().id})
            release._copy_what_holds()
        return releases

    def write(self, vals):
        if {"state", "based_on_id", "released_by_id", "released_at"} & set(vals):
            raise UserError(
                self.env._("A release is frozen by releasing it, not by writing on it.")
            )
        if "category_ids" in vals:
            raise UserError(
                self.env._(
                    "A draft began with what holds in its categories: start another"
                    " one for others."
                )
            )
        return super().write(vals)

    def action_release(self):
        """Check the draft and freeze it for ever."""
        self.ensure_one()
        self.check_access("write")
        with begun_anew_where_held():
            self.lock_for_update()
        self._check_not_released()
        self._check_releasable()
        former = self.based_on_id._get_versions() if self.based_on_id else None
        # Past the guards, which leave this change to nobody else.
        super(WorkshopReleaseGuard, self).write(
            {
                "state": "released",
                "released_by_id": self.env.uid,
                "released_at": fields.Datetime.now(),
            }
        )
        self._bill_what_is_done()
        if former:
            # sudo: stores' prices go on, in whatever companies HQ is active.
            self.env["workshop.store.price"].sudo()._carry_over(
                self.version_ids, former
            )
        return True

    @api.model
    def _in_force(self, on_date):
        """The release that orders opened on this day follow.

        :raise UserError: where none was in force yet.
        """
        release = self._search_in_force(on_date)
        if not release:
            raise UserError(
                self.env._(
                    "No standards were in force on %(day)s: HQ has to release them"
                    " first.",
                    day=on_date,
                )
            )
        return release

    def _version_of(self, service):
        """What the service holds under this release.

        :raise UserError: where the release does not offer it.
        """
        self.ensure_one()
        governing = self._governing(service.category_id)
        version = self.env["workshop.service.version"].search(
            [("release_id", "=", governing.id), ("service_id", "=", service.id)]
        )
        if not version:
            raise UserError(
                self.env._(
                    "%(service)s is not offered under %(release)s.",
                    service=service.display_name,
                    release=self.name,
                )
            )
        return version

    @api.model
    def _versions_on(self, on_date):
        """What was, is or will be in force on a day; nothing before the first."""
        return self._search_in_force(on_date)._get_versions()

    def _get_versions(self):
        """All that holds under the release: its own, and what it leaves as it is."""
        return self._gather("version_ids")

    def _get_standard_services(self):
        """Services that are sold as they are under the release."""
        services = self._get_versions().service_id
        return services.filtered(lambda service: not service.is_off_standard)

    def _get_packages(self):
        """Packages that are sold under the release."""
        return self._gather("package_ids")

    def _gather(self, name):
        found = self[name]
        covered = self.category_ids
        earlier = self._earlier() if covered else ()
        for release in earlier:
            found |= release[name].filtered(
                lambda row, known=covered: row.category_id not in known
            )
            if not release.category_ids:
                break
            covered |= release.category_ids
        return found

    def _governing(self, category):
        """The release that says what holds of a category under this one."""
        self.ensure_one()
        if not self.category_ids or category in self.category_ids:
            return self
        return self.search(
            [
                ("state", "=", "released"),
                ("effective_on", "<", self.effective_on),
                "|",
                ("category_ids", "=", False),
                ("category_ids", "in", category.ids),
            ],
            order="effective_on desc",
            limit=1,
        )

    def _earlier(self):
        """Released ones before this one, the newest first."""
        return self.search(
            [("state", "=", "released"), ("effective_on", "<", self.effective_on)],
            order="effective_on desc",
        )

    @api.model
    def _search_in_force(self, on_date):
        return self.search(
            [("state", "=", "released"), ("effective_on", "<=", on_date)],
            order="effective_on desc",
            limit=1,
        )

    @api.model
    def _newest(self):
        return self.search(
            [("state", "=", "released")], order="effective_on desc", limit=1
        )

    def _newest_before(self):
        """The last release about the same, which a draft begins from."""
        domain = Domain("state", "=", "released")
        if self.category_ids:
            domain &= Domain("category_ids", "=", False) | Domain(
                "category_ids", "in", self.category_ids.ids
            )
        return self.search(domain, order="effective_on desc", limit=1)

    def _copy_what_holds(self):
        """Begin with what holds, but for what the draft came with."""
        newest = self._newest()
        categories = self.category_ids
        services = self.version_ids.service_id
        for version in newest._get_versions():
            if (
                version.service_id.active
                and version.service_id not in services
                and (not categories or version.category_id in categories)
            ):
                version.copy({"release_id": self.id})
        codes = self.package_ids.mapped("code")
        for package in newest._get_packages():
            if package.code not in codes and (
                not categories or package.category_id in categories
            ):
                package.copy({"release_id": self.id})

    def _bill_what_is_done(self):
        """Labour and parts of a standard are billed by what was given, not ordered."""
        # sudo: who may set a standard need not be a manager of products.
        services = self.version_ids.service_id.product_id.sudo()
        parts = self.version_ids.part_ids.product_id.sudo()
        for products, name, value in (
            (services | parts, "invoice_policy", "delivery"),
            (services, "service_type", "manual"),
        ):
            if name in products._fields:  # with sale installed
                products.filtered(lambda p, n=name, v=value: p[n] != v)[name] = value

    @api.model
    def _first_day(self):
        """The earliest day that some store has today."""
        # sudo: a release concerns all stores, whichever are active now.
        stores = self.env["res.company"].sudo().search([("is_store", "=", True)])
        zones = {
            pytz.timezone(tz or "UTC")
            for tz in stores.resource_calendar_id.mapped("tz") or ["UTC"]
        }
        now = pytz.utc.localize(fields.Datetime.now())
        return min(now.astimezone(zone).date() for zone in zones)

    def _check_effective_on(self):
        # The first of all may begin earlier: it takes no order's standards away.
        first = not self.search_count([("state", "=", "released")], limit=1)
        today = self._first_day()
        if not first and self.effective_on < today:
            raise UserError(
                self.env._(
                    "%(release)s would take effect on %(day)s, which is over: what was"
                    " in force then stays so. Choose %(today)s or a later day.",
                    release=self.name,
                    day=self.effective_on,
                    today=today,
                )
            )

    def _check_releasable(self):
        self._check_effective_on()
        newest = self._newest_before()
        if newest and self.effective_on <= newest.effective_on:
            raise UserError(
                self.env._(
                    "%(release)s has to take effect after %(newest)s, that is after"
                    " %(day)s.",
                    release=self.name,
                    newest=newest.name,
                    day=newest.effective_on,
                )
            )
        if self.based_on_id != newest:
            raise UserError(
                self.env._(
                    "%(newest)s was released while %(release)s was drafted: start a new"
                    " draft, so that nothing of it is lost.",
                    newest=newest.name,
                    release=self.name,
                )
            )
        if not self.version_ids:
            raise UserError(
                self.env._("%(release)s holds no service yet.", release=self.name)
            )
        if archived := self.version_ids.service_id.filtered(lambda s: not s.active):
            raise UserError(
                self.env._(
                    "%(services)s are archived: take them out of %(release)s.",
                    services=", ".join(archived.mapped("display_name")),
                    release=self.name,
                )
            )
        self.version_ids.process_id._check_finishable()
        self.package_ids._check_offered()

    def _put(self, vals):
        # Past this class's guard, which leaves a draft's beginning to nobody.
        return super().write(vals)

    def _get_releases(self):
        return self
