from odoo import api, fields, models
from odoo.exceptions import UserError

from .workshop_release_guard import WorkshopReleaseGuard


class WorkshopRelease(models.Model):
    """HQ's standards as they hold from a day on, whole and never changed again."""

    _name = "workshop.release"
    _description = "Workshop Release"
    _inherit = ["workshop.release.guard"]
    _order = "effective_on desc, id desc"

    name = fields.Char(required=True, copy=False)
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
        newest = self._newest()
        releases = super().create(
            [
                {
                    **vals,
                    "state": "draft",
                    "based_on_id": newest.id,
                    "released_by_id": False,
                    "released_at": False,
                }
                for vals in vals_list
            ]
        )
        for release in releases:
            kept = release.version_ids.service_id
            for version in newest.version_ids:
                if version.service_id.active and version.service_id not in kept:
                    version.copy({"release_id": release.id})
        return releases

    def write(self, vals):
        if {"state", "based_on_id", "released_by_id", "released_at"} & set(vals):
            raise UserError(
                self.env._("A release is frozen by releasing it, not by writing on it.")
            )
        return super().write(vals)

    def action_release(self):
        """Check the draft and freeze it for ever."""
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update()
        self._check_not_released()
        self._check_releasable()
        # Past the guards, which leave this change to nobody else.
        return super(WorkshopReleaseGuard, self).write(
            {
                "state": "released",
                "released_by_id": self.env.uid,
                "released_at": fields.Datetime.now(),
            }
        )

    @api.model
    def _in_force(self, on_date):
        """The release that orders opened on this day follow.

        :raise UserError: where none was in force yet.
        """
        release = self.search(
            [("state", "=", "released"), ("effective_on", "<=", on_date)],
            order="effective_on desc",
            limit=1,
        )
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
        version = self.env["workshop.service.version"].search(
            [("release_id", "=", self.id), ("service_id", "=", service.id)]
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
    def _newest(self):
        return self.search(
            [("state", "=", "released")], order="effective_on desc", limit=1
        )

    def _check_releasable(self):
        newest = self._newest()
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

    def _get_releases(self):
        return self
