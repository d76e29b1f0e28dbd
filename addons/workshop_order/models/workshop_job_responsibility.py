from odoo import models


class WorkshopJob(models.Model):
    _inherit = "workshop.job"

    def action_open_responsibility(self):
        """Every step of these jobs: person, time, bay, photos, measured values."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "workshop_order.workshop_event_action_responsibility"
        )
        return {**action, "domain": [("job_id", "in", self.ids)]}

    def _open_gate(self, name, is_open=True):
        """Tell floor and bays that the office opened a gate of these jobs, or shut it.

        :param name: as ``workbay_contract.interpreter.OFFICE_GATES`` has it.
        """
        self.env.cr.execute(
            """
            UPDATE workshop_job_floor
               SET facts = coalesce(facts, '[]') - %(name)s::text
                           || CASE WHEN %(open)s THEN to_jsonb(ARRAY[%(name)s::text])
                              ELSE '[]' END
             WHERE job_id = ANY(%(jobs)s)
               AND coalesce(facts ? %(name)s::text, FALSE) <> %(open)s
            """,
            {"open": is_open, "name": name, "jobs": self.ids},
        )
        if self.env.cr.rowcount:
            self.env["workshop.job.floor"].invalidate_model()
            self.env["workshop.event"]._floor_changed(set(self.company_id.ids))
