import os
import time
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from workbay_contract import signed
from workbay_contract.board import read_board
from workbay_contract.codes import token_hash

from ..ingest.board import StoreBoard
from ..signing import VARIABLE, signing_key
from .common import WorkshopEdgeCommon

BOARD = "odoo.addons.workshop_edge.models.workshop_board"


@tagged("post_install", "-at_install")
class TestWorkshopBoard(WorkshopEdgeCommon):
    def _poll(self, published=(), longest=60):
        self.env.flush_all()
        self.env.cr.execute("UPDATE workshop_board SET looked_ms = looked_ms - 11000")
        boards = self.env["workshop.board"].with_user(self.bridge)
        # A slow machine takes its time; that a poll ends in time is tested below.
        with (
            patch(f"{BOARD}.LONGEST_S", 60),
            patch(f"{BOARD}.FLOOR_LONGEST_S", longest),
        ):
            polled = boards.poll(list(range(64)), list(published))
        return {board["device"]: board["version"] for board in polled}

    def test_a_board_holds_what_the_interpreter_needs(self):
        board = self._board(self.first)
        self.assertEqual(board.device, self.first.name)
        self.assertEqual(str(board.bay), self.bay.uuid)
        [order] = [o for o in board.orders if o.id == self.order.id]
        self.assertEqual(order.sheet, self.order.sheet_hash)
        self.assertEqual(order.plate, "粤A12345")
        self.assertEqual([job.id for job in order.jobs], self.order.job_ids.ids)
        job = order.jobs[0]
        self.assertEqual(job.name["en_US"], "Oil change")
        self.assertEqual(job.hours, 0.6)
        self.assertEqual(board.processes[job.process].allowed(job.state), ("start",))
        step = board.procedures[job.procedure][1]
        self.assertEqual(
            (step.tool, step.limit_min, step.limit_max, step.unit),
            ({"en_US": "Torque wrench"}, 25, 30, "N·m"),
        )
        [tess] = [p for p in board.persons if p.id == self.technician.id]
        self.assertEqual(tess.badge, token_hash(self.tess))
        self.assertEqual(tess.roles, ("technician",))

    def test_a_step_with_a_picture_names_it_and_another_has_no_such_field(self):
        lift, plug = self.oil_job.version_id.step_ids
        # Past the guard: a released step gets no other picture.
        self.env.cr.execute(
            "UPDATE workshop_service_step SET board_picture_sha256 = %s WHERE id = %s",
            ["ab" * 32, plug.id],
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        board = self._board(self.first)
        steps = {step.id: step for step in board.procedures[lift.version_id.id]}
        self.assertEqual(steps[plug.id].picture, "ab" * 32)
        self.assertNotIn("picture", steps[lift.id].model_fields_set)

    def test_names_come_in_the_languages_of_the_chain(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.oil_service.with_context(lang="zh_CN").name = "更换机油"
        self.env.flush_all()
        board = self._board(self.first)
        [order] = [o for o in board.orders if o.id == self.order.id]
        self.assertEqual(order.jobs[0].name["zh_CN"], "更换机油")

    def test_certificates_stand_on_it_as_far_as_a_job_demands_them(self):
        kind = self.env["hr.skill.type"].create(
            {
                "name": "Workshop certificates",
                "is_certification": True,
                "skill_ids": [
                    Command.create({"name": name}) for name in ("Gas", "Airbags")
                ],
                "skill_level_ids": [
                    Command.create({"name": "Held", "level_progress": 100})
                ],
            }
        )
        gas, airbags = kind.skill_ids
        # Past the guard: what is released demands nothing that it did not before.
        self.env.cr.execute(
            "INSERT INTO hr_skill_workshop_service_version_rel VALUES (%s, %s)",
            [self.oil_job.version_id.id, gas.id],
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        versions = self._poll()
        employee = self.env["hr.employee"].create(
            {
                "name": "Tess",
                "user_id": self.technician.id,
                "company_id": self.store.id,
            }
        )
        self.env["hr.employee.skill"].create(
            [
                {
                    "employee_id": employee.id,
                    "skill_type_id": kind.id,
                    "skill_id": skill.id,
                    "skill_level_id": kind.skill_level_ids.id,
                    "valid_from": "2026-01-01",
                    "valid_to": "2026-01-31",
                }
                for skill in kind.skill_ids
            ]
        )
        self.assertGreater(self._poll()[self.first.name], versions[self.first.name])
        board = self._board(self.first)
        self.assertEqual(board.skills, {gas.id: {"en_US": "Gas"}})
        [order] = [o for o in board.orders if o.id == self.order.id]
        self.assertEqual([job.state.skills for job in order.jobs], [(gas.id,), ()])
        [tess] = [p for p in board.persons if p.id == self.technician.id]
        [certificate] = tess.certificates
        self.assertEqual(certificate.skill, gas.id)
        days = certificate.valid_to - certificate.valid_from
        self.assertEqual(days, 31 * 86_400_000)

    def test_another_stores_orders_are_not_on_it(self):
        board = self._board(self.foreign)
        self.assertNotIn(self.order.id, [order.id for order in board.orders])
        self.assertNotIn(self.technician.id, [person.id for person in board.persons])

    def test_it_changes_after_an_event(self):
        before = self._board(self.first)
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        self.assertGreater(self._poll()[self.first.name], before.version)
        board = self._board(self.first)
        [order] = [o for o in board.orders if o.id == self.order.id]
        self.assertEqual(order.jobs[0].state.running, self.technician.id)
        [tess] = [p for p in board.persons if p.id == self.technician.id]
        self.assertEqual(tess.running_job, self.oil_job.id)

    def test_a_refusal_stays_on_it_until_the_job_goes_on(self):
        self.first.send(self.first.event(self.oil_job, "finish", self.tess))
        [issue] = self._board(self.first).issues
        self.assertEqual(
            (issue.code, issue.result, issue.seq), ("node_not_now", "rejected", 1)
        )
        self.assertIsNone(self._board(self.second).issues[0].seq)
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        self.assertEqual(self._board(self.first).issues, ())

    def test_what_is_held_stays_on_it_though_the_order_is_closed(self):
        self.first.send(
            self.first.event(self.oil_job, "start", self.tess),
            self.first.event(self.oil_job, "pause", self.tess, reason="parts"),
        )
        late = self.first.event(self.oil_job, "resume", self.tess)
        self.order.action_cancel()
        self.first.send(late)
        [issue] = self._board(self.first).issues
        self.assertEqual((issue.code, issue.result), ("order_closed", "held"))
        # The order left the board, and its names with it.
        self.assertEqual(issue.order_name, self.order.name)
        self.assertEqual(issue.job_name["en_US"], self.oil_job.name)
        self.assertEqual(issue.node_name["en_US"], "Resume")

    def test_what_the_office_changes_makes_it_new(self):
        versions = self._poll()
        for change in (
            lambda: self.order.write({"complaint": "Something else"}),
            lambda: self.brake_job.action_withdraw(),
            lambda: self.order.action_renew_sheet(),
            lambda: self.technician.sudo().issue_badge(),
            lambda: self.bay.write({"name": "New name"}),
            lambda: self.technician.sudo().write({"name": "Tess Two"}),
            lambda: self.order.action_cancel(),
        ):
            change()
            newer = self._poll()
            self.assertGreater(newer[self.first.name], versions[self.first.name])
            versions = newer

    def test_what_did_not_change_gets_no_new_version(self):
        versions = self._poll()
        self.env["workshop.board.change"]._mark(self.store.ids)
        self.assertEqual(self._poll(), versions)

    def test_a_poll_brings_what_is_newer_than_published(self):
        versions = self._poll()
        self.assertEqual(self._poll(versions.items()), {})
        board = self.env["workshop.board"].search(
            [("device_id", "=", self.first.device.id)]
        )
        self.assertEqual(board.published_version, board.version)
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        newer = self._poll(versions.items())
        self.assertEqual(set(newer), {self.first.name, self.second.name})

    def test_what_another_bridge_published_is_not_published_again(self):
        versions = self._poll()
        self._poll(versions.items())
        self.assertEqual(self._poll(), {})
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        self.assertEqual(set(self._poll()), {self.first.name, self.second.name})

    def test_a_poll_is_for_the_partitions_asked(self):
        boards = self.env["workshop.board"].with_user(self.bridge)
        others = [n for n in range(64) if n != self.store.partition]
        devices = {board["device"] for board in boards.poll(others, [])}
        self.assertNotIn(self.first.name, devices)

    def test_a_board_does_not_claim_what_was_on_its_way_when_it_was_read(self):
        self.env.cr.execute("SELECT extract(epoch FROM transaction_timestamp())")
        read_since = float(self.env.cr.fetchone()[0]) * 1000
        self.assertLess(self._board(self.first).made_at, read_since - 1000)

    def test_boards_are_made_at_most_once_a_second(self):
        self._poll()
        self.env["workshop.board"].search([]).unlink()
        self._poll()
        self.env.cr.execute(
            "UPDATE workshop_board SET looked_ms = looked_ms + 2000"
        )  # as if made now
        self.order.complaint = "Something else"
        self.env.flush_all()
        self.assertNotIn(self.store.id, self._due())

    def test_the_offices_word_goes_before_what_bays_recorded(self):
        self._poll()
        self.env["workshop.board.change"].search([]).unlink()
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        self._age(1500)
        self.assertNotIn(self.store.id, self._due())
        self.order.complaint = "Something else"
        self.env.flush_all()
        self.assertIs(self._due()[self.store.id], False)

    def test_what_bays_recorded_reaches_the_others_after_ten_seconds(self):
        self._poll()
        self.env["workshop.board.change"].search([]).unlink()
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        self._age(9000)
        self.assertNotIn(self.store.id, self._due())
        self._age(10_500)
        self.assertIs(self._due()[self.store.id], True)

    def test_floor_boards_wait_where_a_poll_has_no_time_left(self):
        self._poll()
        self.env["workshop.board.change"].search([]).unlink()
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        late = self._poll(self._versions(), longest=-1)
        self.assertNotIn(self.first.name, late)
        self.order.complaint = "Something else"
        self.env.flush_all()
        self.assertIn(self.first.name, self._poll(self._versions(), longest=-1))

    def _age(self, milliseconds):
        """Have the boards been looked at so long ago."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE workshop_board SET looked_ms = %s",
            [round(time.time() * 1000) - milliseconds],
        )

    def _due(self):
        return dict(self.env["workshop.board"]._due_stores(list(range(64))))

    def _versions(self):
        boards = self.env["workshop.board"].search([])
        return [(board.device_id.name, board.version) for board in boards]

    def test_a_version_says_up_to_which_event_it_was_made(self):
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        board = self._board(self.first)
        mark = self.env["workshop.board.mark"].search(
            [
                ("device_id", "=", self.first.device.id),
                ("version", "=", board.version),
            ]
        )
        self.assertEqual(mark.event_mark, max(self.order.event_ids.ids))

    def test_what_a_bay_did_by_its_board_is_held_when_it_was_overtaken(self):
        self._board(self.first)
        self._board(self.second)
        tom = self._create_user("tom", "technician")
        badge = tom.sudo().issue_badge()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE workshop_badge SET valid_from = valid_from - interval '1 day'"
        )
        self._assert_applied(
            self.second.send(self.second.event(self.oil_job, "start", badge))
        )
        [outcome] = self.first.send(self.first.event(self.oil_job, "start", self.tess))
        self.assertEqual((outcome.effect, outcome.code), ("held", "overtaken"))

    def test_a_board_too_large_loses_its_oldest_orders(self):
        later = self._receive(odometer=60_000).sudo()
        later.action_authorise()
        content = StoreBoard(self.env, self.store.id)
        bay = (self.first.device.id, self.first.name, self.bay.uuid, self.bay.id)
        key, sign = signing_key(self.env), self.env["workshop.board"]._sign
        whole = sign(key, content, bay, 7, 0)
        with (
            patch.object(signed, "MAX_MESSAGE_BYTES", len(whole) - 20),
            mute_logger(BOARD),
        ):
            text = sign(key, content, bay, 7, 0)
        board = read_board(self.odoo_key, text)
        self.assertIn(later.id, [order.id for order in board.orders])
        self.assertLess(len(board.orders), len(content.orders))

    def test_without_its_key_odoo_says_so(self):
        with (
            patch.dict(os.environ, {VARIABLE: ""}),
            self.assertRaisesRegex(UserError, VARIABLE),
        ):
            self.env["workshop.device"].with_user(self.bridge).ingest([])
        with (
            patch.dict(os.environ, {VARIABLE: "/nowhere/odoo.key"}),
            self.assertRaisesRegex(UserError, "cannot be read"),
        ):
            self.env["workshop.device"].with_user(self.bridge).ingest([])

    def test_boards_are_for_the_bridge_alone(self):
        for user in (self.manager, self.env.ref("workshop_edge.res_users_enrolment")):
            with self.assertRaises(AccessError):
                self.env["workshop.board"].with_user(user).poll([], [])
