import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopEdgeCommon

INTAKE = "odoo.addons.workshop_edge.ingest.intake"


@tagged("post_install", "-at_install")
class TestWorkshopDeadLetterReplay(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        # The second batch comes before the first one: a gap, until the first is there.
        bay = self.first
        self.start = bay.batch(bay.event(self.oil_job, "start", self.tess))
        pause = bay.event(self.oil_job, "pause", self.tess, reason="parts")
        self.pause = bay.batch(pause, prev=self.start.seal)
        self.letter = self._refused(self.pause.encode().decode())

    def _refused(self, payload):
        with mute_logger(INTAKE):
            self.ingest(payload)
        return self.env["workshop.dead.letter"].search([], order="id desc", limit=1)

    def _replay(self, user=None):
        with mute_logger(INTAKE):
            replay = self.letter.with_user(user or self.manager).replay()
        self.env.invalidate_all()
        return replay

    def test_what_fits_now_is_taken_as_if_it_had_just_come(self):
        self.first.deliver(self.start.encode().decode())
        before = self.letter.read()
        replay = self._replay()
        self.assertEqual(
            (replay.letter_id, replay.user_id, replay.result),
            (self.letter, self.manager, "taken"),
        )
        self.assertIn("1 applied", replay.message)
        self.assertEqual(
            self.order.event_ids.sorted("id").mapped("node"), ["start", "pause"]
        )
        self.assertEqual(self.oil_job.phase, "paused")
        self.assertEqual(self.first.device.last_seq, 2)
        self.assertEqual(self.letter.read(), [before[0] | {"replay_ids": replay.ids}])
        # The bay, which still has it, is answered as for any other repetition.
        [outcome] = self.first.deliver(self.pause.encode().decode()).outcomes
        self.assertEqual((outcome.result, outcome.duplicate), ("accepted", True))
        # And another replay changes nothing.
        self.assertIn("1 of them known", self._replay().message)
        self.assertEqual(len(self.order.event_ids), 2)

    def test_what_does_not_fit_is_refused_again_and_that_is_kept(self):
        replay = self._replay()
        self.assertEqual((replay.result, replay.code), ("refused", "gap"))
        self.assertEqual(replay.message, self.letter.message)
        self.assertFalse(self.order.event_ids)
        self.assertEqual(self.letter.attempts, 2)
        self.assertEqual(self.letter.replay_ids, replay)

    def test_a_replay_proves_nothing_by_itself(self):
        forged = {**json.loads(self.start.encode()), "sig": "0" * 128}
        self.letter = self._refused(json.dumps(forged))
        self.assertEqual(self._replay().code, "seal")
        self.assertEqual(self.first.device.last_seq, 0)

    def test_a_sender_that_nobody_knows(self):
        unknown = {**json.loads(self.start.encode()), "device": "dev-nobody-knows"}
        self.letter = self._refused(json.dumps(unknown))
        with self.assertRaises(AccessError):
            self._replay()
        boss = self._create_user("boss", "hq_manager", stores=self.hq | self.store)
        replay = self._replay(boss)
        self.assertEqual(replay.result, "unanswered")
        self.assertTrue(replay.with_user(boss).message)

    def test_what_is_not_kept_as_it_came_cannot_be_replayed(self):
        self.letter = self._refused(self.start.encode().decode() + "\x00")
        with self.assertRaisesRegex(UserError, "as it came"):
            self._replay(self.env.user)
        device = self.first.device
        self.env["workshop.dead.letter"]._note("{}", "unexpected", None, device.name)
        self.letter = self.env["workshop.dead.letter"].search(
            [("code", "=", "unexpected")]
        )
        with self.assertRaisesRegex(UserError, "one event"):
            self._replay(self.env.user)
        self.assertFalse(self.letter.replay_ids)

    def test_the_button_shows_what_came_of_it(self):
        with mute_logger(INTAKE):
            action = self.letter.with_user(self.manager).action_replay()
        self.assertEqual(action["res_model"], "workshop.dead.letter.replay")
        self.assertEqual(action["res_id"], self.letter.replay_ids.id)

    def test_it_is_for_those_who_may_look_after_the_stores_devices(self):
        others = (
            self.technician,
            self.lead,
            self.advisor,
            self.cashier,
            self.keeper,
            self.inspector,
            self.stranger,
            self.bridge,
            self.env.ref("base.public_user"),
            self._create_user("mia", "store_manager", stores=self.other_store),
        )
        for user in others:
            for method in ("replay", "action_replay"):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    getattr(self.letter.with_user(user), method)()
        self.assertFalse(self.letter.replay_ids)
        replay = self._replay()
        for user in others:
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                replay.with_user(user).read(["result"])
        region = self._create_user("rita", "region_manager")
        self.assertEqual(self._replay(region).user_id, region)

    def test_it_stays(self):
        replay = self._replay()
        with self.assertRaises(UserError):
            replay.write({"result": "taken"})
        with self.assertRaises(UserError):
            replay.unlink()
        for user in (self.manager, self._create_user("boss", "hq_manager")):
            for operation in ("create", "write", "unlink"):
                self.assertFalse(replay.with_user(user).has_access(operation))
        for query in (
            "UPDATE workshop_dead_letter_replay SET result = 'taken'",
            "DELETE FROM workshop_dead_letter_replay",
            "TRUNCATE workshop_dead_letter_replay",
        ):
            self._assert_append_only(query)
