from odoo import api, fields, models


class WorkshopRelease(models.Model):
    """What a release makes different from the one that it is based on."""

    _inherit = "workshop.release"

    changes = fields.Text(
        "What Changes",
        compute="_compute_changes",
        help="Against the release that it is based on, one service in a line.",
    )

    @api.depends("version_ids", "based_on_id")
    @api.depends_context("lang")
    def _compute_changes(self):
        for release in self:
            release.changes = "\n".join(release._origin._change_lines())

    def _change_lines(self):
        if not self.based_on_id:
            return []
        covered = self.category_ids
        former = {
            version.service_id: version
            for version in self.based_on_id._get_versions()
            if not covered or version.category_id in covered
        }
        lines = []
        for version in self.version_ids:
            name = version.service_id.display_name
            before = former.pop(version.service_id, None)
            if before is None:
                lines.append(self.env._("%(service)s: new", service=name))
            elif changed := version._changed_from(before):
                lines.append(f"{name}: {', '.join(changed)}")
        return lines + [
            self.env._("%(service)s: no longer offered", service=service.display_name)
            for service in former
        ]
