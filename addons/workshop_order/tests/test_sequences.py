import os
import random
import sys
from collections import Counter
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from ..floor.state import Floor
from ..models.account_move_line import AccountMoveLine
from ..models.sale_order_line import SaleOrderLine
from ..models.workshop_job import WorkshopJob
from ..models.workshop_job_gate_mixin import WorkshopJobGateMixin
from ..models.workshop_shelf_mixin import WorkshopShelfMixin
from . import invariants
from .common import WorkshopOrderCommon
from .hostile import ATTACKS
from .sequences import STEPS, World

SEQUENCES = int(os.environ.get("WORKBAY_SEQUENCES") or 0)
"""How many to draw anew; 0: the same few as in every run."""
FEW = 50
LENGTH = 30
# What the few sequences have to hold as well; the rest comes up in longer runs.
CORE = {
    "authorise",
    "bill",
    "bring",
    "close",
    "correct",
    "count",
    "credit",
    "decide",
    "draw",
    "give_up_part",
    "issue",
    "quantity",
    "scan",
    "stale_scan",
    "take_back",
    "type_node",
    "withdraw",
    "work",
}
# And how often at least those that need a long way to be reached.
OFTEN = {"close": 5, "decide": 20}
# A step is one number: drawn one by one from what they mean, steps would mostly be the
# simplest ones, over and over.
LIVES = st.lists(st.integers(0, 2**64 - 1), min_size=LENGTH, max_size=LENGTH + 10)


def step_of(number, often):
    """The step that a drawn number stands for; ``often``: weights by name."""
    draw = random.Random(number)
    [name] = draw.choices(list(often), often.values())
    return name, *(draw.randrange(10_000) for _each in range(3))


def unguarded_write(job, vals):
    """A job's ``write`` as if the job had none of its own."""
    return super(WorkshopJob, job).write(vals)


def drawn_by(count):
    """Call the function with so many sequences, until one of them fails."""
    return lambda function: settings(
        max_examples=count,
        derandomize=not SEQUENCES,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        # Cutting a failing sequence down takes minutes: for whoever looks into it.
        phases=tuple(Phase) if SEQUENCES else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )(given(LIVES)(function))


class SequencesCommon(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tom = cls._create_user("tom", "technician")
        cls.pit = cls.env["workshop.bay"].create(
            {"name": "Pit", "code": "B2", "company_id": cls.store.id}
        )
        # Parts run short within a few jobs.
        for part, left in ((cls.oil, 5), (cls.filter, 0), (cls.better, 3)):
            cls._count(part, left)
        other = cls._create_vehicle(license_plate="粤B67890")
        other._set_owner(cls.li, fields.Date.today())
        cls.plates = ("粤A12345", "粤B67890")
        cls.cash = cls.env["account.journal"].search(
            [("company_id", "=", cls.store.id), ("type", "=", "cash")]
        )
        cls.env["workshop.discount.limit"].search([])
        cls.env.flush_all()

    @classmethod
    def _prepare_kit(cls, part, quantity):
        """Another oil stands in for the kit's."""
        rows = super()._prepare_kit(part, quantity)
        if part != cls.oil:
            return rows
        kind = cls.env["workshop.part.kind"].create({"name": "Engine oil"})
        cls.better = cls.env["product.product"].create(
            {
                "name": "Oil 0W-30",
                "type": "consu",
                "is_storable": True,
                "invoice_policy": "delivery",
                "lst_price": 98,
                "taxes_id": [Command.set(cls.hq.account_sale_tax_id.ids)],
            }
        )
        rows.append({"product_id": cls.better.id, "quantity": quantity, "sequence": 20})
        return [{**row, "kind_id": kind.id} for row in rows]

    def _live(self, numbers, often=None, attacks=ATTACKS, first=None):
        """One sequence, of which nothing is left afterwards.

        :param first: SQL to begin with.
        """
        savepoint = self.env.cr.savepoint()
        world = World(self, attacks)
        try:
            if first:
                self.env.cr.execute(first)
            steps = [step_of(number, often or STEPS) for number in numbers]
            world.play(steps, invariants.check_all)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *world.told])) from error
        finally:
            savepoint.close(rollback=True)
            self.env.cr.precommit.clear()
            self.env.cr.postcommit.clear()
            self.env.registry.clear_all_caches()
        return world


@tagged("post_install", "-at_install")
class TestSequences(SequencesCommon):
    def test_what_must_hold_holds_after_every_step(self):
        applied, refused, rejected, lengths = Counter(), Counter(), Counter(), []

        @drawn_by(SEQUENCES or FEW)
        def live(numbers):
            world = self._live(numbers)
            applied.update(world.applied)
            refused.update(world.refused)
            rejected.update(world.rejected)
            lengths.append(len(numbers))

        live()
        drawn = sum(lengths)
        sys.stdout.write(
            f"\n{len(lengths)} sequences, {drawn} steps\n"
            f"applied {applied.total()}: {dict(applied.most_common())}\n"
            f"refused {refused.total()}: {dict(refused.most_common())}\n"
            f"kept as rejected {rejected.total()}: {dict(rejected.most_common())}\n"
        )
        self.assertGreaterEqual(len(lengths), FEW)
        self.assertGreaterEqual(min(lengths), LENGTH)
        # A run in which nearly all is refused would prove nothing.
        honest = applied.total() - applied["hostile"]
        self.assertGreaterEqual(honest, drawn // 3)
        self.assertFalse(CORE - set(applied), "some steps were never applied")
        for name, often in OFTEN.items():
            self.assertGreaterEqual(applied[name], often, name)

    def _assert_caught(self, words, more, **how):
        """Some sequence shows that a guard is gone.

        :param more: steps that are drawn more often, for it to be found soon.
        """
        caught = []

        @drawn_by(FEW)
        def live(numbers):
            if caught:
                return  # one is enough; drawing the rest costs nothing
            try:
                self._live(numbers, {**STEPS, **more}, **how)
            except AssertionError as error:
                caught.append(str(error).splitlines()[0])

        live()
        self.assertTrue(caught, "nothing showed that the guard was gone")
        self.assertRegex(caught[0], words)

    def test_bills_of_what_is_not_done_would_be_seen(self):
        with (
            patch.object(SaleOrderLine, "_is_billable", lambda line: True),
            patch.object(AccountMoveLine, "_check_workshop_line", lambda *args: None),
        ):
            self._assert_caught("billed", {"issue": 20, "bill": 20})

    def test_a_shelf_below_nothing_would_be_seen(self):
        def regardless(moves):
            for move in moves:
                move.quantity = move.product_uom_qty
            moves.picked = True
            moves._action_done()
            return moves.browse()

        with (
            patch.object(WorkshopShelfMixin, "_check_workshop_shelf", lambda _: None),
            patch.object(WorkshopShelfMixin, "_issue_from_shelf", regardless),
        ):
            self._assert_caught("negative stock", {"work": 40, "draw": 20})

    def test_work_on_two_jobs_at_once_would_be_seen(self):
        person = Floor.person

        def idle(floor, user, _running, *more, **named):
            return person(floor, user, None, *more, **named)

        with patch.object(Floor, "person", idle):
            self._assert_caught(
                "at once",
                {"scan": 80},
                first="DROP INDEX workshop_job_floor_running_uniq",
            )

    def test_a_job_passed_without_its_photos_would_be_seen(self):
        with patch.object(WorkshopJobGateMixin, "_awaited_media", lambda jobs: {}):
            self._assert_caught("without photo", {"scan": 60, "draw": 30})

    def test_a_job_that_authorises_itself_would_be_seen(self):
        with patch.object(WorkshopJob, "write", unguarded_write):
            self._assert_caught(
                "authorised by nobody",
                {"add": 10, "hostile": 60},
                attacks=[each for each in ATTACKS if "'authorised'" in each[1]],
            )
