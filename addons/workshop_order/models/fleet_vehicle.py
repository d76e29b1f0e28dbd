from odoo import api, fields, models
from odoo.tools import SQL, html2plaintext

KM_PER_MILE = 1.609344
# How many visits, parts and refusals a file shows at once.
RECENT = 10
REFUSED = ("declined", "deferred")


class FleetVehicle(models.Model):
    """What the chain did to a car, and what was put off."""

    _name = "fleet.vehicle"
    _inherit = [
        "fleet.vehicle",
        "workshop.vehicle.maintenance.mixin",
        "workshop.vehicle.warranty.mixin",
    ]

    last_visit_at = fields.Datetime("Last Visit", readonly=True, copy=False)
    visit_count = fields.Integer("Number of Visits", compute="_compute_visit_count")
    recent_visit_ids = fields.Many2many(
        "workshop.vehicle.visit", string="Visits", compute="_compute_recent"
    )
    recent_part_ids = fields.Many2many(
        "workshop.vehicle.part", string="Parts Fitted", compute="_compute_recent"
    )
    put_off_job_ids = fields.Many2many(
        "workshop.job", string="Declined and Deferred", compute="_compute_put_off"
    )

    def _compute_visit_count(self):
        counts = dict(
            self.env["workshop.vehicle.visit"]._read_group(
                [("vehicle_id", "in", self.ids)], ["vehicle_id"], ["__count"]
            )
        )
        for vehicle in self:
            vehicle.visit_count = counts.get(vehicle, 0)

    def _compute_recent(self):
        for vehicle in self:
            mine = [("vehicle_id", "=", vehicle._origin.id)]
            for name in ("recent_visit_ids", "recent_part_ids"):
                Recent = self.env[vehicle._fields[name].comodel_name]
                vehicle[name] = Recent.search(mine, limit=RECENT)

    @api.depends_context("uid")
    def _compute_put_off(self):
        for vehicle in self:
            jobs = vehicle._origin._put_off_jobs() if vehicle._origin else False
            # Those of other stores come up at reception, without their order.
            vehicle.put_off_job_ids = jobs and jobs.with_env(self.env)._filtered_access(
                "read"
            )

    def action_receive(self):
        """Open the reception with this car on it."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id(
            "workshop_order.workshop_reception_action"
        )
        return {**action, "context": {"reception_vehicle_id": self.id}}

    def action_open_visits(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "workshop_order.workshop_vehicle_visit_action"
        )
        return {**action, "domain": [("vehicle_id", "=", self.id)]}

    def action_open_parts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "workshop_order.workshop_vehicle_part_action"
        )
        return {**action, "domain": [("vehicle_id", "=", self.id)]}

    def _note_text(self):
        """What stands on the car's file, without its markup."""
        return html2plaintext(self.description or "").strip()

    def _put_off_jobs(self):
        """Jobs that the customer declined or deferred and that nobody did since.

        :return: jobs, of every store, with sudo: what was put off in one store comes
            back in the next one.
        """
        self.ensure_one()
        newest = self._newest_jobs(SQL("job.state <> 'withdrawn'"), SQL("job.id DESC"))
        # sudo: as said above.
        jobs = self.env["workshop.job"].sudo().browse(newest.values())
        return jobs.filtered(lambda job: job.state in REFUSED)

    def _newest_done(self):
        """The newest finished job of each service, of every store.

        :return: ids as ``_newest_jobs`` has them, and the jobs, with sudo: the chain
            answers for all of its stores.
        """
        done = self._newest_jobs(
            SQL("job.state = 'authorised' AND job.finished_at IS NOT NULL"),
            SQL("job.finished_at DESC"),
        )
        # sudo: as said above.
        return done, self.env["workshop.job"].sudo().browse(done.values())

    def _newest_jobs(self, condition, order):
        """The newest job of each service on this vehicle, of those that fit.

        By the service's id; what was agreed in words is each of its own kind.
        """
        self.ensure_one()
        self.env["workshop.job"].flush_model()
        self.env["workshop.order"].flush_model(["vehicle_id", "state"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT ON (job.service_id, job.text)
                           CASE WHEN job.text IS NULL THEN job.service_id
                                ELSE -job.id END,
                           job.id
                      FROM workshop_order AS visit
                      JOIN workshop_job AS job ON job.order_id = visit.id
                     WHERE visit.vehicle_id = %s AND visit.state <> 'cancelled'
                       AND %s
                     ORDER BY job.service_id, job.text, %s
                    """,
                    self.id,
                    condition,
                    order,
                )
            )
        )

    def _distance_since(self, reading, odometer):
        """Kilometres between a reading and what the odometer shows now."""
        newest = self.last_reading_id
        driven = newest._driven_since(reading.sudo())  # sudo: as every store reads it
        return self._in_km(driven + odometer - newest.value)

    def _in_km(self, distance):
        return distance * (KM_PER_MILE if self.odometer_unit == "miles" else 1)
