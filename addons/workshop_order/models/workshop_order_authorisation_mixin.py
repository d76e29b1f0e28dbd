import base64
import binascii

from odoo import fields, models
from odoo.exceptions import UserError

from workbay_contract.types import canonical, sha256

from .workshop_authorisation import CHANNELS


class WorkshopOrderAuthorisationMixin(models.AbstractModel):
    """The customer's decisions: each is an event over exactly what was shown."""

    _name = "workshop.order.authorisation.mixin"
    _description = "Workshop Order Authorisation"

    stale_count = fields.Integer(
        "To Authorise Again", compute="_compute_stale_count", compute_sudo=True
    )

    def _compute_stale_count(self):
        for order in self:
            order.stale_count = len(order.job_ids.filtered("is_stale"))

    def offer(self, job_ids=None, lang=None):
        """What the customer is shown of these jobs, and its hash.

        :param job_ids: default: all that are proposed or changed since.
        :return: dict of ``content`` (canonical JSON), ``hash``, ``amount``, ``lang``.
        """
        self.ensure_one()
        self.check_access("write")
        return self._offer(self._jobs_to_decide(job_ids), lang)

    def authorise(
        self,
        job_ids=None,
        channel="desk",
        signer=None,
        signature=None,
        note=None,
        shown=None,
        lang=None,
    ):
        """The customer agrees to these jobs as they were shown.

        :param shown: hash of the ``offer`` that the customer saw; refused where it is
            another one by now.
        :param signature: the signature's picture in base64.
        :return: the authorisation.
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        jobs = self._jobs_to_decide(job_ids)
        if not jobs:
            raise UserError(self.env._("There is no proposed job to authorise."))
        jobs._check_packages_whole()
        offer = self._offer(jobs, lang)
        if shown and shown != offer["hash"]:
            raise UserError(
                self.env._(
                    "%(order)s has changed since it was shown: show it to the customer"
                    " again.",
                    order=self.name,
                )
            )
        taken = self._decide(
            "authorised", jobs, offer, channel, signer, signature, note
        )
        was_stale = any(jobs.mapped("is_stale"))
        self._authorise(jobs)
        for job in jobs:
            job._put({"authorised_lines": job._agreed_lines()})
        if problems := jobs._dispatch_problems():
            # What was agreed stands; somebody has to be found for it.
            self._message_log(body=problems)
        if was_stale:
            # What had to wait for it is delivered now.
            self.env["workshop.consequence"]._queue(self, "floor")
        return taken

    def _decide(self, decision, jobs, offer, channel, signer, signature, note):
        """Put a decision of the customer's into the chain."""
        if channel not in dict(CHANNELS):
            raise UserError(self.env._("Say how the customer decided."))
        picture = self._signature_bytes(signature)
        if channel == "signature" and not picture:
            raise UserError(self.env._("Have the customer sign first."))
        self._announce_desk()
        signer = (signer or "").strip() or self.partner_id.name
        said = {
            "amount": offer["amount"],
            "channel": channel,
            "decision": decision,
            "jobs": jobs.ids,
            "lang": offer["lang"],
            "shown": offer["hash"],
            "signature": sha256(picture) if picture else None,
            "signer": signer,
        }
        # sudo: the right to the order was checked; log and decisions are nobody's to
        # write but by this way.
        event = (
            self.env["workshop.event"]
            .sudo()
            ._type(
                self.sudo(),
                self.env.user,
                jobs[:1] if len(jobs) == 1 else None,
                kind="authorisation",
                actor_id=self.env.uid,
                note=(note or "").strip() or None,
                content=said,
            )
        )
        return (
            self.env["workshop.authorisation"]
            .sudo()
            ._take(
                {
                    "order_id": self.id,
                    "job_ids": jobs.ids,
                    "decision": decision,
                    "channel": channel,
                    "signer": signer,
                    "actor_id": self.env.uid,
                    "decided_at": event.occurred_at,
                    "amount": float(offer["amount"]),
                    "lang": offer["lang"],
                    "content": offer["content"],
                    "content_hash": offer["hash"],
                    "signature": base64.b64encode(picture) if picture else False,
                    "signature_hash": said["signature"],
                    "note": (note or "").strip(),
                    "event_id": event.id,
                }
            )
        )

    def _jobs_to_decide(self, job_ids):
        if job_ids is None:
            return self.job_ids.filtered(
                lambda job: job.state == "proposed" or job.is_stale
            )
        jobs = self.job_ids.filtered(lambda job: job.id in set(job_ids))
        for job in jobs:
            job._check_may_authorise()
        return jobs

    def _offer(self, jobs, lang=None):
        """The jobs with every price, as text of one language, encoded once."""
        lang = lang or self.partner_id.lang or self.env.lang or "en_US"
        # sudo: whoever may write the order may show its prices.
        shown = jobs.sudo().with_context(lang=lang).with_company(self.company_id)
        rows = [job._offer_row() for job in shown]
        amount = sum(row.pop("amount") for row in rows)
        digits = self.currency_id.decimal_places
        content = canonical(
            {
                "amount": f"{amount:.{digits}f}",
                "currency": self.currency_id.name,
                "customer": self.partner_id.name or "",
                "jobs": rows,
                "lang": lang,
                "order": self.name,
                "plate": self.license_plate or "",
                "store": self.company_id.name,
            }
        ).decode()
        return {
            "content": content,
            "hash": sha256(content.encode()),
            "amount": f"{amount:.{digits}f}",
            "lang": lang,
        }

    def _signature_bytes(self, signature):
        if not signature:
            return b""
        try:
            return base64.b64decode(signature, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise UserError(self.env._("The signature is no picture.")) from error
