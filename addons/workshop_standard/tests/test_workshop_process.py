from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from workbay_contract import soundness
from workbay_contract.process import Process

from .common import WorkshopStandardCommon

TECHNICIAN = ("technician",)
DONE = {
    "start": (True, ("passed",), "in_progress", TECHNICIAN),
    "passed": (False, (), "qc_passed", ("qc",)),
}


@tagged("post_install", "-at_install")
class TestWorkshopProcess(WorkshopStandardCommon):
    def test_the_standard_process_is_what_the_contract_reads(self):
        process = Process.model_validate(self.process._as_contract())
        self.assertEqual(soundness.problems(process), [])
        self.assertEqual(
            [node.code for node in process.nodes],
            ["start", "pause", "resume", "finish", "qc_pass", "qc_fail"],
        )
        finish, failed = process.node("finish"), process.node("qc_fail")
        self.assertEqual((finish.photos, finish.gates), (1, ("own_job",)))
        self.assertEqual((finish.clock, finish.state), ("stop", "done"))
        self.assertEqual((failed.next, failed.gates), (("start",), ("other_person",)))
        self.assertTrue(failed.reasons)
        self.assertEqual(process.node("qc_pass").next, ())

    def test_a_bay_gets_each_name_in_every_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        process = self._create_process(DONE)
        start = process.node_ids[0]
        start.with_context(lang="zh_CN").name = "开始"
        names = process._as_contract()["nodes"][0]["name"]
        self.assertEqual((names["en_US"], names["zh_CN"]), ("Start", "开始"))

    def test_only_processes_of_one_name_are_told_apart_by_their_codes(self):
        process = self._create_process(DONE)
        process.name = "Tyre job"
        self.assertEqual(process.display_name, "Tyre job")
        twin = process.copy()
        both = (process | twin).sorted("id")
        both.invalidate_recordset()
        self.assertEqual(
            both.mapped("display_name"),
            [f"Tyre job ({process.code})", f"Tyre job ({twin.code})"],
        )

    def test_a_process_that_can_be_finished_has_no_problem(self):
        self.assertFalse(self._create_process(DONE).problems)

    def test_what_can_never_be_finished_is_told(self):
        for nodes, said in (
            ({}, "No node may begin"),
            ({"a": (False, ("p",), "done", TECHNICIAN), "p": DONE["passed"]}, "begin"),
            ({**DONE, "loose": (False, ("passed",), "done", TECHNICIAN)}, "loose"),
            (
                {
                    "start": (True, ("passed", "stuck"), "in_progress", TECHNICIAN),
                    "stuck": (False, (), "paused", TECHNICIAN),
                    "passed": DONE["passed"],
                },
                "stuck",
            ),
            (
                {
                    "start": (True, ("round",), "in_progress", TECHNICIAN),
                    "round": (False, ("start",), "paused", TECHNICIAN),
                },
                "round",
            ),
            ({**DONE, "passed": (False, (), "qc_passed", ())}, "Nobody may confirm"),
        ):
            process = self._create_process(nodes)
            self._assert_refused(process, said)
            process.unlink()

    def test_a_gate_that_nobody_can_open_is_told(self):
        gates = self.env["workshop.gate"]
        nobody = gates.create({"name": "Blessed", "code": "blessed"})
        own, other = (
            gates.search([("code", "=", code)]) for code in ("own_job", "other_person")
        )
        for shut, said in ((nobody, "Blessed"), (own | other, "nobody who did")):
            process = self._create_process(DONE)
            process.node_ids[-1].gate_ids = shut
            self._assert_refused(process, said)
            process.unlink()

    def _assert_refused(self, process, said):
        self.assertIn(said, process.problems)
        release = self._create_release("R1", "2050-01-01")
        release.version_ids.process_id = process
        with self.assertRaisesRegex(UserError, "could never be finished") as refused:
            release.action_release()
        self.assertIn(said, str(refused.exception))
        self.assertEqual(release.state, "draft")
        release.unlink()

    def test_a_release_refuses_what_could_never_be_finished(self):
        release = self._create_release("R1", "2050-01-01")
        release.version_ids.process_id = self._create_process(
            {"start": (True, (), "in_progress", TECHNICIAN)}
        )
        with self.assertRaisesRegex(UserError, "could never be finished"):
            release.action_release()
        self.assertEqual(release.state, "draft")

    def test_a_released_process_stays_and_its_copy_may_change(self):
        self._create_release("R1", "2050-01-01").action_release()
        self.assertTrue(self.process.is_released)
        node = self.process.node_ids[0]
        for act in (
            lambda: self.process.write({"name": "Other"}),
            lambda: self.process.unlink(),
            lambda: node.write({"photo_count": 0}),
            lambda: node.write({"next_ids": False}),
            lambda: node.unlink(),
            lambda: node.copy({"code": "again"}),
        ):
            with self.assertRaisesRegex(UserError, "nothing in it changes"):
                act()
        copied = self.process.copy()
        self.assertEqual(copied.code, "standard_2")
        former, now = self.process._as_contract(), copied._as_contract()
        self.assertEqual(now["nodes"], former["nodes"])
        self.assertFalse(copied.node_ids.next_ids & self.process.node_ids)
        copied.node_ids[0].photo_count = 3
        self.assertEqual(self.process.copy().code, "standard_3")

    def test_hq_draws_and_staff_read(self):
        process = self.process.with_user(self.hanna).copy()
        process.node_ids[0].photo_count = 2
        for role in ("technician", "advisor", "store_manager", "region_manager"):
            seen = process.with_user(self._create_user(f"u_{role}", role))
            self.assertTrue(seen._as_contract()["nodes"])
            for act in (
                lambda s=seen: s.write({"name": "X"}),
                lambda s=seen: s.node_ids[0].write({"photo_count": 0}),
                lambda s=seen: s.create({"name": "X", "code": "x"}),
                lambda s=seen: s.unlink(),
            ):
                with self.assertRaises(AccessError):
                    act()
