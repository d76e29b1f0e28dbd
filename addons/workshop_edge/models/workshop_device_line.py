from odoo import models

from workbay_contract.batch import GENESIS, proved_seal
from workbay_contract.errors import ContractError, SealError
from workbay_contract.events import decode_event
from workbay_contract.types import sha256

AT_ONCE = 1000
"""Batches whose events are read together."""


class WorkshopDevice(models.Model):
    """A device's line: its batches, each naming the one before, and all their events.

    Orders' chains do not show what belongs to none: a rejected event whose order is
    unknown, or a gap. The line holds them all.
    """

    _inherit = "workshop.device"

    def _verify_line(self):
        """Prove all that these devices ever sealed, and what checkpoints stated of it.

        :return: True, or a sentence that names the first break.
        """
        self.check_access("read")
        # sudo: log and batches are more than a device's rows
        for device in self.sudo():
            verdict = device._verify_own_line()
            if verdict is not True:
                return verdict
        return True

    def _verify_own_line(self):
        line, verdict = self._line()
        if verdict is not True:
            return verdict
        ends = {batch["first"] + batch["count"] - 1: batch["seal"] for batch in line}
        leaves = self.env["workshop.checkpoint.leaf"].search(
            [("device_id", "=", self.id)], order="count"
        )
        for leaf in leaves:
            if ends.get(leaf.count) != leaf.head:
                return self.env._(
                    "%(device)s was rewritten after checkpoint %(number)s: number"
                    " %(seq)s is not sealed as it stated.",
                    device=self.name,
                    number=leaf.checkpoint_id.number,
                    seq=leaf.count,
                )
        following = [*line[1:], None]
        for begin in range(0, len(line), AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            verdict = self._verify_events(line[part], following[part])
            if verdict is not True:
                return verdict
        return True

    def _line(self):
        """The batches from the device's first to the last that Odoo has, and a verdict.

        A batch that the device sealed and then lost with its disk is not in its line:
        another one with the same numbers followed in its place.
        """
        self.env.cr.execute(
            """
            SELECT seal, first, count, prev, signature, public_key, hashes
              FROM workshop_batch
             WHERE device_id = %s
            """,
            [self.id],
        )
        batches = {row["seal"]: row for row in self.env.cr.dictfetchall()}
        line, last, seal = [], self.last_seq, self.last_seal
        while last:
            batch = batches.get(seal)
            if batch is None or batch["first"] + batch["count"] - 1 != last:
                return line, self.env._(
                    "%(device)s: the batch that ends with number %(seq)s is missing.",
                    device=self.name,
                    seq=last,
                )
            if not _is_sealed(batch, self.name):
                return line, self.env._(
                    "The device did not sign batch %(seal)s.", seal=seal
                )
            line.append(batch)
            last, seal = batch["first"] - 1, batch["prev"]
        if seal != GENESIS:
            return line, self.env._(
                "%(device)s: its line does not begin where it must.", device=self.name
            )
        return line[::-1], True

    def _verify_events(self, batches, following):
        """Find every sealed event in the log.

        :param following: after each batch the next one in the line.
        """
        self.env.cr.execute(
            """
            SELECT seq, raw, raw_hash
              FROM workshop_event
             WHERE device_id = %s AND seq BETWEEN %s AND %s
            """,
            [
                self.id,
                batches[0]["first"],
                batches[-1]["first"] + batches[-1]["count"],
            ],
        )
        logged = {
            (seq, raw_hash): raw
            for seq, raw, raw_hash in self.env.cr.fetchall()
            if sha256(raw.encode()) == raw_hash
        }
        for batch, after in zip(batches, following, strict=True):
            sealed = list(enumerate(batch["hashes"], batch["first"]))
            for place, (seq, _hash) in enumerate(sealed):
                if sealed[place] in logged or (
                    place and _is_lost(sealed[place:], after, logged)
                ):
                    continue
                return self.env._(
                    "%(device)s: event %(seq)s is not in the log as it was sealed.",
                    device=self.name,
                    seq=seq,
                )
        return True


def _is_lost(rest, after, logged):
    """Whether a bay lost these last events of a batch before they had an outcome.

    Then none of them is in the log, and the next batch begins with a gap that names
    them.
    """
    raw = after and logged.get((after["first"], after["hashes"][0]))
    if not raw or any(each in logged for each in rest):
        return False
    try:
        gap = decode_event(raw.encode())
    except ContractError:
        return False
    return gap.kind == "gap" and gap.lost_from <= rest[0][0] <= gap.lost_to


def _is_sealed(batch, device):
    try:
        proved = proved_seal(
            batch["public_key"],
            device,
            batch["first"],
            batch["prev"],
            batch["hashes"],
            batch["signature"],
        )
    except SealError:
        return False
    return len(batch["hashes"]) == batch["count"] and proved == batch["seal"]
