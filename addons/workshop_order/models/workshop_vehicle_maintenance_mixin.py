from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools.misc import format_date

# Due soon: this share of the distance is left, or this much time.
SOON_SHARE = 0.1
SOON_DAYS = 30
# How much of what comes next is worth telling at once.
NEXT = 5


class WorkshopVehicleMaintenanceMixin(models.AbstractModel):
    """What maintenance is due on a car, and what comes next as its owner takes it."""

    _name = "workshop.vehicle.maintenance.mixin"
    _description = "Workshop Vehicle Maintenance"

    def _due_maintenance(self, release, odometer, day):
        """What of the release's maintenance is due, the most overdue first.

        :return: dictionaries of ``version``, ``status`` (``due``, ``soon`` or
            ``unrecorded``: due since it was new, for nobody here did it), ``reason``.
        """
        self.ensure_one()
        done, jobs = self._newest_done()
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

    def _next_maintenance(self, release, odometer, day):
        """What was done here and when it comes again, the soonest first.

        What was never done here is not told: nobody knows when it was done.

        :return: dictionaries of ``name`` and ``when`` in words.
        """
        self.ensure_one()
        done, jobs = self._newest_done()
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

    def _known_since(self):
        """The first day on which the car can have been driven, as far as is known."""
        year = self.model_year or self.vin_year
        return fields.Date.to_date(f"{int(year)}-01-01") if year else None
