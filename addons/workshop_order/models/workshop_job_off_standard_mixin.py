from odoo import api, fields, models
from odoo.exceptions import UserError

FREE = {"text", "hours"}
LONGEST = 200
MOST_HOURS = 1000


class WorkshopJobOffStandardMixin(models.AbstractModel):
    """Work that no standard describes, agreed in words.

    HQ allows it by a service of its release that stands for all such work: from it come
    the process, the warranty and the product by which it is billed.
    """

    _name = "workshop.job.off.standard.mixin"
    _description = "Off-standard Job"

    text = fields.Char("Off-standard Work", readonly=True, copy=False)
    is_off_standard = fields.Boolean("Off-standard", readonly=True, copy=False)

    @api.depends("text", "service_id.name")
    @api.depends_context("lang")
    def _compute_name(self):
        for job in self:
            job.name = job.service_id.name
            if job.text:
                job.name = self.env._("%(work)s (off-standard)", work=job.text)

    @api.model
    def _take_off_standard_vals(self, vals):
        """What was agreed in words, where the service stands for such work."""
        service = self.env["workshop.service"].browse(vals.get("service_id"))
        if not service.is_off_standard:
            return {}
        text = " ".join(str(vals.get("text") or "").split())
        hours = vals.get("hours")
        if not text or len(text) > LONGEST:
            raise UserError(
                self.env._(
                    "Say what is to be done, in %(most)s characters at most.",
                    most=LONGEST,
                )
            )
        if not isinstance(hours, int | float) or not 0 < hours <= MOST_HOURS:
            raise UserError(self.env._("Say how many hours it will take."))
        return {"text": text, "hours": hours, "is_off_standard": True}

    def _off_standard_vals(self):
        """What it takes to propose the same once more."""
        self.ensure_one()
        if not self.is_off_standard:
            return {}
        return {"text": self.text, "hours": self.hours}
