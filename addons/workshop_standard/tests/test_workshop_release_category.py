from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopReleaseCategory(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stopping = cls.env["workshop.service.category"].create({"name": "Stopping"})
        cls.brakes.category_id = cls.stopping
        cls.whole = cls._create_release("Whole", "2050-01-01", cls.oil | cls.brakes)
        cls.whole.action_release()
        cls.Release = cls.env["workshop.release"]

    def _draft(self, name, day, category, price):
        draft = self._create_release(
            name, day, self.env["workshop.service"], category_ids=category.ids
        )
        draft.version_ids.price = price
        return draft

    def _prices(self, day):
        release = self.Release._in_force(date.fromisoformat(day))
        return tuple(
            release._version_of(service).price for service in (self.oil, self.brakes)
        )

    def test_a_draft_of_a_category_holds_that_category(self):
        draft = self._draft("Care", "2050-02-01", self.category, 150)
        self.assertEqual(draft.version_ids.service_id, self.oil)
        self.assertEqual(draft.based_on_id, self.whole)

    def test_what_a_release_does_not_touch_stays_as_it_was(self):
        self._draft("Care", "2050-02-01", self.category, 150).action_release()
        self._draft("Stop", "2050-03-01", self.stopping, 90).action_release()
        self.assertEqual(self._prices("2050-01-31"), (120, 120))
        self.assertEqual(self._prices("2050-02-01"), (150, 120))
        self.assertEqual(self._prices("2050-03-01"), (150, 90))
        self._create_release("Anew", "2050-04-01").action_release()
        self.assertEqual(self._prices("2050-04-01"), (150, 90))

    def test_two_categories_are_drafted_side_by_side_in_any_order(self):
        late = self._draft("Care", "2050-03-01", self.category, 150)
        early = self._draft("Stop", "2050-02-01", self.stopping, 90)
        late.action_release()
        early.action_release()
        self.assertEqual(self._prices("2050-02-01"), (120, 90))
        self.assertEqual(self._prices("2050-03-01"), (150, 90))

    def test_two_drafts_of_one_category_lose_nothing_of_each_other(self):
        first = self._draft("A", "2050-02-01", self.category, 150)
        second = self._draft("B", "2050-03-01", self.category, 160)
        whole = self._create_release("C", "2050-04-01")
        first.action_release()
        for draft in (second, whole):
            with self.assertRaisesRegex(UserError, "was released while"):
                draft.action_release()
        with self.assertRaisesRegex(UserError, "has to take effect after"):
            self._draft("D", "2050-02-01", self.category, 1).action_release()

    def test_a_service_belongs_into_a_release_of_its_category(self):
        draft = self._draft("Care", "2050-02-01", self.category, 150)
        vals = {
            "release_id": draft.id,
            "service_id": self.brakes.id,
            "labour_hours": 1,
            "price": 1,
        }
        for user in (self.env.ref("base.user_root"), self.hanna):
            with (
                self.assertRaisesRegex(ValidationError, "belongs into another"),
                self.cr.savepoint(),
            ):
                self.env["workshop.service.version"].with_user(user).create(vals)
        with self.assertRaisesRegex(UserError, "start another"):
            draft.with_user(self.hanna).category_ids = [Command.clear()]

    def test_what_is_in_force_can_be_asked_for_any_day(self):
        self._draft("Care", "2050-02-01", self.category, 150).action_release()
        Version = self.env["workshop.service.version"]
        ours = [("service_id", "in", (self.oil | self.brakes).ids)]
        for day, prices in (
            ("1999-01-01", []),
            ("2050-01-15", [120, 120]),
            ("2050-02-15", [120, 150]),
        ):
            found = Version.search([("in_force_on", "=", day), *ours])
            self.assertEqual(sorted(found.mapped("price")), prices)
            self.assertEqual(
                found,
                Version.search(ours)
                & self.Release._versions_on(date.fromisoformat(day)),
            )
        with freeze_time("2050-02-15 12:00:00"):
            found = Version.search([("in_force_on", "=", "today"), *ours])
            self.assertEqual(sorted(found.mapped("price")), [120, 150])
            self.assertEqual(set(found.mapped("in_force_on")), {date(2050, 2, 15)})

    def test_a_day_that_is_over_is_refused_to_everybody(self):
        draft = self._create_release("Late", "2050-02-14")
        with freeze_time("2050-02-14 17:00:00"):  # the 15th in all our stores
            for user in (self.env.ref("base.user_root"), self.hanna):
                late = draft.with_user(user).with_context(tz="Pacific/Honolulu")
                with self.assertRaisesRegex(UserError, "which is over"):
                    late.action_release()
            self.assertEqual(draft.state, "draft")
            draft.effective_on = "2050-02-15"
            draft.with_user(self.hanna).action_release()
        self.assertEqual(draft.state, "released")
