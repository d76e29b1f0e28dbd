from markupsafe import Markup

from odoo import api, fields, models, tools
from odoo.exceptions import UserError

from workbay_contract.checks import Step
from workbay_contract.process import Process

from .. import append_only
from ..fields import BigInteger
from ..floor.record import record


class WorkshopEvent(models.Model):
    """The log: what was confirmed, as it came in, and what became of it.

    Rows are only ever added, by ``_record``. Nobody changes or deletes one, the
    superuser included: this class refuses it, and a trigger in the database refuses it
    to whoever goes past this class. A test's rollback and dropping the table when the
    module is uninstalled fire no trigger.
    """

    _name = "workshop.event"
    _description = "Workshop Event"
    _inherit = [
        "workshop.event.typed.mixin",
        "workshop.event.decision.mixin",
        "workshop.event.evidence.mixin",
    ]
    _log_access = False
    _order = "id desc"
    _rec_name = "uuid"

    uuid = fields.Char(
        "UUID",
        readonly=True,
        help="Empty where the bytes are no event, or where another event has it.",
    )
    kind = fields.Selection(
        [
            ("node", "Node"),
            ("gap", "Gap"),
            ("decision", "Decision"),
            ("correction", "Correction"),
            ("authorisation", "Authorisation"),
            ("deviation", "Value Settled"),
            ("share", "Shared"),
            ("absence", "Absence Signed for"),
        ],
        required=True,
        readonly=True,
        default="node",
    )
    order_id = fields.Many2one(
        "workshop.order", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    job_id = fields.Many2one(
        "workshop.job", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", "Store", required=True, readonly=True, ondelete="restrict"
    )
    node = fields.Char("Node Code", readonly=True)
    node_name = fields.Char("Node", compute="_compute_node_name")
    title = fields.Char("What", compute="_compute_title")
    user_id = fields.Many2one("res.users", "Person", readonly=True, ondelete="restrict")
    bay_id = fields.Many2one("workshop.bay", readonly=True, ondelete="restrict")
    source = fields.Selection(
        [("bay", "Bay"), ("browser", "Browser")], compute="_compute_source"
    )
    occurred_at = fields.Datetime("Happened", required=True, readonly=True)
    occurred_ms = BigInteger(
        "Happened (ms)", required=True, readonly=True, aggregator=None
    )
    wall_at = fields.Datetime("Source's Own Clock", readonly=True)
    is_doubtful = fields.Boolean("Time in Doubt", readonly=True)
    received_at = fields.Datetime(
        "Received", required=True, readonly=True, default=fields.Datetime.now
    )
    result = fields.Selection(
        [("accepted", "Accepted"), ("rejected", "Rejected")],
        required=True,
        readonly=True,
    )
    effect = fields.Selection(
        [("applied", "Applied"), ("held", "Held"), ("none", "None")],
        required=True,
        readonly=True,
        default="none",
    )
    clock = fields.Selection(
        [("start", "Started"), ("stop", "Stopped"), ("keep", "Kept")],
        "Person's Clock",
        readonly=True,
    )
    code = fields.Char("Reason Code", readonly=True)
    params = fields.Json(readonly=True)
    message = fields.Char(compute="_compute_message")
    reason = fields.Char("Reason Given", readonly=True)
    actor_id = fields.Many2one(
        "res.users",
        "Typed by",
        readonly=True,
        ondelete="restrict",
        help="Who decided or corrected; “Person” is whose confirmation it concerns.",
    )
    target_id = fields.Many2one(
        "workshop.event",
        "Concerns",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The event that was decided on or corrected.",
    )
    decision = fields.Selection(
        [("apply", "Applied"), ("set_aside", "Set Aside"), ("close", "Closed")],
        readonly=True,
    )
    note = fields.Text("Why", readonly=True)
    effective_ms = BigInteger(
        "Counts from (ms)",
        readonly=True,
        aggregator=None,
        help="When what is applied late happened, as far as later events allow.",
    )
    checks = fields.Json("Steps Checked off", readonly=True)
    following_ids = fields.One2many(
        "workshop.event", "target_id", "Decided or Corrected by", readonly=True
    )
    raw = fields.Text("Exact Bytes", required=True, readonly=True)
    raw_hash = fields.Char("SHA-256 of the Bytes", required=True, readonly=True)
    chain_index = fields.Integer("Link", readonly=True, aggregator=None)
    chain_hash = fields.Char("Link's Hash", readonly=True)
    media_ids = fields.Many2many(
        "workshop.media",
        "workshop_event_media_rel",
        "event_id",
        "media_id",
        "Photos",
        readonly=True,
    )
    media_html = fields.Html("Photos Shown", compute="_compute_media_html")

    _uuid_uniq = models.UniqueIndex("(uuid)", "This event is in the log already.")
    _chain_uniq = models.UniqueIndex(
        "(order_id, chain_index) WHERE chain_index IS NOT NULL",
        "This link of the order's chain exists already.",
    )
    _chain_complete = models.Constraint(
        "CHECK ((effect = 'none') = (chain_hash IS NULL)"
        " AND (effect = 'none') = (chain_index IS NULL)"
        " AND (result = 'accepted' OR effect = 'none'))",
        "What is applied or held is in its order's chain, and nothing else is.",
    )
    _target_complete = models.Constraint(
        "CHECK ((kind IN ('decision', 'correction')) = (target_id IS NOT NULL)"
        " AND (kind = 'decision') = (decision IS NOT NULL)"
        " AND (target_id IS NULL OR coalesce(note, '') <> ''))",
        "Who decides or corrects says about what, and why.",
    )
    _target_uniq = models.UniqueIndex(
        "(target_id, kind) WHERE target_id IS NOT NULL",
        "Somebody has decided about this record already.",
    )
    _held_idx = models.Index("(job_id, bay_id, id) WHERE effect = 'held'")
    _bay_idx = models.Index("(bay_id, id) WHERE effect = 'applied'")
    _issue_idx = models.Index(
        "(company_id, id) WHERE result = 'rejected' OR effect = 'held'"
    )
    _start_idx = models.Index("(user_id, id) WHERE clock = 'start'")

    @api.depends("node", "job_id")
    @api.depends_context("lang")
    def _compute_node_name(self):
        lang = self.env.lang or "en_US"
        for event in self:
            node = None
            if event.job_id and event.node:
                # sudo: reading a log row includes reading how its process calls it.
                process = self._process(event.job_id.sudo().process_id.id)
                node = process.node(event.node)
            elif event.node:
                event.node_name = self._called_anywhere(event.node)
                continue
            names = node.name if node else {}
            event.node_name = names.get(lang) or names.get("en_US") or event.node

    @api.depends("kind", "node_name", "decision", "target_id")
    @api.depends_context("lang")
    def _compute_title(self):
        for event in self:
            event.title = event._title()

    @api.depends("order_id", "job_id", "bay_id", "title")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for event in self:
            event.display_name = event._headline()

    @api.depends("bay_id")
    def _compute_source(self):
        for event in self:
            event.source = "bay" if event.bay_id else "browser"

    @api.depends("code", "params", "job_id")
    @api.depends_context("lang")
    def _compute_message(self):
        for event in self:
            # sudo: reading a log row includes reading what became of it.
            event.message = event.code and event.job_id.sudo()._word(
                event.code, event.params or {}
            )

    @api.depends("media_ids.state")
    def _compute_media_html(self):
        for event in self:
            event.media_html = Markup(" ").join(
                media._shown() for media in event.media_ids
            )

    def init(self):
        """Have the database itself refuse every change of a row that exists."""
        for table in (self._table, self._fields["media_ids"].relation):
            append_only.guard(self.env.cr, table)

    def write(self, vals):
        if self:
            raise UserError(
                self.env._("The event log keeps what happened: it cannot be changed.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._("The event log keeps what happened: nothing can be deleted.")
        )

    @api.model
    def _record(self, sources):
        """Take what happened into the log and onto the floor.

        :param list sources: ``floor.facts.Source``, each with its facts in order.
        :return: a ``floor.facts.Verdict`` per fact. Nothing is committed. An
            ``OperationalError`` leaves the transaction to be begun anew.
        """
        verdicts = record(self.env, sources)
        orders = {v.order_id for v in verdicts if v.effect != "none"}
        if orders:
            self.env["workshop.consequence"]._trigger()
            self._floor_changed(
                {v.source.company_id for v in verdicts if v.effect != "none"}
            )
        return verdicts

    @api.model
    def _called_anywhere(self, code):
        """A node of no job of ours, by the name that its newest namesake has."""
        # sudo: as for the process.
        nodes = self.env["workshop.process.node"].sudo()
        return (
            nodes.search([("code", "=", code)], order="id desc", limit=1).name or code
        )

    @api.model
    @tools.ormcache("process_id")
    def _process(self, process_id):
        """The process as the interpreter reads it; frozen by its release."""
        # sudo: whoever records or reads events need not see HQ's standards.
        process = self.env["workshop.process"].sudo().browse(process_id)
        return Process.model_validate(process._as_contract())

    @api.model
    @tools.ormcache("version_id")
    def _steps(self, version_id):
        """The procedure as the interpreter reads it; frozen by its release."""
        # sudo: as for the process.
        version = self.env["workshop.service.version"].sudo().browse(version_id)
        return tuple(
            Step(
                id=step.id,
                is_check=step.is_check,
                limit_min=step.limit_min
                if step.limit_kind in ("at_least", "between")
                else None,
                limit_max=step.limit_max
                if step.limit_kind in ("at_most", "between")
                else None,
            )
            for step in version.step_ids
        )

    @api.model
    @tools.ormcache("version_id")
    def _skills(self, version_id):
        """Skills that a service demands of whoever does it; frozen by its release."""
        # sudo: as for the process.
        version = self.env["workshop.service.version"].sudo().browse(version_id)
        return tuple(sorted(version.skill_ids.ids))

    @api.model
    def _floor_changed(self, company_ids):
        """Something happened on the floor of these stores; addons extend it."""
