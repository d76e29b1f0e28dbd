from psycopg2.extras import Json

from odoo import models

from workbay_contract.interpreter import OFFICE_GATES

from ..floor import ledger


class WorkshopJobGateMixin(models.AbstractModel):
    """What stands between a job and its nodes beside role and evidence.

    A gate about a person is judged from what the person holds, at the bay as in Odoo; a
    gate of the office is open while its code is among the facts on the floor's row.
    """

    _name = "workshop.job.gate.mixin"
    _description = "Workshop Job Gates"

    def _open_gates(self):
        """By job id, the codes of the office's gates that are open for it.

        An addon with a gate of its own adds it here, and calls ``_update_gates`` when
        what it follows from has changed.
        """
        return {
            job.id: {"parts_issued"} if job._are_parts_issued() else set()
            for job in self
        }

    def _are_parts_issued(self):
        """Whether all that was agreed to be put into the car has left the stock."""
        # sudo: the gate follows from the bill, whoever asks.
        parts = self.sudo().line_ids.filtered(
            lambda line: line.product_id.type == "consu"
        )
        return all(
            line.product_uom_id.compare(line.qty_delivered, line.product_uom_qty) >= 0
            for line in parts
        )

    def _has_office_gate(self):
        self.ensure_one()
        process = self._process()
        return any(
            name in OFFICE_GATES for node in process.nodes for name in node.gates
        )

    def _update_gates(self):
        """Tell floor and bays which of the office's gates are open by now."""
        gated = self.filtered(lambda job: job.floor_id and job._has_office_gate())
        if not gated:
            return
        # sudo: the gates follow from the office, whoever asks.
        floors = {job.id: job.sudo().floor_id for job in gated}
        changed = {
            job_id: codes
            for job_id, codes in gated._open_gates().items()
            if set(floors[job_id].facts or ()) != codes
        }
        if not changed:
            return
        # The floor's lock before its rows, as the events' path takes them.
        gated.browse(changed).order_id._lock_floor_rows()
        for job_id, codes in sorted(changed.items()):
            ever = codes.union(floors[job_id].facts_ever or ())
            self.env.cr.execute(
                """
                UPDATE workshop_job_floor
                   SET facts = %s, facts_ever = %s
                 WHERE job_id = %s
                """,
                [Json(sorted(codes)), Json(sorted(ever)), job_id],
            )
        self.env["workshop.job.floor"].invalidate_model(["facts", "facts_ever"])
        self.env["workshop.event"]._floor_changed(set(gated.company_id.ids))

    def _update_gates_for(self, code):
        """What is confirmed in the office is judged by what the office knows now."""
        node = self._process().node(code)
        if node and any(name in OFFICE_GATES for name in node.gates):
            self._update_gates()

    def _certificates_of(self, user):
        """What a person is certified for, by the days of the job's store."""
        self.env["hr.employee.skill"].flush_model()
        self.env["resource.resource"].flush_model(["user_id"])
        rows = ledger.read_certificates(self.env.cr, user.ids)
        zone = self.company_id._workshop_tz()
        return ledger.certificates_in(rows.get(user.id, ()), zone)
