from psycopg2.extras import Json

from odoo import fields, models

from workbay_contract.gates import MEDIA_VERIFIED, OFFICE_GATES

from ..floor import reader

PARTS_ISSUED = "parts_issued"


class WorkshopJobGateMixin(models.AbstractModel):
    """What stands between a job and its nodes beside role and evidence.

    A gate about a person is judged from what the person holds, at the bay as in Odoo; a
    gate of the office is open while its code is among the facts on the floor's row.
    """

    _name = "workshop.job.gate.mixin"
    _description = "Workshop Job Gates"

    awaited_count = fields.Integer(
        "Photos and Videos on Their Way",
        compute="_compute_awaited_count",
        help="That a later step of the job waits for.",
    )

    def _compute_awaited_count(self):
        waiting = self.filtered(lambda job: MEDIA_VERIFIED in job._gate_names())
        awaited = waiting._awaited_media()
        for job in self:
            job.awaited_count = len(awaited.get(job.id, ()))

    def action_awaited_media(self):
        """The photos and videos that the job waits for."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "workshop_order.workshop_media_action"
        )
        awaited = self._awaited_media().get(self.id, [])
        return {**action, "domain": [("id", "in", awaited)], "context": {}}

    def _open_gates(self):
        """By job id, the codes of the office's gates that are open for it.

        Of those that its process asks for: what nobody asks for changes no board.

        An addon with a gate of its own adds it here, and calls ``_update_gates`` when
        what it follows from has changed.
        """
        showing = self.filtered(lambda job: MEDIA_VERIFIED in job._gate_names())
        awaited = showing._awaited_media()
        gates = {job.id: set() for job in self}
        for job in showing:
            if job.id not in awaited:
                gates[job.id].add(MEDIA_VERIFIED)
        for job in self:
            if PARTS_ISSUED in job._gate_names() and job._are_parts_issued():
                gates[job.id].add(PARTS_ISSUED)
        return gates

    def _awaited_media(self):
        """By job id, ids of the photos and videos that its release waits for.

        Those that its applied events name, or held ones that were applied later, and
        that are neither verified nor signed for as absent on the job's order. What was
        corrected since proves nothing any more, so nothing of it is waited for.
        """
        self.env["workshop.media"].flush_model(["state"])
        self.env.cr.execute(
            """
            SELECT e.job_id, array_agg(DISTINCT m.id ORDER BY m.id)
              FROM workshop_event e
              JOIN workshop_event_media_rel r
                ON r.event_id = CASE e.kind WHEN 'decision' THEN e.target_id
                                            ELSE e.id END
              JOIN workshop_media m ON m.id = r.media_id
             WHERE e.job_id = ANY(%s)
               AND e.effect = 'applied'
               AND (e.kind = 'node' OR e.decision = 'apply')
               AND m.state <> 'verified'
               AND NOT EXISTS (
                   SELECT 1
                     FROM workshop_event undone
                    WHERE undone.target_id = e.id AND undone.kind = 'correction'
                      AND undone.effect = 'applied'
                   )
               AND NOT EXISTS (
                   SELECT 1
                     FROM workshop_event_media_rel signed
                     JOIN workshop_event absence ON absence.id = signed.event_id
                    WHERE signed.media_id = m.id
                      AND absence.kind = 'absence'
                      AND absence.effect = 'applied'
                      AND absence.order_id = e.order_id
                   )
             GROUP BY e.job_id
            """,
            [self.ids],
        )
        return dict(self.env.cr.fetchall())

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

    def _gate_names(self):
        """Of all that its process may ask for."""
        self.ensure_one()
        return {name for node in self._process().nodes for name in node.gates}

    def _has_office_gate(self):
        return not self._gate_names().isdisjoint(OFFICE_GATES)

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
        rows = reader.read_certificates(self.env.cr, user.ids)
        zone = self.company_id._workshop_tz()
        return reader.certificates_in(rows.get(user.id, ()), zone)
