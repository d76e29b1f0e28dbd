import json

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_chain.tools import begun_anew_where_held

from workbay_contract import chain
from workbay_contract.types import sha256


class WorkshopOrderEvidenceMixin(models.AbstractModel):
    """The order's side of floor and log."""

    _name = "workshop.order.evidence.mixin"
    _description = "Workshop Order Evidence"

    def action_verify_evidence(self):
        """Say whether the order's log is still what it was when it was written."""
        self.ensure_one()
        self.check_access("read")
        verdict = self._verify_evidence()
        if verdict is not True:
            raise UserError(verdict)
        # sudo: the floor row is not for everybody to read, its count says nothing.
        count = (
            self.sudo()
            .env["workshop.order.floor"]
            .search_fetch([("order_id", "=", self.id)], ["chain_count"])
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "All %(count)s links of %(order)s hold.",
                    count=count.chain_count,
                    order=self.name,
                ),
            },
        }

    def _open_floor(self):
        """Let the floor work on the authorised jobs; call it again for new ones."""
        self.env.flush_all()
        for order in self:
            self.env.cr.execute(
                """
                INSERT INTO workshop_order_floor
                       (order_id, company_id, is_open, chain_head, chain_count)
                VALUES (%s, %s, TRUE, %s, 0)
                    ON CONFLICT (order_id) DO UPDATE SET is_open = TRUE
                """,
                [order.id, order.company_id.id, chain.GENESIS],
            )
        self.env.cr.execute(
            """
            INSERT INTO workshop_job_floor
                   (job_id, order_id, phase, worked_ms, workers)
            SELECT j.id, j.order_id, 'waiting', 0, '[]'
              FROM workshop_job j
             WHERE j.order_id = ANY(%s) AND j.state = 'authorised'
                ON CONFLICT (job_id) DO NOTHING
            """,
            [self.ids],
        )
        self._forget_floor()
        self.env["workshop.event"]._floor_changed(set(self.company_id.ids))

    def _ensure_floor(self):
        """Have a chain for what is agreed or refused before any work is."""
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO workshop_order_floor
                   (order_id, company_id, is_open, chain_head, chain_count)
            VALUES (%s, %s, FALSE, %s, 0)
                ON CONFLICT (order_id) DO NOTHING
            """,
            [self.id, self.company_id.id, chain.GENESIS],
        )

    def _lock_floor(self, users):
        """Wait until no bay's event concerns the order or these persons.

        Orders before persons and both in id order, as ``floor.reader`` takes them.
        """
        self._ensure_floor()
        self._lock_floor_rows()
        self.env.cr.execute(
            """
            SELECT 1
              FROM workshop_person_floor
             WHERE user_id = ANY(%s)
             ORDER BY user_id
               FOR NO KEY UPDATE
            """,
            [users.ids],
        )
        self._forget_floor()

    def _close_floor(self):
        """Let no event change these orders any more; what comes is held."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE workshop_order_floor SET is_open = FALSE WHERE order_id = ANY(%s)",
            [self.ids],
        )
        self._forget_floor()
        self.env["workshop.event"]._floor_changed(set(self.company_id.ids))

    def _lock_floor_rows(self):
        """Have events of the floor wait, in the order in which their path locks."""
        self.env.cr.execute(
            """
            SELECT 1
              FROM workshop_order_floor
             WHERE order_id = ANY(%s)
             ORDER BY order_id
               FOR NO KEY UPDATE
            """,
            [self.ids],
        )

    def _drain_consequences(self):
        """Draw now what still has to follow from these orders' events.

        What the scheduler draws of them just now is waited for: whoever asks is shown
        the order with it, or has his call begun anew with what it has written.
        """
        # sudo: what follows from a fact does not depend on who asks for it.
        queue = self.env["workshop.consequence"].sudo()
        with begun_anew_where_held():
            queue._await_drawing(self.ids)
            queue._drain(self.ids)

    def _notify_held(self):
        """Ask the store's technician leads to decide on what did not fit."""
        self.ensure_one()
        summary = self.env._("Decide on held and rejected records")
        open_activities = self.activity_ids.filtered(lambda a: a.summary == summary)
        if not self.issue_count:
            open_activities.action_done()
            return
        # The store manager's rank includes no lead, so both are asked where none is.
        users = self.company_id._workshop_users_of(
            "workshop_chain.workshop_chain_group_technician_lead",
            "workshop_chain.workshop_chain_group_store_manager",
        )
        for user in users - open_activities.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                user_id=user.id,
                date_deadline=fields.Date.context_today(self),
            )

    def _verify_evidence(self):
        """Prove the order's evidence, and what was stated of the log as a whole.

        :return: True, or a sentence that names the first break.
        """
        return self._verify_order()

    def _verify_order(self):
        """Prove all that is kept of the order alone; addons add what they keep.

        :return: True, or a sentence that names the first break.
        """
        self.ensure_one()
        verdict = self._verify_chain()
        if verdict is not True:
            return verdict
        # sudo: whoever may read the order may know whether its evidence holds.
        for taken in self.sudo().authorisation_ids.sorted("id"):
            if not taken._verify():
                return self.env._(
                    "%(order)s: what the customer was shown or signed (%(decision)s) is"
                    " not what the chain names.",
                    order=self.name,
                    decision=taken.display_name,
                )
        return self._verify_shares()

    def _verify_shares(self):
        """Whether each job's work is shared as its last event about that says.

        :return: True, or a sentence that names the job.
        """
        said = {
            row["job_id"]: json.loads(row["raw"])["content"]["shares"]
            for row in self._chain_rows()
            if row["kind"] == "share"
        }
        # sudo: see _verify_order
        for job in self.sudo().job_ids:
            if (job.shares_set or {}) != said.get(job.id, {}):
                return self.env._(
                    "%(job)s: its work is shared otherwise than the chain says.",
                    job=job.display_name,
                )
        return True

    def _verify_chain(self):
        """Recompute every link of the order's chain from the log.

        :return: True, or a sentence that names the first break.
        """
        self.ensure_one()
        head, count = chain.GENESIS, 0
        for row in self._chain_rows():
            index, event_id = row["chain_index"], row["id"]
            if index != count + 1:
                return self.env._(
                    "Link %(index)s of %(order)s is missing.",
                    index=count + 1,
                    order=self.name,
                )
            if sha256(row["raw"].encode()) != row["raw_hash"]:
                return self.env._(
                    "Link %(index)s of %(order)s: the bytes of event %(event)s were"
                    " changed.",
                    index=index,
                    order=self.name,
                    event=event_id,
                )
            head, count = (
                chain.link(
                    head,
                    self.id,
                    index,
                    row["raw_hash"],
                    row["occurred_ms"],
                    row["effect"],
                ),
                index,
            )
            if head != row["chain_hash"]:
                return self.env._(
                    "Link %(index)s of %(order)s does not hold: event %(event)s or one"
                    " before it was changed.",
                    index=index,
                    order=self.name,
                    event=event_id,
                )
            if column := self.env["workshop.event"]._misquoted(row):
                return self.env._(
                    "Link %(index)s of %(order)s: the log shows another “%(what)s” than"
                    " the bytes of event %(event)s say.",
                    index=index,
                    order=self.name,
                    what=self.env["workshop.event"]._column_label(column),
                    event=event_id,
                )
        self.env.cr.execute(
            "SELECT chain_head, chain_count FROM workshop_order_floor"
            " WHERE order_id = %s",
            [self.id],
        )
        if (self.env.cr.fetchone() or (chain.GENESIS, 0)) != (head, count):
            return self.env._(
                "The chain of %(order)s ends after link %(count)s, not where it"
                " should.",
                order=self.name,
                count=count,
            )
        return True

    def _chain_rows(self):
        """The order's links as the database has them, in order."""
        self.env.cr.execute(
            """
            SELECT e.*, target.raw_hash AS target_hash,
                   ARRAY(
                       SELECT m.sha256
                         FROM workshop_event_media_rel r
                         JOIN workshop_media m ON m.id = r.media_id
                        WHERE r.event_id = e.id
                   ) AS media
              FROM workshop_event e
              LEFT JOIN workshop_event target ON target.id = e.target_id
             WHERE e.order_id = %s AND e.chain_index IS NOT NULL
             ORDER BY e.chain_index
            """,
            [self.id],
        )
        return self.env.cr.dictfetchall()

    def _forget_floor(self):
        for name in ("workshop.order.floor", "workshop.job.floor"):
            self.env[name].invalidate_model()
