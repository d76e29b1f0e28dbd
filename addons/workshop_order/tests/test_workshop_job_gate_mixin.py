from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkshopOrderCommon
from .films import photo
from .test_workshop_job_node_mixin import picture
from .test_workshop_order_floor import APPLIED, FloorCommon


class GateCommon(FloorCommon):
    """A standard of which the oil service demands a certificate, parts and QC."""

    @classmethod
    def setUpClass(cls):
        cls.drawn = cls.skill = None
        super().setUpClass()

    @classmethod
    def _draw(cls):
        process = cls.env.ref("workshop_standard.workshop_process_standard").copy()
        gates = cls.env["workshop.gate"]
        # The inspection's addon will ship its gate; this stands in for it.
        inspection = gates.create(
            {"code": "inspection_accepted", "name": "Inspection", "kind": "office"}
        )
        parts = cls.env.ref("workshop_standard.workshop_gate_parts_issued")
        for code, gate in (("finish", parts), ("qc_pass", inspection)):
            node = process.node_ids.filtered(lambda n, c=code: n.code == c)
            node.gate_ids += gate
        return process

    @classmethod
    def _prepare_version_vals(cls, service):
        if service.code != "OIL-T":
            return {}
        if not cls.drawn:
            cls.drawn = cls._draw()
            kind = cls.env["hr.skill.type"].create(
                {
                    "name": "Workshop certificates",
                    "is_certification": True,
                    "skill_ids": [Command.create({"name": "High voltage"})],
                    "skill_level_ids": [
                        Command.create({"name": "Held", "level_progress": 100})
                    ],
                }
            )
            cls.skill = kind.skill_ids
        return {
            "process_id": cls.drawn.id,
            "skill_ids": [Command.set(cls.skill.ids)],
        }

    @classmethod
    def _certify(cls, user, valid_from=None, valid_to=None):
        employee = cls.env["hr.employee"].search([("user_id", "=", user.id)], limit=1)
        if not employee:
            employee = employee.create(
                {"name": user.name, "user_id": user.id, "company_id": cls.store.id}
            )
        today = cls.store._workshop_day(fields.Datetime.now())
        return cls.env["hr.employee.skill"].create(
            {
                "employee_id": employee.id,
                "skill_type_id": cls.skill.skill_type_id.id,
                "skill_id": cls.skill.id,
                "skill_level_id": cls.skill.skill_type_id.skill_level_ids.id,
                "valid_from": valid_from or today,
                "valid_to": valid_to or False,
            }
        )

    def _accept_inspection(self, *jobs):
        """A test double of the inspection's addon: these jobs' are accepted."""
        model = type(self.env["workshop.job"])
        own = model._open_gates
        accepted = {job.id for job in jobs}

        def open_gates(records):
            return {
                job_id: codes | {"inspection_accepted"} if job_id in accepted else codes
                for job_id, codes in own(records).items()
            }

        return patch.object(model, "_open_gates", open_gates)

    def _issue_all(self, job):
        for picking in job.picking_ids.filtered(lambda p: p.state != "done"):
            picking = picking.with_user(self.keeper)
            picking.move_ids.picked = True
            picking.button_validate()
        self._settle(job.order_id)


@tagged("post_install", "-at_install")
class TestCertificateGate(GateCommon):
    def test_who_lacks_the_certificate_does_not_begin(self):
        job = self.oil_job.with_user(self.technician)
        [start] = job.node_choices
        self.assertIn("High voltage", start["refusal"])
        with self.assertRaisesRegex(UserError, "valid certificate: High voltage"):
            job.confirm_node("start")
        bay = self._fact(self.oil_job, "start", self.technician)
        self.assertEqual(
            self._record(bay), [("rejected", "none", "certificate_missing")]
        )
        self.assertIn("High voltage", self.order.event_ids[0].message)
        other = self._fact(self.brake_job, "start", self.technician)
        self.assertEqual(self._record(other), [APPLIED])

    def test_who_holds_it_begins_at_bay_and_desk(self):
        self._certify(self.technician)
        [start] = self.oil_job.with_user(self.technician).node_choices
        self.assertEqual(start["refusal"], "")
        bay = self._fact(self.oil_job, "start", self.technician)
        self.assertEqual(self._record(bay), [APPLIED])

    def test_it_holds_to_the_end_of_its_last_day_in_the_store(self):
        today = self.store._workshop_day(fields.Datetime.now())
        self._certify(self.technician, today - timedelta(days=9), today)
        self._certify(self.tom, today - timedelta(9), today - timedelta(days=1))
        ended = self._fact(self.oil_job, "start", self.tom)
        self.assertEqual(
            self._record(ended), [("rejected", "none", "certificate_missing")]
        )
        holds = self._fact(self.oil_job, "start", self.technician)
        self.assertEqual(self._record(holds), [APPLIED])

    def test_an_event_from_before_it_lapsed_counts(self):
        today = self.store._workshop_day(fields.Datetime.now())
        self._certify(
            self.technician, today - timedelta(days=9), today - timedelta(days=1)
        )
        before = fields.Datetime.now() - timedelta(days=3)
        bay = self._fact(
            self.oil_job,
            "start",
            self.technician,
            at=round(before.timestamp() * 1000),
        )
        self.assertEqual(self._record(bay), [APPLIED])

    def test_what_was_taken_away_meanwhile_is_held(self):
        today = self.store._workshop_day(fields.Datetime.now())
        held = self._certify(self.technician, today - timedelta(days=9))
        mark = self._mark()
        held.valid_to = today - timedelta(days=1)
        bay = self._fact(self.oil_job, "start", self.technician, mark=mark)
        self.assertEqual(self._record(bay), [("accepted", "held", "overtaken")])
        # Who never had one was refused by the same board.
        bay = self._fact(self.oil_job, "start", self.tom, mark=mark)
        self.assertEqual(
            self._record(bay, bay=self.pit),
            [("rejected", "none", "certificate_missing")],
        )

    def test_a_certificate_of_another_store_is_the_same_persons(self):
        self.technician.sudo().company_ids += self.other_store
        self.env["hr.employee"].create(
            {
                "name": "Tess, lent",
                "user_id": self.technician.id,
                "company_id": self.other_store.id,
            }
        )
        self._certify(self.technician)
        bay = self._fact(self.oil_job, "start", self.technician)
        self.assertEqual(self._record(bay), [APPLIED])


@tagged("post_install", "-at_install")
class TestPartsGate(GateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._certify(cls.technician)
        cls.oil_job.with_user(cls.technician).confirm_node("start")
        cls.env.invalidate_all()

    def _finish_at_bay(self):
        fact = self._fact(self.oil_job, "finish", self.technician, photos=1)
        return self._record(fact)

    def test_it_opens_when_all_parts_of_the_job_are_issued(self):
        self.assertEqual(
            self._finish_at_bay(), [("rejected", "none", "parts_not_issued")]
        )
        first, *_rest = self.oil_job.picking_ids.move_ids
        first.picked = True
        first.with_context(cancel_backorder=False)._action_done()
        self._settle(self.order)
        self.assertEqual(
            self._finish_at_bay(), [("rejected", "none", "parts_not_issued")]
        )
        self._issue_all(self.oil_job)
        self.assertIn("parts_issued", self.oil_job.floor_id.facts)
        self.assertEqual(self._finish_at_bay(), [APPLIED])

    def test_a_return_shuts_it_again(self):
        mark = self._mark()
        self._issue_all(self.oil_job)
        picking = self.oil_job.picking_ids.filtered(lambda p: p.state == "done")[:1]
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_ids=picking.ids, active_id=picking.id)
            .with_context(active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        returned = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        returned.move_ids.picked = True
        returned.button_validate()
        self._settle(self.order)
        self.assertNotIn("parts_issued", self.oil_job.floor_id.facts)
        # The bay's board may have had it open: what was done by it is kept.
        late = self._fact(self.oil_job, "finish", self.technician, photos=1, mark=mark)
        self.assertEqual(
            self._record(late, bay=self.pit), [("accepted", "held", "overtaken")]
        )
        self.assertEqual(
            self._finish_at_bay(), [("rejected", "none", "parts_not_issued")]
        )

    def test_what_never_was_open_on_any_board_is_refused(self):
        late = self._fact(
            self.oil_job, "finish", self.technician, photos=1, mark=self._mark()
        )
        self.assertEqual(self._record(late), [("rejected", "none", "parts_not_issued")])

    def test_the_desk_needs_not_wait_for_the_queue(self):
        job = self.oil_job.with_user(self.technician)
        with self.assertRaisesRegex(UserError, "not issued yet"):
            job.confirm_node("finish", photos=[picture()])
        for picking in self.oil_job.picking_ids:
            picking.move_ids.picked = True
            picking.button_validate()
        by_code = {c["code"]: c["refusal"] for c in job.node_choices}
        self.assertNotIn("issued", by_code["finish"])
        job.confirm_node("finish", photos=[picture()])
        self.env.invalidate_all()
        self.assertEqual(self.oil_job.phase, "done")

    def test_a_job_without_parts_has_nothing_to_wait_for(self):
        self.assertTrue(self.brake_job._are_parts_issued())
        self.assertNotIn("parts_issued", self.brake_job._gate_names())


@tagged("post_install", "-at_install")
class TestInspectionGate(GateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._certify(cls.technician)

    def test_no_release_without_an_accepted_inspection(self):
        self.brake_job.action_withdraw()
        self._confirm(self.oil_job, "start", self.technician)
        self._issue_all(self.oil_job)
        self._confirm(self.oil_job, "finish", self.technician, photo())
        self._bring(photo())
        self._settle(self.order)
        judge = self.oil_job.with_user(self.inspector)
        with self.assertRaisesRegex(UserError, "inspection has to be accepted"):
            judge.confirm_node("qc_pass")
        passed = self._fact(self.oil_job, "qc_pass", self.inspector)
        self.assertEqual(
            self._record(passed), [("rejected", "none", "inspection_not_accepted")]
        )
        with self.assertRaises(UserError):
            self.order.action_close()
        with self._accept_inspection(self.oil_job):
            self.oil_job._update_gates()
            again = self._fact(self.oil_job, "qc_pass", self.inspector)
            self.assertEqual(self._record(again), [APPLIED])
            self._settle(self.order)
        self.assertEqual(self.order.state, "done")


@tagged("post_install", "-at_install")
class TestRelease(WorkshopOrderCommon):
    def test_a_car_whose_check_was_corrected_is_not_handed_over(self):
        order = self._receive(service_ids=self.brake_service.ids).sudo()
        order.action_authorise()
        self._pass(order.job_ids)
        self.assertEqual(order.state, "done")
        order.sale_order_id._create_invoices().action_post()
        passed = order.event_ids.filtered(lambda event: event.node == "qc_pass")
        with self.assertRaisesRegex(UserError, "billed"):
            passed.with_user(self.lead).correct("Looked at another car")

    def test_what_was_passed_by_mistake_is_in_work_again(self):
        order = self._receive(service_ids=self.brake_service.ids).sudo()
        order.action_authorise()
        self._pass(order.job_ids)
        passed = order.event_ids.filtered(lambda event: event.node == "qc_pass")
        passed.with_user(self.lead).correct("Looked at another car")
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "not passed quality control"):
            order.action_close()
        self._settle(order)
        self.assertEqual(order.state, "open")
        self._confirm(order.job_ids, "qc_pass", self.inspector)
        self._settle(order)
        self.assertEqual(order.state, "done")
