from odoo import models

from workbay_contract import chain
from workbay_contract.types import sha256

BOARD_FIELDS = {"complaint", "sheet_hash", "state"}


class WorkshopOrder(models.Model):
    _inherit = "workshop.order"

    def write(self, vals):
        result = super().write(vals)
        self._mark_boards(vals)
        return result

    def _put(self, vals):
        result = super()._put(vals)
        self._mark_boards(vals)
        return result

    def _mark_boards(self, vals):
        if BOARD_FIELDS & set(vals):
            self.env["workshop.board.change"]._mark(self.company_id.ids)

    # Evidence

    def action_export_evidence(self):
        """Download the order's evidence as a file that verifies without Odoo."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/workshop/evidence/{self.id}",
            "target": "download",
        }

    def _verify_evidence(self):
        verdict = super()._verify_evidence()
        if verdict is not True:
            return verdict
        # sudo: see _verify_seals
        return self.env["workshop.checkpoint"].sudo()._verify_statements()

    def _verify_order(self):
        verdict = super()._verify_order()
        for judge in (self._verify_seals, self._verify_media, self._verify_checkpoints):
            if verdict is not True:
                return verdict
            verdict = judge()
        return verdict

    def _verify_seals(self):
        """Whether each event of a bay is what its device sealed.

        :return: True, or a sentence that names the first break.
        """
        # sudo: whoever may read the order may know whether its evidence holds.
        events = self.sudo().link_ids.filtered("chain_index").sorted("chain_index")
        if bare := events.filtered(lambda e: e._is_scanned() and not e.batch_id)[:1]:
            return self.env._(
                "%(order)s: event %(event)s came from a bay and no batch holds it.",
                order=self.name,
                event=bare.id,
            )
        for batch in events.batch_id:
            verdict = batch._verify()
            if verdict is not True:
                return verdict
        return True

    def _verify_media(self):
        """Whether each photo's bytes are the ones that the event named.

        :return: True, or a sentence that names the first break.
        """
        # sudo: see _verify_seals
        for media in self.sudo().link_ids.media_ids.filtered("attachment_id"):
            if sha256(media._read_bytes()) != media.sha256:
                return self.env._(
                    "%(order)s: photo %(hash)s is not the one that was taken.",
                    order=self.name,
                    hash=media.sha256[:12],
                )
        return True

    def _verify_checkpoints(self):
        """Whether the chain still runs through all that checkpoints stated of it.

        :return: True, or a sentence that names the first break.
        """
        # sudo: see _verify_seals
        leaves = (
            self.env["workshop.checkpoint.leaf"]
            .sudo()
            .search([("order_id", "=", self.id)], order="count")
        )
        links = {row["chain_index"]: row["chain_hash"] for row in self._chain_rows()}
        for leaf in leaves:
            if links.get(leaf.count, chain.GENESIS) != leaf.head:
                return self.env._(
                    "%(order)s was rewritten after checkpoint %(number)s: link"
                    " %(index)s is not what it stated.",
                    order=self.name,
                    number=leaf.checkpoint_id.number,
                    index=leaf.count,
                )
        return True
