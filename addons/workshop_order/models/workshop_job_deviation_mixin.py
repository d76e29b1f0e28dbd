from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from workbay_contract.checks import Check, outside

from ..floor.reader import read_checks

REDOERS = {"technician_lead", "advisor", "store_manager"}


class WorkshopJobDeviationMixin(models.AbstractModel):
    """Values outside their limits: redone, mended, or refused by signature."""

    _name = "workshop.job.deviation.mixin"
    _description = "Workshop Job Deviations"

    deviation_text = fields.Text(
        "Outside the Limits", compute="_compute_deviation_text"
    )

    def _compute_deviation_text(self):
        for job in self:
            rows = job._deviations()
            steps = self.env["workshop.service.step"].sudo()  # sudo: as on the floor
            job.deviation_text = "\n".join(
                f"{steps.browse(step.id).name}: {value} ({step.limits()})"
                for step, value in rows
            )

    def settle_value(
        self,
        step_id,
        job_id=None,
        channel="signature",
        signer=None,
        signature=None,
        note=None,
    ):
        """Settle the value of a step that is outside its limits.

        :param job_id: the job of the same order that mends it; else the customer
            refuses the repair, and says so in writing.
        :return: the event.
        """
        self.ensure_one()
        self.check_access("write")
        order = self.order_id
        order._lock()
        values = {step.id: value for step, value in self._deviations()}
        if step_id not in values:
            raise UserError(self.env._("This step has no value outside its limits."))
        said = {"step": step_id, "value": values[step_id]}
        if job_id:
            mending = order.job_ids.filtered(lambda job: job.id == job_id)
            if not mending or mending == self or mending.state == "withdrawn":
                raise UserError(
                    self.env._("Propose the job that mends it on this order first.")
                )
            said["job"] = mending.id
        else:
            if channel not in ("signature", "message"):
                raise UserError(
                    self.env._("Who refuses a needed repair puts it in writing.")
                )
            taken = order._decide(
                "refused", self, order._offer(self), channel, signer, signature, note
            )
            said["authorisation"] = taken.event_id.raw_hash
        # sudo: the right to the order was checked; the log is nobody's to write.
        return (
            self.env["workshop.event"]
            .sudo()
            ._type(
                order.sudo(),
                self.env.user,
                self.sudo(),
                kind="deviation",
                note=(note or "").strip() or None,
                content=said,
                settles=Check(step=step_id, value=values[step_id]),
            )
        )

    def redo_value(self, step_id, note):
        """Have a step done and measured anew: its value outside the limits is void.

        Whoever leads the work may ask for it, as it costs the customer nothing.

        :param note: why; it stays with the event.
        :return: the event.
        """
        self.ensure_one()
        self.check_access("read")
        if not REDOERS & set(self.env.user._workshop_roles()):
            raise AccessError(
                self.env._(
                    "Only the technician lead, the service advisor or the store manager"
                    " has a step done again."
                )
            )
        note = self.env["workshop.event"]._check_note(note)
        # sudo: the right was checked; the log is nobody's to write.
        job = self.sudo()
        job.order_id._lock()
        values = {step.id: value for step, value in job._deviations()}
        if step_id not in values:
            raise UserError(self.env._("This step has no value outside its limits."))
        return (
            self.env["workshop.event"]
            .sudo()
            ._type(
                job.order_id,
                self.env.user,
                job,
                kind="deviation",
                note=note,
                redoes=Check(step=step_id, value=values[step_id]),
            )
        )

    def _deviations(self):
        """Steps whose value is outside its limits and not settled, with the value."""
        self.ensure_one()
        floor = self.sudo().floor_id  # sudo: as a related field
        steps = self.env["workshop.event"]._steps(self.sudo().version_id.id)
        settled = read_checks(floor.settled)
        return [
            (step, value)
            for step, value in outside(steps, read_checks(floor.checks))
            if Check(step=step.id, value=value) not in settled
        ]
