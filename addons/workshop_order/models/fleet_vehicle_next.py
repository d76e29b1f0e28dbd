from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

# How much of what comes next is worth telling at once.
NEXT = 5


class FleetVehicle(models.Model):
    """What maintenance comes next on a car, as its owner takes it home."""

    _inherit = "fleet.vehicle"

    def _next_maintenance(self, release, odometer, day):
        """What was done here and when it comes again, the soonest first.

        What was never done here is not told: nobody knows when it was done.

        :return: dictionaries of ``name`` and ``when`` in words.
        """
        self.ensure_one()
        done = self._newest_jobs(
            SQL("job.state = 'authorised' AND job.finished_at IS NOT NULL"),
            SQL("job.finished_at DESC"),
        )
        # sudo: what another store did counts as well.
        jobs = self.env["workshop.job"].sudo().browse(done.values())
        rows = []
        for version in release._get_versions():
            job = jobs.browse(done.get(version.service_id.id))
            km, months = version._maintenance_interval()
            if job and (km or months) and version.service_id.active:
                rows.append(self._tell_next(version, job, odometer, day))
        rows.sort(key=lambda row: -row["share"])
        return rows[:NEXT]

    def _tell_next(self, version, job, odometer, day):
        """When a service that was done by this job is to be done again."""
        km, months = version._maintenance_interval()
        when, shares = [], []
        if km:
            driven = self._distance_since(job.order_id.reading_id, odometer)
            per_unit = self._in_km(1)
            at = round(odometer + (km - driven) / per_unit)
            when.append(self._reading_text(max(at, 0)))
            shares.append(driven / km)
        if months:
            since = fields.Datetime.context_timestamp(job, job.finished_at).date()
            by = since + relativedelta(months=months)
            when.append(format_date(self.env, by))
            shares.append((day - since).days / ((by - since).days or 1))
        share = max(shares)
        text = when[0]
        if len(when) > 1:
            text = self.env._("%(distance)s or %(day)s", distance=when[0], day=when[1])
        return {
            "name": version.service_id.name,
            "share": share,
            "when": self.env._("now: %s", text) if share >= 1 else text,
        }

    def _reading_text(self, value):
        """What the odometer will show, with its unit."""
        units = dict(self._fields["odometer_unit"]._description_selection(self.env))
        return f"{value:,} {units.get(self.odometer_unit, '')}".strip()
