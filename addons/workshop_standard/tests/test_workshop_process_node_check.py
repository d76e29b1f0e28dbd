from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from workbay_contract.gates import OFFICE_GATES, office_gate
from workbay_contract.process import Process

from .common import WorkshopStandardCommon
from .test_workshop_process import DONE


@tagged("post_install", "-at_install")
class TestWorkshopProcessNodeCheck(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.drawn = cls._create_process(DONE)
        cls.node = cls.drawn.node_ids[0]
        cls.node.write(
            {
                "signature": "customer",
                "check_ids": [
                    Command.create({"code": "clean", "name": "Car is clean"}),
                    Command.create(
                        {
                            "code": "pads",
                            "name": "Pads",
                            "kind": "value",
                            "limit_kind": "at_least",
                            "limit_min": 3,
                            "limit_max": 99,
                            "unit": "mm",
                        }
                    ),
                ],
            }
        )

    def _contract_node(self, process=None):
        drawn = Process.model_validate((process or self.drawn)._as_contract())
        return drawn.node("start")

    def test_the_contract_reads_what_hq_asks_for(self):
        node = self._contract_node()
        self.assertEqual(node.signature, "customer")
        self.assertEqual([item.code for item in node.checklist], ["clean"])
        [pads] = node.measurements
        self.assertEqual(
            (pads.code, pads.unit, pads.limit_min, pads.limit_max),
            ("pads", "mm", 3, None),
        )
        self.assertEqual(pads.name["en_US"], "Pads")
        self.assertFalse(self.drawn.problems)

    def test_checks_are_copied_and_frozen_with_their_process(self):
        copied = self.drawn.copy()
        self.assertEqual(self._contract_node(copied), self._contract_node())
        release = self._create_release("R1", "2050-01-01")
        release.version_ids.process_id = self.drawn
        release.action_release()
        check = self.node.check_ids[0]
        for user in (self.env.ref("base.user_root"), self.hanna):
            for act in (
                lambda c: c.write({"name": "X"}),
                lambda c: c.unlink(),
                lambda c: c.copy({"code": "again"}),
            ):
                with (
                    self.assertRaisesRegex(UserError, "nothing in it changes"),
                    self.cr.savepoint(),
                ):
                    act(check.with_user(user))

    @mute_logger("odoo.sql_db")
    def test_a_check_is_asked_for_once_and_can_be_kept(self):
        check = self.node.check_ids[1]
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            check.copy()
        for vals in ({"limit_kind": "between", "limit_min": 100}, {"code": "Pads!"}):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                check.write(vals)
                self.env.flush_all()

    def test_a_gate_of_the_office_needs_somebody_who_opens_it(self):
        gate = self.env["workshop.gate"].create(
            {"code": "test_moon", "name": "Full moon", "kind": "office"}
        )
        self.node.gate_ids = gate
        self.assertIn("Start (start)", self.drawn.problems)
        self.assertIn("Full moon (test_moon)", self.drawn.problems)
        with self.assertRaisesRegex(UserError, "could never be finished"):
            self.drawn._check_finishable()
        self.env["res.lang"]._activate_lang("zh_CN")
        told = self.drawn.with_context(lang="zh_CN")._problems()
        self.assertRegex("".join(told), "未定义")
        office_gate("test_moon")
        self.addCleanup(OFFICE_GATES.pop, "test_moon")
        self.drawn._check_finishable()

    def test_a_clock_that_would_run_for_ever_is_told(self):
        self.node.clock = "start"
        self.assertIn("a clock still runs", self.drawn.problems)
