from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_order import append_only

from workbay_contract.wording import word


class WorkshopDeadLetterReplay(models.Model):
    """Somebody had a refused message judged once more, and this came of it.

    The message stays as it came; so does this.
    """

    _name = "workshop.dead.letter.replay"
    _description = "Replay of a Refused Message"
    _log_access = False
    _order = "id desc"
    _rec_name = "replayed_at"

    letter_id = fields.Many2one(
        "workshop.dead.letter",
        "Refused Message",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users", "By", required=True, readonly=True, ondelete="restrict"
    )
    replayed_at = fields.Datetime("When", required=True, readonly=True)
    result = fields.Selection(
        [
            ("taken", "Taken"),
            ("refused", "Refused Again"),
            ("busy", "Not Now"),
            ("unanswered", "Sender Unknown"),
        ],
        required=True,
        readonly=True,
    )
    code = fields.Char("Reason Code", readonly=True)
    outcomes = fields.Json("Outcomes of the Events", readonly=True)
    message = fields.Char("What Came of It", compute="_compute_message")

    def init(self):
        append_only.guard(self.env.cr, self._table)

    @api.depends("result", "code", "outcomes")
    @api.depends_context("lang")
    def _compute_message(self):
        for replay in self:
            replay.message = replay._words()

    def _words(self):
        if self.result == "refused":
            return word(self.code, {}, self.env.lang or "en_US")
        if self.result == "unanswered":
            return self.env._("No device here bears the name that the message says.")
        if self.result == "busy":
            return self.env._("Something else was at work on it: replay it later.")
        outcomes = self.outcomes or []
        return self.env._(
            "%(applied)s applied, %(held)s held, %(rejected)s rejected, %(known)s of"
            " them known before",
            applied=sum(each["effect"] == "applied" for each in outcomes),
            held=sum(each["effect"] == "held" for each in outcomes),
            rejected=sum(each["result"] == "rejected" for each in outcomes),
            known=sum(each["duplicate"] for each in outcomes),
        )

    def write(self, vals):
        if self:
            raise UserError(self.env._("A replay is never changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A replay is never deleted."))

    @api.model
    def _keep(self, letter, answers):
        """Write down what Odoo said to a refused message this time.

        :param answers: ``Outcomes`` and ``Refused`` of the contract; empty where
            nobody is there to answer to.
        """
        values = {"result": "unanswered"}
        for answer in answers:
            if answer.kind == "refused":
                values = {"result": "refused", "code": answer.code}
            elif all(outcome.is_final for outcome in answer.outcomes):
                values = {
                    "result": "taken",
                    "outcomes": [each.model_dump() for each in answer.outcomes],
                }
            else:
                values = {"result": "busy"}
        # sudo: nobody may create these but by a replay, which has checked the right.
        return self.sudo().create(
            {
                "letter_id": letter.id,
                "user_id": self.env.uid,
                "replayed_at": fields.Datetime.now(),
                **values,
            }
        )
