import time

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_order import append_only
from odoo.addons.workshop_order.fields import BigInteger

from workbay_contract import merkle
from workbay_contract.checkpoint import (
    GENESIS,
    ON_BOARD,
    read_checkpoint,
    sign_checkpoint,
)
from workbay_contract.errors import ContractError

from ..signing import known_keys, signing_key

LOCK = 7_208_311
"""Number of the advisory lock under which one checkpoint follows the other."""


class WorkshopCheckpoint(models.Model):
    """What all chains came to on a day, under one root that the bays keep.

    Whoever owns the database can rewrite an event that was typed, with every hash that
    follows from it. He has neither Odoo's signing key nor the bays' disks.
    """

    _name = "workshop.checkpoint"
    _description = "Checkpoint of the Log"
    _log_access = False
    _order = "number desc"
    _rec_name = "number"

    number = fields.Integer(required=True, readonly=True, aggregator=None)
    prev = fields.Char("Hash of the One Before", required=True, readonly=True)
    root = fields.Char("Merkle Root", required=True, readonly=True)
    count = fields.Integer("Chains That Grew", required=True, readonly=True)
    made_at = fields.Datetime("Made", required=True, readonly=True)
    made_ms = BigInteger("Made (ms)", required=True, readonly=True, aggregator=None)
    key = fields.Char("Signed by Key", required=True, readonly=True)
    signature = fields.Char(required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True)
    leaf_ids = fields.One2many(
        "workshop.checkpoint.leaf", "checkpoint_id", "Chains", readonly=True
    )

    _number_uniq = models.Constraint(
        "UNIQUE (number)", "There is a checkpoint of this number."
    )

    def init(self):
        """Have the database refuse every change of what was stated."""
        append_only.guard(self.env.cr, self._table)

    @api.model_create_multi
    def create(self, vals_list):
        if vals_list:
            raise UserError(
                self.env._("Checkpoints are made of the log: nobody enters them.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if self:
            raise UserError(self.env._("A checkpoint is never changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A checkpoint is never deleted."))

    @api.model
    def _cron_fold(self):
        """Make the day's checkpoint; none where no chain grew."""
        self._fold()

    @api.model
    def _fold(self):
        """State what all chains came to, and have every board carry it.

        :return: the new checkpoint; none where no chain grew since the last one, or
            where another is being made at this moment.
        """
        cr = self.env.cr
        self.env.flush_all()
        cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cr.fetchone()[0]:
            return self.browse()
        leaves = self.env["workshop.checkpoint.leaf"]
        grown = leaves._grown()
        if not grown:
            return self.browse()
        last = self.search([], limit=1)
        stated = sign_checkpoint(
            signing_key(self.env),
            last.number + 1,
            last.hash or GENESIS,
            merkle.root([leaf for leaf, *_chain in grown]),
            len(grown),
            round(time.time() * 1000),
        )
        cr.execute(
            """
            INSERT INTO workshop_checkpoint
                   (number, prev, root, count, made_at, made_ms, key, signature, hash)
            VALUES (%s, %s, %s, %s, to_timestamp(%s / 1000.0) AT TIME ZONE 'UTC', %s,
                    %s, %s, %s)
            RETURNING id
            """,
            [
                stated.number,
                stated.prev,
                stated.root,
                stated.count,
                stated.made_at,
                stated.made_at,
                stated.key,
                stated.sig,
                stated.hash,
            ],
        )
        checkpoint = self.browse(cr.fetchone()[0])
        leaves._keep(checkpoint.id, grown)
        self.env["workshop.board.change"]._mark_all()
        return checkpoint

    @api.model
    def _on_boards(self):
        """The newest ones by number, as the boards carry them."""
        newest = self.search([], limit=ON_BOARD)
        return tuple(row._stated() for row in reversed(newest))

    def _stated(self):
        """The signed statement, as it went out.

        :raises ContractError: the row holds none any more.
        """
        self.ensure_one()
        return read_checkpoint(
            {
                "number": self.number,
                "prev": self.prev,
                "root": self.root,
                "count": self.count,
                "made_at": self.made_ms,
                "key": self.key,
                "sig": self.signature,
            }
        )

    @api.model
    def _verify_statements(self):
        """Whether all checkpoints are what was signed, and their leaves what they say.

        :return: True, or a sentence that names the first break.
        """
        verdict = self._verify_line()
        if verdict is not True:
            return verdict
        return self.search([("number", ">", 0)])._verify_leaves()

    @api.model
    def _verify_line(self):
        """Whether the checkpoints are the ones that were signed, each after the other.

        :return: True, or a sentence that names the first break.
        """
        rows = self.search([("number", ">", 0)], order="number")
        signers = known_keys(self.env) if rows else set()
        before = GENESIS
        for number, row in enumerate(rows, 1):
            if row.number != number:
                return self.env._("Checkpoint %(number)s is missing.", number=number)
            try:
                stated = row._stated()
                stated.verify()
            except ContractError:
                stated = None
            if (
                stated is None
                or stated.key not in signers
                or stated.hash != row.hash
                or stated.prev != before
            ):
                return self.env._(
                    "Checkpoint %(number)s is not the one that Odoo signed.",
                    number=number,
                )
            before = stated.hash
        return True

    def _verify_leaves(self):
        """Whether what is kept under these checkpoints is what their roots state.

        :return: True, or a sentence that names the first break.
        """
        leaves = self.env["workshop.checkpoint.leaf"]
        for row in self.sorted("number"):
            hashes = leaves._hashes(row.id)
            if (merkle.root(hashes), len(hashes)) != (row.root, row.count):
                return self.env._(
                    "What is kept under checkpoint %(number)s is not what it stated.",
                    number=row.number,
                )
        return True

    @api.model
    def _verify_held(self, held):
        """Compare with what a bay holds.

        :param held: a bay's signed export, ``workbay_contract.checkpoint.Held``.
        :return: True, or a sentence that names the first contradiction.
        """
        numbers = [each.number for each in held.checkpoints]
        rows = self.search([("number", "in", numbers)])
        mine = {row.number: row.hash for row in rows}
        for theirs in held.checkpoints:
            if mine.get(theirs.number) != theirs.hash:
                return self.env._(
                    "Checkpoint %(number)s is not what device %(device)s holds: the log"
                    " was rewritten.",
                    number=theirs.number,
                    device=held.device,
                )
        return True
