from odoo import api, fields, models
from odoo.exceptions import UserError

from workbay_contract import soundness
from workbay_contract.process import Process
from workbay_contract.wording import word


class WorkshopProcess(models.Model):
    """How a job moves over the floor, drawn by HQ as nodes that people confirm."""

    _name = "workshop.process"
    _description = "Workshop Process"
    _inherit = ["workshop.release.guard"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    node_ids = fields.One2many(
        "workshop.process.node", "process_id", "Nodes", copy=False
    )
    version_ids = fields.One2many(
        "workshop.service.version", "process_id", "Service Versions"
    )
    is_released = fields.Boolean(
        "Released", compute="_compute_is_released", search="_search_is_released"
    )
    problems = fields.Text(compute="_compute_problems")

    _code_uniq = models.Constraint("UNIQUE (code)", "Another process has this code.")
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]{0,31}$')",
        "A code is a small letter and up to 31 small letters, digits, underscores.",
    )

    @api.depends("version_ids.release_id.state")
    def _compute_is_released(self):
        for process in self:
            # sudo: also a draft's reader has to know it.
            releases = process.sudo()._get_releases()
            process.is_released = "released" in releases.mapped("state")

    def _search_is_released(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("version_ids.release_id.state", "=", "released")]

    @api.depends(
        "node_ids.code",
        "node_ids.is_initial",
        "node_ids.next_ids",
        "node_ids.role_ids",
        "node_ids.gate_ids",
        "node_ids.clock",
        "node_ids.check_ids",
        "node_ids.state",
    )
    @api.depends_context("lang")
    def _compute_problems(self):
        for process in self:
            # Of what is saved: half a node in a form is no process yet.
            saved = process._origin
            process.problems = "\n".join(saved._problems()) if saved else False

    @api.depends("name", "code")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """The name; of several that are called the same, with the code."""
        names = self._read_group(
            [("name", "in", self.mapped("name"))], ["name"], ["__count"]
        )
        shared = {name for name, count in names if count > 1}
        for process in self:
            process.display_name = (
                f"{process.name} ({process.code})"
                if process.name in shared
                else process.name
            )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for process, vals in zip(self, vals_list, strict=True):
            vals.setdefault("code", process._next_code())
        return vals_list

    def copy(self, default=None):
        copies = super().copy(default)
        for process, copied in zip(self, copies, strict=True):
            nodes = {
                node: node.copy({"process_id": copied.id, "next_ids": False})
                for node in process.node_ids
            }
            for node, twin in nodes.items():
                twin.next_ids = self.env["workshop.process.node"].union(
                    *(nodes[following] for following in node.next_ids)
                )
        return copies

    def _as_contract(self):
        """The process as bays and interpreter read it (``process.Process``)."""
        self.ensure_one()
        return {
            "code": self.code,
            "nodes": [node._as_contract() for node in self.node_ids.sorted()],
        }

    def _problems(self):
        """Why a job could never be finished in it, in the user's language."""
        self.ensure_one()
        process = Process.model_validate(self._as_contract())
        return [
            word(
                problem.code, self._name_codes(problem.params), self.env.lang or "en_US"
            )
            for problem in soundness.problems(process)
        ]

    def _name_codes(self, params):
        """What a problem tells by codes, as people read it on the screen."""
        node = self.node_ids.filtered(lambda n: n.code == params.get("node"))
        records = {
            "node": node,
            "gate": node.gate_ids.filtered(lambda g: g.code == params.get("gate")),
            "value": node.check_ids.filtered(lambda c: c.code == params.get("value")),
        }
        return {
            key: f"{records[key][0].name} ({code})" if records[key] else code
            for key, code in params.items()
        }

    def _check_finishable(self):
        for process in self:
            if problems := process._problems():
                raise UserError(
                    self.env._(
                        "Jobs in the process %(process)s could never be finished:"
                        "\n%(problems)s",
                        process=process.name,
                        problems="\n".join(problems),
                    )
                )

    def _get_releases(self):
        return self.version_ids.release_id

    def _next_code(self):
        """The code with a running number: to change a frozen process, copy it."""
        stem = self.code.rstrip("0123456789").rstrip("_")[:28]
        taken = set(self.search([("code", "=like", f"{stem}%")]).mapped("code"))
        return next(
            code
            for code in (f"{stem}_{number}" for number in range(2, len(taken) + 3))
            if code not in taken
        )
