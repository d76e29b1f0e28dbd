from odoo import api, fields, models

from ..floor import reader

OVER = ("done", "qc_passed")


class WorkshopJobDispatchMixin(models.AbstractModel):
    """Whether anybody in the store may do a job today."""

    _name = "workshop.job.dispatch.mixin"
    _description = "Workshop Job Dispatch"

    dispatch_problem = fields.Char(
        "Nobody Present", compute="_compute_dispatch_problem", compute_sudo=True
    )

    # Never stored: people come and go, and certificates end, without the job.
    @api.depends("state", "floor_id.phase")
    @api.depends_context("lang")
    def _compute_dispatch_problem(self):
        for job in self:
            is_over = job.state == "withdrawn" or job.phase in OVER
            job.dispatch_problem = not is_over and job._dispatch_problem()

    def _dispatch_problem(self):
        """Why nobody who is there may begin the job; empty where somebody may."""
        self.ensure_one()
        demanded = set(self.env["workshop.event"]._skills(self.version_id.id))
        if not demanded or not self._gates_of_certificates():
            return ""
        able, present = self._holders(demanded), self._present()
        if able & present:
            return ""
        names = {
            "job": self.name,
            "skills": ", ".join(self.version_id.skill_ids.mapped("name")),
            "holders": ", ".join(able.mapped("name")),
        }
        if able:
            return self.env._(
                "Nobody who may do %(job)s is here today: %(skills)s is held by"
                " %(holders)s only.",
                **names,
            )
        return self.env._(
            "Nobody in the store may do %(job)s: nobody holds a valid certificate for"
            " %(skills)s. Have someone lent by another store.",
            **names,
        )

    def _dispatch_problems(self):
        """The problems of these jobs, each in a line; empty where there are none."""
        return "\n".join(filter(None, self.mapped("dispatch_problem")))

    def _gates_of_certificates(self):
        """Nodes of the job's process that ask for certificates."""
        return [node for node in self._process().nodes if "certificate" in node.gates]

    def _technicians(self):
        """Who may work in the store and has a role that begins such a job."""
        roles = {role for node in self._gates_of_certificates() for role in node.roles}
        users = self.env["res.users"]
        for role in sorted(roles):
            users |= self.company_id._workshop_users_of(
                f"workshop_chain.workshop_chain_group_{role}"
            )
        return users

    def _holders(self, demanded):
        """Technicians of the store who are certified for all of it, now."""
        now = round(fields.Datetime.now().timestamp() * 1000)
        users = self._technicians()
        self.env["hr.employee.skill"].flush_model()
        rows = reader.read_certificates(self.env.cr, users.ids)
        zone = self.company_id._workshop_tz()
        return users.filtered(
            lambda user: demanded
            <= {
                certificate.skill
                for certificate in reader.certificates_in(rows.get(user.id, ()), zone)
                if certificate.holds(now)
            }
        )

    def _present(self):
        """Technicians of the store but for those whose calendar has them away."""
        users = self._technicians()
        now = fields.Datetime.now()
        away = self.env["resource.calendar.leaves"].search(
            [
                ("resource_id.user_id", "in", users.ids),
                ("date_from", "<=", now),
                ("date_to", ">=", now),
            ]
        )
        return users - away.resource_id.user_id
