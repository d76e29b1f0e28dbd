import time
import uuid

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from workbay_contract.errors import ContractError
from workbay_contract.events import decode_event
from workbay_contract.types import canonical, sha256

from ..floor.facts import Fact, Source

DECIDERS = {"technician_lead", "store_manager"}


class WorkshopEventTypedMixin(models.AbstractModel):
    """Events that people type in the browser; they differ from scans in their proof."""

    _name = "workshop.event.typed.mixin"
    _description = "Workshop Typed Event"

    @api.model
    def _type(self, order, user, job=None, **values):
        """Take what somebody typed, the same way as what comes from a bay.

        Waits for a bay that is at the same order or person.

        :param order: the order that it concerns; none where it closes what named none.
        :param user: whose confirmation it is.
        :param values: further values of the ``Fact``.
        :return: the event.
        :raise UserError: it was refused, in the interpreter's words; nothing is kept.
        """
        if order:
            order._lock_floor(user)
        store = order.company_id or self.browse(values["target_id"]).company_id
        now = round(time.time() * 1000)
        number = str(uuid.uuid4())
        raw = self._typed_bytes(number, order, user, job, now, values)
        fact = Fact(
            raw=raw,
            raw_hash=sha256(raw.encode()),
            uuid=number,
            order_id=order.id or None,
            job_id=job.id if job else None,
            user_id=user.id or None,
            at_ms=now,
            **{name: value for name, value in values.items() if name != "content"},
        )
        # A bay's refused event is kept; what a person typed and was refused is not.
        with self.env.cr.savepoint():
            [verdict] = self._record([Source(store.id, None, [fact])])
            if verdict.result != "accepted":
                raise UserError(self._refusal_sentence(job, verdict))
        # What hangs on floor and log, changed past the ORM.
        for name in ("job", "order"):
            self.env[f"workshop.{name}"].invalidate_model()
        order._announce_floor()
        return self.browse(verdict.event_id)

    @api.model
    def _typed_bytes(self, number, order, user, job, now, values):
        """The event's exact bytes: all that was typed, who typed it, and when."""
        said = {
            name: values[name]
            for name in ("node", "reason", "note", "decision", "content", "signature")
            if values.get(name)
        }
        if values.get("target_id"):
            # By its bytes, not by its place in this database.
            said["target"] = self.browse(values["target_id"]).raw_hash
        if values.get("effective_ms"):
            said["effective"] = values["effective_ms"]
        for name in ("checks", "ticks", "media"):
            if values.get(name):
                said[name] = [
                    each.model_dump(mode="json", exclude_none=True)
                    for each in values[name]
                ]
        for name in ("settles", "redoes"):
            if values.get(name):
                said[name] = values[name].model_dump(mode="json")
        return canonical(
            {
                "v": 1,
                "kind": values.get("kind", "node"),
                "uuid": number,
                "source": "browser",
                "order": order.id or None,
                "job": job.id if job else None,
                "user": user.id or None,
                "typed_by": self.env.uid,
                "at": now,
                **said,
            }
        ).decode()

    @api.model
    def _refusal_sentence(self, job, verdict):
        """Why not, and what stands on the job: somebody else may have been first."""
        # sudo: a refusal names people and nodes that its reader need not see otherwise.
        job = (job or self.env["workshop.job"]).sudo()
        sentence = job._word(verdict.code, verdict.params)
        last = job._last_event()
        if not last:
            return sentence
        return self.env._(
            "%(refusal)s\nLast on this job: %(node)s, %(person)s, %(place)s, %(when)s.",
            refusal=sentence,
            **last._shown_words(),
        )

    def _title(self):
        """What it is called on a timeline."""
        self.ensure_one()
        if self.kind == "node":
            return self.node_name or ""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        if self.kind == "decision":
            decisions = dict(self._fields["decision"]._description_selection(self.env))
            label = decisions[self.decision]
        else:
            label = labels[self.kind]
        concerned = self.target_id.node_name
        return f"{label}: {concerned}" if concerned else label

    def _checks_shown(self):
        """Its checked-off steps as text, with what was measured."""
        self.ensure_one()
        if not self.checks:
            return []
        # sudo: reading a log row includes reading which steps it names.
        steps = self.env["workshop.service.step"].sudo()
        found = steps.browse(check["step"] for check in self.checks).exists()
        by_id = {step.id: step for step in found}
        shown = []
        for check in self.checks:
            step = by_id.get(check["step"])
            if step is None:
                continue
            value = check.get("value")
            outside = value is not None and not step._is_within(float(value))
            shown.append(
                {
                    "step": step.name,
                    "value": f"{value} {step.unit or ''}".strip() if value else "",
                    "outside": outside,
                }
            )
        return shown

    def _evidence(self):
        """What a held event brought, for a decision that names none of its files."""
        try:
            event = decode_event(self.raw)
        except ContractError:
            # Kept for people to look at although it could not be read whole.
            return {"photos": len(self.media_ids)}
        signed = self.media_ids.filtered(lambda media: media.sha256 == event.signature)
        return {
            "photos": len(self.media_ids - signed),
            "checks": event.checks,
            "ticks": event.ticks,
            "signature": signed.sha256 or None,
        }

    def _shown_words(self):
        """Node, person, place and time of an event, for a sentence."""
        self.ensure_one()
        event = self.sudo()  # sudo: who may act on the job is told what stands on it.
        who = event.actor_id or event.user_id
        return {
            "node": event._title(),
            "person": who.name or "–",
            "place": event.bay_id.display_name or self.env._("in the browser"),
            "when": event.company_id._workshop_clock(event.occurred_at),
        }

    @api.model
    def _check_may_decide(self):
        if self.env.su:
            return
        if not DECIDERS & set(self.env.user._workshop_roles()):
            raise AccessError(
                self.env._(
                    "Only the technician lead or the store manager decides about"
                    " records and corrects them."
                )
            )
