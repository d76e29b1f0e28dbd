import base64
import io

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from workbay_contract.errors import ContractError
from workbay_contract.gates import MEDIA_VERIFIED
from workbay_contract.wording import word

from .. import media_file

EXTENSIONS = {"image/jpeg": "jpg", "video/mp4": "mp4"}


class WorkshopMedia(models.Model):
    """A photo or video known by its hash: named by an event first, its bytes follow.

    Who may see one of the events that name it may see it; the attachment hangs on it
    and so follows the same rule.
    """

    _name = "workshop.media"
    _description = "Workshop Photo or Video"
    _inherit = ["workshop.media.absence.mixin"]
    _rec_name = "sha256"
    _order = "id"

    sha256 = fields.Char("SHA-256", required=True, readonly=True)
    mimetype = fields.Char("Type", required=True, readonly=True)
    size = fields.Integer("Size (bytes)", required=True, readonly=True)
    state = fields.Selection(
        [
            ("expected", "Expected"),
            ("verified", "Verified"),
            ("quarantined", "Quarantined"),
        ],
        required=True,
        readonly=True,
        default="expected",
    )
    reason = fields.Char("Reason Code", readonly=True)
    message = fields.Char("Reason", compute="_compute_message")
    attachment_id = fields.Many2one(
        "ir.attachment", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    thumbnail = fields.Image(max_width=256, max_height=256, readonly=True)
    event_ids = fields.Many2many(
        "workshop.event",
        "workshop_event_media_rel",
        "media_id",
        "event_id",
        "Events",
        readonly=True,
    )
    order_id = fields.Many2one("workshop.order", compute="_compute_first_event")
    job_id = fields.Many2one("workshop.job", compute="_compute_first_event")
    bay_id = fields.Many2one("workshop.bay", compute="_compute_first_event")
    user_id = fields.Many2one("res.users", "Person", compute="_compute_first_event")
    occurred_at = fields.Datetime("When", compute="_compute_first_event")

    _sha256_uniq = models.Constraint("UNIQUE (sha256)", "This file is known already.")
    _sha256_form = models.Constraint(
        "CHECK (sha256 ~ '^[0-9a-f]{64}$')", "A photo or video is known by a SHA-256."
    )
    _verified_complete = models.Constraint(
        "CHECK ((state = 'verified') = (attachment_id IS NOT NULL))",
        "What is verified has its bytes, and nothing else has.",
    )
    _quarantined_why = models.Constraint(
        "CHECK ((state = 'quarantined') = (reason IS NOT NULL))",
        "What is quarantined says why.",
    )

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_message(self):
        for media in self:
            media.message = media.reason and word(
                media.reason, {}, self.env.lang or "en_US"
            )

    @api.depends("event_ids")
    def _compute_first_event(self):
        """Where it was taken, and by whom."""
        for media in self:
            event = media.event_ids.sorted("id")[:1]
            media.order_id = event.order_id
            media.job_id = event.job_id
            media.bay_id = event.bay_id
            media.user_id = event.user_id
            media.occurred_at = event.occurred_at

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(
            self.env._("A photo that an event names is evidence: it stays.")
        )

    def _store(self, data):
        """Keep the bytes whose hash the caller has checked, if they can be shown.

        A file that cannot is quarantined: its bytes are left where they came from.

        :param data: the final bytes, as such or mapped into memory from a file, which
            then pass through Odoo's storage without being copied.
        :return: None, or the code of what is wrong with them.
        """
        self.ensure_one()
        file = io.BytesIO(data) if isinstance(data, bytes) else data
        try:
            thumbnail = media_file.inspect(file, self.mimetype)
        except ContractError as error:
            self._quarantine(error.code)
            return error.code
        # Odoo would scale down what it takes for a picture on a page; this is evidence.
        attachments = self.env["ir.attachment"].with_context(image_no_postprocess=True)
        attachment = attachments.create(
            {
                "name": f"{self.sha256[:12]}.{EXTENSIONS[self.mimetype]}",
                "raw": data,
                "mimetype": self.mimetype,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.write(
            {
                "attachment_id": attachment.id,
                "state": "verified",
                "reason": False,
                "thumbnail": base64.b64encode(thumbnail),
            }
        )
        self._queue_gates()
        return None

    def _queue_gates(self):
        """Have the jobs that waited for these bytes go on, once this has committed.

        Not here: whoever brings bytes holds their row, and an event that names them
        takes its order's floor first.
        """
        jobs = self.event_ids.job_id.filtered(
            lambda job: MEDIA_VERIFIED in job._gate_names()
        )
        for order in jobs.order_id:
            self.env["workshop.consequence"]._queue(order, "media")

    def _quarantine(self, reason):
        """Set apart what will not come or cannot be shown; right bytes end that.

        :param str reason: a key of ``workbay_contract.wording.WORDING``.
        """
        for media in self.filtered(lambda media: media.state != "verified"):
            media.write({"state": "quarantined", "reason": reason})

    def _read_bytes(self):
        """The bytes; Odoo does not keep them in memory afterwards."""
        self.ensure_one()
        data = self.attachment_id.raw or b""
        self.attachment_id.invalidate_recordset(["raw"])
        return data

    def _shown(self):
        """As HTML: its thumbnail, that it is on its way, or why it will not come."""
        self.ensure_one()
        if self.state == "quarantined":
            return Markup('<span class="text-danger">%s</span>') % self.message
        if self.state != "verified":
            return Markup('<span class="text-muted">%s</span>') % (
                self.env._("Video on its way")
                if self._is_video()
                else self.env._("Photo on its way")
            )
        return Markup(
            '<a href="%(full)s" target="_blank">'
            '<img src="/web/image/workshop.media/%(id)s/thumbnail" alt="%(hash)s"'
            ' loading="lazy" style="max-height: 96px"/>%(sign)s</a>'
        ) % {
            "full": self._url(),
            "id": self.id,
            "hash": self.sha256[:12],
            "sign": " ▶" if self._is_video() else "",
        }

    def _is_video(self):
        return self.mimetype.startswith("video/")

    def _url(self):
        """Where its bytes are; empty before they have come."""
        self.ensure_one()
        # sudo: who may see the record may know its attachment, whose own rule says the
        # same and is asked again when it is fetched.
        attachment = self.sudo().attachment_id
        if not attachment:
            return ""
        kind = "content" if self._is_video() else "image"
        return f"/web/{kind}/{attachment.id}"
