import base64
import binascii
import time

from pydantic import ValidationError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.image import image_process

from workbay_contract.chain import GENESIS
from workbay_contract.checks import Tick
from workbay_contract.confirmation import Confirmation, Person
from workbay_contract.events import MAX_PHOTO_BYTES, MediaRef
from workbay_contract.interpreter import judge
from workbay_contract.process import JobState
from workbay_contract.types import sha256
from workbay_contract.wording import word

from ..floor.reader import read_checks

PHOTO_SIDE = 1920
PHOTO_QUALITY = 85
MOST_PHOTOS = 20


class WorkshopJobNodeMixin(models.AbstractModel):
    """Nodes confirmed in the browser: judged as at a bay, and marked as typed."""

    _name = "workshop.job.node.mixin"
    _description = "Workshop Job Nodes"

    node_choices = fields.Json(compute="_compute_node_choices")

    @api.depends("floor_id.node", "floor_id.running_user_id", "state", "order_id.state")
    @api.depends_context("lang", "uid")
    def _compute_node_choices(self):
        for job in self:
            job.node_choices = job._node_choices() if job.id else []

    def open_node(self, node):
        """Confirm a node, or ask for what it demands first.

        :return: the action that asks; False: it is confirmed.
        """
        self.ensure_one()
        self.check_access("read")
        found = self._process().node(node)
        if found and (
            found.reasons
            or found.photos
            or found.checklist
            or found.measurements
            or found.signature != "none"
            or found.steps != "none"
        ):
            return self._ask_for_evidence(found)
        self.confirm_node(node)
        return False

    def confirm_node(
        self, node, reason=None, checks=None, photos=None, ticks=None, signature=None
    ):
        """Confirm a node in the browser, as whoever is logged in.

        :param checks: steps checked off: dicts of ``step`` and ``value``.
        :param photos: pictures in base64.
        :param ticks: the node's own checklist: dicts of ``code`` and ``value``.
        :param signature: a signature's picture in base64.
        :return: the event's id.
        :raise UserError: the interpreter's refusal, in the user's language.
        """
        self.ensure_one()
        self.check_access("read")
        pictures = [self._photo_bytes(photo) for photo in photos or ()]
        signed = self._photo_bytes(signature) if signature else b""
        said = self._typed(node, reason, checks, pictures, ticks, signed)
        photo_count = len(pictures)
        pictures += [signed] if signed else []
        # sudo: whoever may confirm the node writes the log and the floor by it, no
        # more; who that is the interpreter decides from his roles.
        job = self.sudo()
        job._update_gates_for(node)
        event = (
            self.env["workshop.event"]
            .sudo()
            ._type(
                job.order_id,
                self.env.user,
                job,
                node=said.node,
                reason=said.reason,
                checks=said.checks,
                ticks=said.ticks,
                signature=said.signature,
                photos=photo_count,
                media=tuple(
                    MediaRef(sha256=sha256(picture), size=len(picture))
                    for picture in pictures
                ),
            )
        )
        by_hash = {sha256(picture): picture for picture in pictures}
        for media in event.media_ids.filtered(lambda m: m.state != "verified"):
            media._store(by_hash[media.sha256])
        return event.id

    def _ask_for_evidence(self, node):
        return {
            "type": "ir.actions.act_window",
            "name": node.name.get(self.env.lang or "en_US") or node.name["en_US"],
            "res_model": "workshop.job.confirm",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_job_id": self.id, "default_node": node.code},
        }

    def _typed(self, node, reason, checks, photos, ticks, signed):
        """What was typed, as far as its form is right."""
        try:
            return Confirmation(
                job=self.id,
                node=node,
                at=round(time.time() * 1000),
                photos=len(photos),
                reason=reason or None,
                checks=checks or (),
                ticks=ticks or (),
                signature=sha256(signed) if signed else None,
            )
        except ValidationError as error:
            raise UserError(word("malformed", {}, self.env.lang or "en_US")) from error

    def _photo_bytes(self, photo):
        """A photo as it is kept: upright, of a useful size, without where it was."""
        try:
            data = base64.b64decode(photo, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise UserError(
                word("photo_unreadable", {}, self.env.lang or "en_US")
            ) from error
        picture = image_process(
            data,
            size=(PHOTO_SIDE, PHOTO_SIDE),
            quality=PHOTO_QUALITY,
            output_format="JPEG",
        )
        if not picture or len(picture) > MAX_PHOTO_BYTES:
            raise UserError(word("photo_unreadable", {}, self.env.lang or "en_US"))
        return picture

    def _node_choices(self):
        """Nodes that may follow, each with why this user may not confirm it."""
        self.ensure_one()
        # sudo: whoever sees the job sees what may follow.
        job = self.sudo()
        if not job.floor_id:
            return []
        process, state = job._process(), job._floor_state()
        blocked = job._blocked()
        running = self.env["workshop.job.floor"].sudo()
        running = running.search([("running_user_id", "=", self.env.uid)], limit=1)
        person = Person(
            id=self.env.uid,
            roles=tuple(self.env.user._workshop_roles()),
            running_job=running.job_id.id or None,
            certificates=job._certificates_of(self.env.user),
        )
        lang = self.env.lang or "en_US"
        choices = []
        for code in process.allowed(state):
            node = process.node(code)
            result = judge(process, state, person, job._willing(node))
            refusal = blocked or (
                not hasattr(result, "job") and job._word(result.code, result.params)
            )
            choices.append(
                {
                    "code": code,
                    "name": node.name.get(lang) or node.name["en_US"],
                    "state": node.state,
                    "refusal": refusal or "",
                }
            )
        return choices

    def _willing(self, node):
        """A confirmation with all the evidence that is only asked for on the tap."""
        return Confirmation(
            job=self.id,
            node=node.code,
            at=round(time.time() * 1000),
            photos=node.photos,
            reason=next(iter(node.reasons), None),
            ticks=tuple(
                Tick(code=item.code, value=_within(item))
                for item in (*node.checklist, *node.measurements)
            ),
            signature=GENESIS,
        )

    def _blocked(self):
        """Why nothing of the job may be confirmed, whoever asks."""
        if self.order_id.state != "open":
            return self._word("order_not_open", {})
        if self.state != "authorised":
            return self._word("job_not_agreed", {})
        return ""

    def _process(self):
        # sudo: whoever sees the job sees how it goes on.
        return self.env["workshop.event"]._process(self.sudo().process_id.id)

    def _floor_state(self):
        """Where it stands, as the interpreter reads it; values outside included."""
        floor = self.floor_id
        return JobState.model_construct(
            node=floor.node or None,
            phase=floor.phase,
            running=floor.running_user_id.id or None,
            since=floor.since_ms or None,
            worked_ms=floor.worked_ms,
            workers=tuple(floor.workers or ()),
            # Steps are asked for on the tap, like photos.
            checks=read_checks(floor.checks),
            settled=read_checks(floor.settled),
            # As it is now: what opens a gate may not have reached the floor's row yet.
            facts=frozenset(self._open_gates().get(self.id, ())),
            skills=self.env["workshop.event"]._skills(self.version_id.id),
        )

    def _word(self, code, params):
        """A refusal in the user's language, its nodes and steps called by name."""
        lang = self.env.lang or "en_US"
        shown = dict(params)
        process = self._process() if self else None

        def called(code):
            node = process.node(code) if process else None
            return (node.name.get(lang) or node.name["en_US"]) if node else code

        for key in ("node", "after"):
            if isinstance(shown.get(key), str):
                shown[key] = called(shown[key])
        if "allowed" in shown:
            shown["allowed"] = [called(str(each)) for each in shown["allowed"]]
        # sudo: reading a refusal includes reading which steps it is about.
        steps = self.env["workshop.service.step"].sudo()
        if isinstance(shown.get("step"), int):
            shown["step"] = steps.browse(shown["step"]).exists().name or shown["step"]
        if isinstance(shown.get("steps"), list):
            shown["steps"] = steps.browse(shown["steps"]).exists().mapped("name")
        if isinstance(shown.get("skills"), list):
            skills = self.env["hr.skill"].browse(shown["skills"]).exists()
            shown["skills"] = skills.mapped("name")
        return word(code, shown, lang)

    def _last_event(self):
        """The newest event that stands on these jobs."""
        Event = self.env["workshop.event"]
        if not self:
            return Event
        return Event.search(
            [("job_id", "in", self.ids), ("effect", "=", "applied")], limit=1
        )


def _within(item):
    """A value that would do, where the item demands one."""
    for limit in (getattr(item, "limit_min", None), getattr(item, "limit_max", None)):
        if limit is not None:
            return f"{limit:.3f}"
    return "0"
