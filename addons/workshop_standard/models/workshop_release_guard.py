from odoo import api, models
from odoo.exceptions import UserError


class WorkshopReleaseGuard(models.AbstractModel):
    """What a release froze stays as it is, for every caller, the superuser included.

    Checked before a change for what it takes from a release and after it for what it
    brings into one.
    """

    _name = "workshop.release.guard"
    _description = "Part of a Workshop Release"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_not_released()
        return records

    def write(self, vals):
        self._check_not_released()
        result = super().write(vals)
        self._check_not_released()
        return result

    def unlink(self):
        self._check_not_released()
        return super().unlink()

    def _get_releases(self):
        """The releases that hold these records; each model says how."""
        raise NotImplementedError

    def _check_not_released(self):
        # sudo: whoever may change the record is told of the release, whatever he sees.
        released = self.sudo()._get_releases().filtered(lambda r: r.state == "released")
        if released:
            raise UserError(
                self.env._(
                    "%(release)s is released, so nothing in it changes any more: start"
                    " the next release.",
                    release=", ".join(released.mapped("name")),
                )
            )
