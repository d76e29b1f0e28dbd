from odoo import models

FINISHED = ("done", "qc_passed")


class WorkshopSettlementMixin(models.AbstractModel):
    """What follows in the office from what was confirmed on the floor.

    Runs after the event path has committed, never in it, and may run twice: each part
    compares what is with what should be.
    """

    _name = "workshop.settlement.mixin"
    _description = "Workshop Settlement"

    def _apply_floor_consequences(self):
        """Bring bills, parts, chatter and states up to the floor.

        :raise LockError: another run is at work on one of the orders; call again.
        """
        # sudo: it follows from events that were judged already, whoever asks for it.
        for order in self.sudo():
            order = order.with_company(order.company_id).with_context(
                lang=order.advisor_id.lang
            )
            # Not the order's own lock, which keeps the floor waiting as well.
            order.lock_for_update(allow_referencing=True)
            if order.state in ("open", "done"):
                order._settle_jobs()
                order._settle_state()

    def _settle_jobs(self):
        for job in self.job_ids.filtered(lambda job: job.state == "authorised"):
            if job.phase in FINISHED:
                job._settle_finished()
            elif job.finished_at:
                job._settle_reopened()

    def _settle_state(self):
        jobs = self.job_ids.filtered(lambda job: job.state == "authorised")
        if (
            self.state == "open"
            and jobs
            and all(job.phase == "qc_passed" for job in jobs)
            and not self.job_ids.filtered(lambda job: job.state == "proposed")
        ):
            self._go("done")
