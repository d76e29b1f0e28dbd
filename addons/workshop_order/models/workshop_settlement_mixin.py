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
        """Bring bills, parts, chatter and states up to the floor, by sets.

        :raise LockError: another run is at work on one of the orders; call again.
        """
        # sudo: it follows from events that were judged already, whoever asks for it.
        orders = self.sudo()
        # Not the orders' own lock, which keeps the floor waiting as well.
        orders.lock_for_update(allow_referencing=True)
        alive = orders.filtered(lambda order: order.state in ("open", "done"))
        for store, of_store in alive.grouped("company_id").items():
            # Pickings and bills need not tell in their chatter what the order's tells.
            of_store.with_company(store).with_context(
                tracking_disable=True
            )._settle_jobs()
            of_store.with_company(store)._settle_state()

    def _settle_jobs(self):
        """All jobs at once: one job's share costs little then."""
        agreed = self.job_ids.filtered(lambda job: job.state == "authorised")
        finished = agreed.filtered(lambda job: job.phase in FINISHED)
        finished._settle_finished()
        (agreed - finished).filtered("finished_at")._settle_reopened()
        agreed._update_gates()

    def _settle_decided(self):
        """An order of which the rest was given up may be finished by that."""
        # sudo: it follows from what was decided, whoever decided it.
        for order in self.sudo():
            order.with_company(order.company_id)._settle_state()

    def _settle_state(self):
        finished = self.filtered(lambda order: order._is_finished())
        # What was passed by mistake and corrected since is in work again.
        undone = self.filtered(lambda order: order._is_undone())
        # The chatter keeps the states as words: the advisor's, not the scheduler's.
        for target, moved in (("open", undone), ("done", finished)):
            for lang, orders in moved.grouped(
                lambda order: order.advisor_id.lang
            ).items():
                orders.with_context(lang=lang)._go(target)

    def _is_undone(self):
        """Whether it was finished, and something that was agreed is not any more."""
        jobs = self.job_ids.filtered(lambda job: job.state == "authorised")
        return self.state == "done" and any(job.phase != "qc_passed" for job in jobs)

    def _is_finished(self):
        """Whether all that was agreed is done and passed, and nothing is open."""
        jobs = self.job_ids.filtered(lambda job: job.state == "authorised")
        return (
            self.state == "open"
            and jobs
            and all(job.phase == "qc_passed" for job in jobs)
            and not self.job_ids.filtered(lambda job: job.state == "proposed")
        )
