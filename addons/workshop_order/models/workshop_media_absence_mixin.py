from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from workbay_contract.events import MediaRef

from .workshop_event_typed_mixin import DECIDERS


class WorkshopMediaAbsenceMixin(models.AbstractModel):
    """Signing for photos and videos that will not come.

    Whoever signs stands for it in the order's chain: a further event names the file by
    its hash. Bytes that come later are kept as ever.
    """

    _name = "workshop.media.absence.mixin"
    _description = "Workshop Photo's Absence"

    is_signed_for = fields.Boolean(
        "Absence Signed for",
        compute="_compute_signing",
        search="_search_is_signed_for",
    )
    is_to_sign = fields.Boolean("Absence May Be Signed for", compute="_compute_signing")

    @api.depends("state", "event_ids")
    @api.depends_context("uid")
    def _compute_signing(self):
        naming, absences = self._naming_events(), self._absence_events()
        for media in self:
            named = naming.filtered(lambda e, m=media: m in e.media_ids).order_id
            signed = absences.filtered(lambda e, m=media: m in e.media_ids).order_id
            media.is_signed_for = bool(signed)
            media.is_to_sign = media.state != "verified" and bool(named - signed)

    def _search_is_signed_for(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("event_ids", "any", [("kind", "=", "absence")])]

    def action_sign_absence(self):
        """Ask why these will not come."""
        self._check_may_sign()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sign for Absence"),
            "res_model": "workshop.media.sign",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_media_ids": self.ids},
        }

    def sign_absence(self, note):
        """Answer for photos or videos that will not come: jobs need not wait for them.

        On each order of the reader's stores whose events name them, by a further event.

        :param str note: why; it stays with the event.
        :return: the events.
        """
        self.check_access("read")
        self._check_may_sign()
        signed = self.env["workshop.event"]
        note = signed._check_note(note)
        for media in self.sorted("id"):
            if media.state == "verified":
                raise UserError(
                    self.env._("It has come: nobody has to sign for its absence.")
                )
            orders = media._unsigned_orders()
            if not orders:
                raise UserError(
                    self.env._(
                        "Nothing waits for it, or somebody has signed for its absence"
                        " already."
                    )
                )
            for order in orders.sorted("id"):
                signed |= media._sign_absence_on(order, note)
        return signed

    def _sign_absence_on(self, order, note):
        # sudo: the right was checked; the log is nobody's to write.
        order = order.sudo()
        order._lock()
        if order not in self._unsigned_orders():
            raise UserError(
                self.env._("Somebody has signed for its absence on this order already.")
            )
        jobs = self._naming_events().filtered(lambda e: e.order_id == order).job_id
        event = order.env["workshop.event"]._type(
            order,
            self.env.user,
            jobs if len(jobs) == 1 else None,
            kind="absence",
            note=note,
            media=(MediaRef(sha256=self.sha256, type=self.mimetype, size=self.size),),
        )
        order.job_ids._update_gates()
        return event.with_env(self.env)

    def _naming_events(self):
        """The reader's stores' events that name it and that count, or still may."""
        return self.env["workshop.event"].search(
            [
                ("media_ids", "in", self.ids),
                ("kind", "=", "node"),
                ("effect", "in", ("applied", "held")),
            ]
        )

    def _absence_events(self):
        return self.env["workshop.event"].search(
            [("media_ids", "in", self.ids), ("kind", "=", "absence")]
        )

    def _unsigned_orders(self):
        """Orders of the reader's stores on which nobody signed for its absence yet."""
        return self._naming_events().order_id - self._absence_events().order_id

    @api.model
    def _check_may_sign(self):
        if not DECIDERS & set(self.env.user._workshop_roles()):
            raise AccessError(
                self.env._(
                    "Only the technician lead or the store manager signs for the"
                    " absence of a photo or video."
                )
            )
