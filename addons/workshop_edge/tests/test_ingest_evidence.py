from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from workbay_contract.checks import Check, Tick
from workbay_contract.events import MediaRef
from workbay_contract.types import sha256

from .common import WorkshopEdgeCommon

SIGNED = MediaRef(sha256=sha256(b"a signature"), size=1)
PHOTO = MediaRef(sha256=sha256(b"a photo"), size=1)


@tagged("post_install", "-at_install")
class TestIngestEvidence(WorkshopEdgeCommon):
    """What a kiosk refuses at once, offline too, Odoo refuses from a bay that does not.

    The oil service is finished by every step, a checklist, a value, a signature and
    a photo.
    """

    @classmethod
    def setUpClass(cls):
        cls.drawn = None
        super().setUpClass()
        cls.lift, cls.plug = cls.oil_job.version_id.step_ids

    @classmethod
    def _prepare_version_vals(cls, service):
        if service.code != "OIL-T":
            return {}
        cls.drawn = cls.env.ref("workshop_standard.workshop_process_standard").copy()
        node = cls.drawn.node_ids.filtered(lambda node: node.code == "finish")
        value = {"kind": "value", "unit": "mm", "limit_kind": "at_least"}
        node.write(
            {
                "steps": "all",
                "signature": "customer",
                "check_ids": [
                    Command.create({"code": "nuts", "name": "Nuts tightened"}),
                    Command.create(
                        {"code": "depth", "name": "Depth", "limit_min": 1.6, **value}
                    ),
                ],
            }
        )
        return {"process_id": cls.drawn.id}

    def _evidence(self, **values):
        return {
            "checks": (
                Check(step=self.lift.id),
                Check(step=self.plug.id, value="29"),
            ),
            "ticks": (Tick(code="nuts"), Tick(code="depth", value="2.4")),
            "media": (PHOTO, SIGNED),
            "signature": SIGNED.sha256,
            **values,
        }

    def _finish(self, **values):
        """The outcome of finishing with this evidence, and otherwise with all of it."""
        bay = self.first
        started, finished = bay.send(
            bay.event(self.oil_job, "start", self.tess),
            bay.event(self.oil_job, "finish", self.tess, **self._evidence(**values)),
        )
        self._assert_applied([started])
        return finished

    def _assert_refused(self, code, **values):
        outcome = self._finish(**values)
        self.assertEqual(self._codes([outcome]), [("rejected", "none", code)])
        self.assertEqual(self.oil_job.phase, "in_progress")

    def test_all_of_it_finishes_the_job(self):
        self._assert_applied([self._finish()])
        self.assertEqual(self.oil_job.phase, "done")

    def test_what_was_held_is_applied_with_all_that_it_brought(self):
        """The customer's signature is one of its pictures, and no photo of the work."""
        bay = self.first
        [started] = bay.send(bay.event(self.oil_job, "start", self.tess))
        self._assert_applied([started])
        with patch.object(type(self.env["workshop.event"]), "_record", self._hold()):
            [held] = bay.send(
                bay.event(self.oil_job, "finish", self.tess, **self._evidence())
            )
        self.assertEqual(held.effect, "held")
        event = self.order.event_ids.filtered(lambda each: each.effect == "held")
        event.with_user(self.lead).decide("apply", "It fits")
        self.assertEqual(self.oil_job.phase, "done")

    def _hold(self):
        record = type(self.env["workshop.event"])._record

        def held(events, sources):
            for source in sources:
                for fact in source.facts:
                    fact.hold = "unexpected"
            return record(events, sources)

        return held

    def test_a_photo_is_missing(self):
        self._assert_refused("photos_missing", media=(SIGNED,))

    def test_a_line_is_not_ticked(self):
        self._assert_refused(
            "checklist_missing", ticks=(Tick(code="depth", value="2.4"),)
        )

    def test_a_value_is_not_entered(self):
        self._assert_refused(
            "checklist_missing", ticks=(Tick(code="nuts"), Tick(code="depth"))
        )

    def test_a_value_of_the_node_is_outside_its_limits(self):
        self._assert_refused(
            "measurement_outside",
            ticks=(Tick(code="nuts"), Tick(code="depth", value="1.2")),
        )

    def test_nobody_signed(self):
        self._assert_refused("signature_missing", signature=None)

    def test_a_signature_without_its_picture_is_none(self):
        self._assert_refused("signature_missing", media=(PHOTO,))

    def test_a_step_is_not_checked_off(self):
        self._assert_refused("steps_missing", checks=(Check(step=self.lift.id),))

    def test_a_step_is_not_measured(self):
        self._assert_refused(
            "value_missing",
            checks=(Check(step=self.lift.id), Check(step=self.plug.id)),
        )

    def test_a_step_is_outside_its_limits(self):
        self._assert_refused(
            "value_outside",
            checks=(Check(step=self.lift.id), Check(step=self.plug.id, value="31")),
        )

    def test_a_step_of_no_procedure(self):
        self._assert_refused("step_unknown", checks=(Check(step=2**30),))

    def test_a_pause_says_why(self):
        bay = self.first
        _started, paused = bay.send(
            bay.event(self.oil_job, "start", self.tess),
            bay.event(self.oil_job, "pause", self.tess),
        )
        self.assertEqual(paused.code, "reason_missing")

    def test_a_role_that_may_not(self):
        bay = self.first
        [outcome] = bay.send(bay.event(self.oil_job, "start", self.quinn))
        self.assertEqual(outcome.code, "role_missing")

    def test_a_badge_that_ran_out_before(self):
        badges = self.technician.sudo().badge_ids
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE workshop_badge SET valid_to = now() at time zone 'utc'
                                               - interval '1 minute'
             WHERE id IN %s
            """,
            [tuple(badges.ids)],
        )
        bay = self.first
        [outcome] = bay.send(bay.event(self.oil_job, "start", self.tess))
        self.assertEqual(outcome.code, "badge_unknown")
