from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, html2plaintext
from odoo.tools.misc import format_date

KM_PER_MILE = 1.609344
# Due soon: this share of the distance is left, or this much time.
SOON_SHARE = 0.1
SOON_DAYS = 30
# How many visits, parts and refusals a file shows at once.
RECENT = 10
REFUSED = ("declined", "deferred")


class FleetVehicle(models.Model):
    """What the chain did to a car, what is due on it, and what was put off."""

    _inherit = "fleet.vehicle"

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

    def _due_maintenance(self, release, odometer, day):
        """What of the release's maintenance is due, the most overdue first.

        :return: dictionaries of ``version``, ``status`` (``due``, ``soon`` or
            ``unrecorded``: due since it was new, for nobody here did it), ``reason``.
        """
        self.ensure_one()
        # sudo: what another store did counts as well.
        done = self._newest_jobs(
            SQL("job.state = 'authorised' AND job.finished_at IS NOT NULL"),
            SQL("job.finished_at DESC"),
        )
        jobs = self.env["workshop.job"].sudo().browse(done.values())
        jobs.order_id.fetch(["reading_id"])
        found = []
        for version in release._get_versions():
            km, months = version._maintenance_interval()
            if (km or months) and version.service_id.active:
                job = jobs.browse(done.get(version.service_id.id))
                row = self._judge_maintenance(version, job, odometer, day)
                if row:
                    found.append(row)
        rank = {"due": 0, "soon": 1, "unrecorded": 2}
        found.sort(key=lambda row: (rank[row["status"]], -row["share"]))
        return found

    def _judge_maintenance(self, version, job, odometer, day):
        km, months = version._maintenance_interval()
        if job:
            since = fields.Datetime.context_timestamp(job, job.finished_at).date()
            driven = self._distance_since(job.order_id.reading_id, odometer)
        else:
            since = self._known_since()
            driven = self._in_km(odometer)
        shares = []
        if km:
            shares.append(driven / km)
        if months and since:
            whole = (since + relativedelta(months=months) - since).days
            shares.append((day - since).days / whole)
        share = max(shares, default=0)
        soon = any(
            (
                km and driven >= km * (1 - SOON_SHARE),
                months
                and since
                and since + relativedelta(months=months, days=-SOON_DAYS) <= day,
            )
        )
        if share >= 1:
            status = "due" if job else "unrecorded"
        elif job and soon:
            status = "soon"
        else:
            return None
        return {
            "version": version,
            "status": status,
            "share": share,
            "reason": self._explain_due(version, job, since, driven, day),
        }

    def _explain_due(self, version, job, since, driven, day):
        """Interval, when it was last done, and what the car did since."""
        km, months = version._maintenance_interval()
        every = " / ".join(
            filter(
                None,
                (
                    km and self.env._("%s km", f"{km:,}"),
                    months and self._tell_months(months),
                ),
            )
        )
        if not job:
            return self.env._(
                "Every %(every)s. Nothing on record here; %(driven)s km driven.",
                every=every,
                driven=f"{round(driven):,}",
            )
        passed = relativedelta(day, since)
        return self.env._(
            "Every %(every)s. Last done on %(day)s at %(reading)s: %(driven)s km and"
            " %(passed)s ago.",
            every=every,
            day=format_date(self.env, since),
            reading=job.order_id.reading_id.display_name,
            driven=f"{round(driven):,}",
            passed=self._tell_months(passed.years * 12 + passed.months),
        )

    def _tell_months(self, count):
        if count == 1:
            return self.env._("1 month")
        return self.env._("%s months", count)

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

    def _known_since(self):
        """The first day on which the car can have been driven, as far as is known."""
        year = self.model_year or self.vin_year
        return fields.Date.to_date(f"{int(year)}-01-01") if year else None
