from markupsafe import Markup

from odoo import fields, models
from odoo.tools.misc import format_datetime


class WorkshopJobSettlementMixin(models.AbstractModel):
    """What follows in the office when jobs are finished on the floor, by sets."""

    _name = "workshop.job.settlement.mixin"
    _description = "Workshop Job Settlement"

    def _settle_finished(self):
        """Bill the labour, issue the parts, and say once who finished what."""
        self._labour_lines()._deliver(True)
        self._issue_parts()
        self.filtered(lambda job: not job.finished_at)._note_finished()

    def _settle_reopened(self):
        """QC sent them back: the labour is not given yet; parts used stay used."""
        self._labour_lines()._deliver(False)
        if self:
            self._put({"finished_at": False})

    def _labour_lines(self):
        return self.line_ids.filtered(
            lambda line: line.product_id == line.workshop_job_id.service_id.product_id
        )

    def _note_finished(self):
        """Remember when each was finished; one message per order tells of all."""
        events = self._finishing_events()
        for order, jobs in self.grouped("order_id").items():
            order = order.with_context(lang=order.advisor_id.lang)
            for job in jobs:
                job._put(
                    {"finished_at": events[job].occurred_at or fields.Datetime.now()}
                )
            # No notifications: nobody is to be mailed for each job of each car.
            order._message_log(
                body=Markup("<br/>").join(
                    job._finished_sentence(events[job])
                    for job in jobs.with_env(order.env)
                )
            )

    def _finished_sentence(self, event):
        zone = self.company_id._workshop_tz()
        return self.env._(
            "%(job)s was finished by %(person)s at %(bay)s, %(when)s.",
            job=self.name,
            person=event.user_id.name or "–",
            bay=event.bay_id.display_name or self.env._("the office"),
            when=format_datetime(
                self.env, self.finished_at, tz=zone.zone, dt_format="short"
            ),
        )

    def _finishing_events(self):
        """By job, the event that finished it last."""
        codes = {
            job: set(
                job.process_id.node_ids.filtered(lambda n: n.state == "done").mapped(
                    "code"
                )
            )
            for job in self
        }
        events = self.env["workshop.event"]
        last = dict.fromkeys(self, events)
        # Without the events' bytes, which are the larger part of the log.
        for event in events.search_fetch(
            [
                ("order_id", "in", self.order_id.ids),
                ("job_id", "in", self.ids),
                ("effect", "=", "applied"),
            ],
            ["job_id", "node", "occurred_at", "user_id", "bay_id"],
            order="occurred_at, id",
        ):
            if event.node in codes[event.job_id]:
                last[event.job_id] = event
        return last
