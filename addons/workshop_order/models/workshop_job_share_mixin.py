from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

WHOLE = 10_000
SHARERS = {"technician_lead", "store_manager"}


def split_whole(weights):
    """Shares of 1/10,000 by weight that add up, by the largest remainder.

    :param weights: by key; where all are 0, all count the same.
    """
    if not weights:
        return {}
    if not sum(weights.values()):
        weights = dict.fromkeys(weights, 1)
    total = sum(weights.values())
    shares = {key: weight * WHOLE // total for key, weight in weights.items()}
    rest = WHOLE - sum(shares.values())
    order = sorted(weights, key=lambda key: (-(weights[key] * WHOLE % total), key))
    for key in order[:rest]:
        shares[key] += 1
    return shares


class WorkshopJobShareMixin(models.AbstractModel):
    """Who did how much of a job, and what it waited for, from its events."""

    _name = "workshop.job.share.mixin"
    _description = "Workshop Job Shares"

    share_text = fields.Char("Shares of the Work", compute="_compute_clocks")
    waited_text = fields.Char("Waited for", compute="_compute_clocks")
    shares_set = fields.Json(
        "Shares Set by the Lead",
        readonly=True,
        copy=False,
        help="By the person's id, in 1/10,000. Empty: the clocks say it.",
    )

    def set_shares(self, shares, note):
        """Say who did how much of a job, where the clocks do not.

        :param dict shares: by user id, shares of 1/10,000 that add up; empty: the
            clocks say it again.
        :param str note: why; it stays with the event.
        :return: the event.
        """
        self.ensure_one()
        self.check_access("read")
        if not SHARERS & set(self.env.user._workshop_roles()):
            raise AccessError(
                self.env._(
                    "Only the technician lead or the store manager shares a job."
                )
            )
        note = (note or "").strip()
        if not note:
            raise UserError(self.env._("Say why: the reason stays with the shares."))
        job = self.sudo()  # sudo: the right was checked; a job is nobody's to write
        job.order_id._lock()
        shares = job._check_shares(shares)
        event = job.env["workshop.event"]._type(
            job.order_id,
            self.env.user,
            job,
            kind="share",
            note=note,
            content={"shares": shares},
        )
        job._put({"shares_set": shares or False})
        return event

    def _check_shares(self, shares):
        """The shares by id as text, as JSON keeps them; refused where they are none."""
        if self.order_id.state in ("closed", "cancelled") or not self.floor_id.workers:
            raise UserError(
                self.env._(
                    "%(job)s is shared from when it was begun until its order is"
                    " closed.",
                    job=self.display_name,
                )
            )
        allowed = self._share_candidates().ids
        checked = {}
        for key, share in (shares or {}).items():
            if not str(key).isdigit() or int(key) not in allowed:
                raise UserError(
                    self.env._("Only people of the store's floor share a job.")
                )
            if type(share) is not int or not 0 < share <= WHOLE:
                raise UserError(self.env._("A share lies between 0.01 and 100 %."))
            checked[str(int(key))] = share
        if checked and sum(checked.values()) != WHOLE:
            raise UserError(
                self.env._(
                    "The shares come to %(sum)s %%, not to 100 %%.",
                    sum=f"{sum(checked.values()) / 100:g}",
                )
            )
        return checked

    def _share_candidates(self):
        """Technicians of the store, and whoever worked on the job."""
        # sudo: who is of the store is no secret from who leads its floor.
        job = self.sudo()
        users = job.company_id._workshop_users_of(
            "workshop_chain.workshop_chain_group_technician"
        )
        return users | users.browse(job.floor_id.workers or ())

    @api.depends("floor_id.node", "shares_set")
    @api.depends_context("lang")
    def _compute_clocks(self):
        reasons = dict(
            self.env["workshop.job.clock"]
            ._fields["reason"]
            ._description_selection(self.env)
        )
        waits = self._waited_hours()
        shares = self._shares()
        names = self.env["res.users"].sudo()  # sudo: as on the timeline
        for job in self:
            job.share_text = ", ".join(
                f"{names.browse(user).name} {share / 100:g} %"
                for user, share in shares.get(job.id, {}).items()
            )
            job.waited_text = ", ".join(
                f"{reasons.get(reason, reason)} {hours:.1f} h"
                for reason, hours in waits.get(job.id, {}).items()
            )

    def _shares(self):
        """By job, each person's share of its working time in 1/10,000."""
        worked = {}
        for job_id, user_id, ms in self._spans(
            "job_id, user_id, sum(coalesce(stop_ms, start_ms) - start_ms)",
            "kind = 'work'",
            "job_id, user_id",
        ):
            worked.setdefault(job_id, {})[user_id] = int(ms)
        shares = {job_id: split_whole(weights) for job_id, weights in worked.items()}
        for job in self.sudo():  # sudo: as on the timeline
            if job.shares_set:
                shares[job.id] = {
                    int(user): share for user, share in job.shares_set.items()
                }
        return shares

    def _waited_hours(self):
        """By job, the hours that it waited for each reason."""
        waited = {}
        for job_id, reason, hours in self._spans(
            "job_id, reason, sum(hours)", "kind = 'wait'", "job_id, reason"
        ):
            waited.setdefault(job_id, {})[reason] = float(hours)
        return waited

    def _spans(self, columns, condition, grouping):
        self.env.cr.execute(
            f"SELECT {columns} FROM workshop_job_clock"
            f" WHERE job_id = ANY(%s) AND {condition} GROUP BY {grouping}"
            f" ORDER BY {grouping}",
            [self.ids],
        )
        return self.env.cr.fetchall()
