from psycopg2.errors import CheckViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopServiceStep(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A draft begins with what is in force, the demo's services for one.
        release = cls._create_release("R1", "2050-01-01")
        cls.step = release._version_of(cls.oil).step_ids[1]

    def test_a_measured_value_is_judged_by_the_limits(self):
        for kind, within, beyond in (
            ("between", (25, 27, 30), (24.9, 30.1, -1)),
            ("at_least", (25, 999), (24.9, 0)),
            ("at_most", (30, 0, -5), (30.1,)),
            ("none", (-999, 0, 999), ()),
        ):
            self.step.limit_kind = kind
            for value in within:
                self.assertTrue(self.step._is_within(value), (kind, value))
            for value in beyond:
                self.assertFalse(self.step._is_within(value), (kind, value))

    def test_a_check_is_a_tick_or_a_value(self):
        self.assertEqual(self.step.check_kind, "value")
        self.step.limit_kind = "none"
        self.assertEqual(self.step.check_kind, "value")  # measured, without limits
        self.step.unit = False
        self.assertEqual(self.step.check_kind, "tick")
        self.step.is_check = False
        self.assertEqual(self.step.check_kind, "none")

    @mute_logger("odoo.sql_db")
    def test_a_minimum_lies_below_its_maximum(self):
        with self.assertRaises(CheckViolation):
            self.step.limit_min = 31
            self.env.flush_all()
