from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon

FROZEN = "nothing in it changes"


@tagged("post_install", "-at_install")
class TestWorkshopRelease(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._create_release("R1", "2050-01-01")
        cls.first.action_release()
        cls.version = cls.first.version_ids.filtered(lambda v: v.service_id == cls.oil)

    def test_a_release_says_who_froze_it_and_when(self):
        self.assertEqual(self.first.state, "released")
        self.assertEqual(self.first.released_by_id, self.env.user)
        self.assertTrue(self.first.released_at)

    def test_whoever_releases_at_the_same_time_has_his_call_begun_anew(self):
        second = self._create_release("R2", "2051-01-01")
        held = self._held_by_others("workshop.release")
        with held, self.assertRaises(ConcurrencyError):
            second.action_release()
        self.assertEqual(second.state, "draft")

    def test_a_day_is_ruled_by_the_newest_release_before_it(self):
        second = self._create_release("R2", "2051-01-01")
        second.action_release()
        Release = self.env["workshop.release"]
        for day, release in (
            ("2050-01-01", self.first),
            ("2050-12-31", self.first),
            ("2051-01-01", second),
            ("2060-01-01", second),
        ):
            self.assertEqual(Release._in_force(fields.Date.to_date(day)), release)

    def test_a_draft_says_what_it_changes(self):
        draft = self._create_release("R2", "2051-01-01")
        self.assertFalse(draft.changes)
        version = draft.version_ids.filtered(lambda v: v.service_id == self.oil)
        version.price = 140
        version.step_ids[:1].tool = "Spanner"
        self.env.invalidate_all()
        self.assertEqual(
            draft.changes, "[TOIL] Oil change: Labour Price 120 → 140, Steps"
        )
        version.unlink()
        self.env.invalidate_all()
        self.assertIn("[TOIL] Oil change: no longer offered", draft.changes)

    def test_a_draft_rules_no_day(self):
        self._create_release("R2", "2051-01-01")
        self.assertEqual(
            self.env["workshop.release"]._in_force(fields.Date.to_date("2052-01-01")),
            self.first,
        )

    def test_before_the_first_release_nothing_is_in_force(self):
        with self.assertRaisesRegex(UserError, "No standards were in force"):
            self.env["workshop.release"]._in_force(fields.Date.to_date("1999-01-01"))

    def test_a_service_has_its_version_under_a_release(self):
        self.assertEqual(self.first._version_of(self.oil), self.version)
        with self.assertRaisesRegex(UserError, "is not offered"):
            self.first._version_of(self.brakes)

    def test_a_draft_starts_as_a_copy_of_what_is_in_force(self):
        draft = self.env["workshop.release"].create(
            {"name": "R2", "effective_on": "2051-01-01"}
        )
        copied = draft._version_of(self.oil)
        self.assertNotEqual(copied, self.version)
        self.assertEqual(draft.based_on_id, self.first)
        self.assertEqual(
            copied.step_ids.mapped("name"), self.version.step_ids.mapped("name")
        )
        self.assertEqual(copied.part_ids.product_id, self.filter)
        copied.write({"price": 150})
        copied.step_ids[0].unlink()
        self.assertEqual((self.version.price, len(self.version.step_ids)), (120, 2))

    def test_an_archived_service_is_not_carried_on(self):
        self.oil.action_archive()
        draft = self._create_release("R2", "2051-01-01", self.brakes)
        self.assertNotIn(self.oil, draft.version_ids.service_id)

    def test_nothing_that_was_released_is_written_by_anybody(self):
        step, part = self.version.step_ids[0], self.version.part_ids
        draft = self._create_release("R2", "2051-01-01")
        drafted = draft._version_of(self.oil)
        drafted_brakes = self.env["workshop.service.version"].create(
            {
                "release_id": draft.id,
                "service_id": self.brakes.id,
                "process_id": self.process.id,
                "labour_hours": 1,
                "price": 1,
            }
        )
        attempts = (
            (self.first, {"name": "X"}),
            (self.first, {"effective_on": "2049-01-01"}),
            (self.first, {"version_ids": [Command.clear()]}),
            (
                self.first,
                {"version_ids": [Command.update(self.version.id, {"price": 1})]},
            ),
            (self.version, {"price": 1}),
            (self.version, {"labour_hours": 9}),
            (self.version, {"skill_ids": [Command.clear()]}),
            (self.version, {"step_ids": [Command.create({"name": "More"})]}),
            (self.version, {"part_ids": [Command.delete(part.id)]}),
            (step, {"name": "X"}),
            (part, {"quantity": 9}),
            # Taken out of the release …
            (self.version, {"release_id": draft.id}),
            (step, {"version_id": drafted.id}),
            (part, {"version_id": drafted_brakes.id}),
            # … or put into it.
            (drafted_brakes, {"release_id": self.first.id}),
            (drafted.step_ids[0], {"version_id": self.version.id}),
            (
                self.oil,
                {"version_ids": [Command.update(self.version.id, {"price": 1})]},
            ),
        )
        for user in (self.env.ref("base.user_root"), self.hanna):
            for record, vals in attempts:
                with (
                    self.subTest(record=record, vals=vals, user=user.login),
                    self.assertRaisesRegex(UserError, FROZEN),
                    self.cr.savepoint(),
                ):
                    record.with_user(user).write(vals)

    def test_no_context_opens_a_release(self):
        for key in ("install_mode", "module", "force", "bypass", "tracking_disable"):
            with self.assertRaisesRegex(UserError, FROZEN), self.cr.savepoint():
                self.version.with_context(**{key: True}).price = 1

    def test_nothing_that_was_released_is_deleted_or_added_to(self):
        values = {
            "workshop.service.version": {
                "release_id": self.first.id,
                "service_id": self.brakes.id,
                "process_id": self.process.id,
                "labour_hours": 1,
                "price": 1,
            },
            "workshop.service.step": {"version_id": self.version.id, "name": "More"},
            "workshop.service.part": {
                "version_id": self.version.id,
                "product_id": self.env["product.product"].create({"name": "Oil"}).id,
            },
        }
        for user in (self.env.ref("base.user_root"), self.hanna):
            for record in (
                self.first,
                self.version,
                self.version.step_ids[0],
                self.version.part_ids,
            ):
                with self.assertRaisesRegex(UserError, FROZEN), self.cr.savepoint():
                    record.with_user(user).unlink()
            for model, vals in values.items():
                with self.assertRaisesRegex(UserError, FROZEN), self.cr.savepoint():
                    self.env[model].with_user(user).create(vals)

    def test_a_release_is_made_by_releasing_only(self):
        draft = self._create_release("R2", "2051-01-01").with_user(self.hanna)
        for vals in (
            {"state": "released"},
            {"released_by_id": self.hanna.id},
            {"based_on_id": False},
        ):
            with self.assertRaisesRegex(UserError, "by releasing it"):
                draft.write(vals)
        sneaked = draft.create(
            {"name": "R3", "effective_on": "2052-01-01", "state": "released"}
        )
        self.assertEqual(sneaked.state, "draft")
        with self.assertRaisesRegex(UserError, FROZEN):
            self.first.with_user(self.hanna).action_release()

    def test_a_release_follows_the_newest_one(self):
        with self.assertRaisesRegex(UserError, "has to take effect after"):
            self._create_release("R0", "2049-12-31").action_release()
        with self.assertRaisesRegex(UserError, "has to take effect after"):
            self._create_release("R1b", "2050-01-01").action_release()

    def test_what_was_released_meanwhile_is_not_lost(self):
        early = self._create_release("R2", "2051-01-01")
        late = self._create_release("R3", "2052-01-01")
        early.action_release()
        with self.assertRaisesRegex(UserError, "was released while"):
            late.action_release()

    def test_an_empty_release_is_refused(self):
        draft = self._create_release("R2", "2051-01-01")
        draft.version_ids.unlink()
        with self.assertRaisesRegex(UserError, "no service yet"):
            draft.action_release()

    def test_an_archived_service_is_taken_out_first(self):
        draft = self._create_release("R2", "2051-01-01", self.oil | self.brakes)
        self.brakes.action_archive()
        with self.assertRaisesRegex(UserError, "are archived"):
            draft.action_release()

    @mute_logger("odoo.sql_db")
    def test_the_database_too_holds_one_release_a_day(self):
        draft = self._create_release("R2", "2050-01-01")
        with self.assertRaises(UniqueViolation):
            self.env.cr.execute(
                "UPDATE workshop_release SET state = 'released' WHERE id = %s",
                (draft.id,),
            )

    def test_hq_sets_standards_without_any_other_right(self):
        form = Form(self.env["workshop.release"].with_user(self.hanna))
        form.name = "R2"
        form.effective_on = "2051-01-01"
        draft = form.save()
        self.assertEqual(len(draft.version_ids), len(self.first.version_ids))
        draft.version_ids[0].price = 99
        draft.action_release()
        self.assertEqual(draft.state, "released")

    def test_staff_read_released_standards_and_no_drafts(self):
        draft = self._create_release("R2", "2051-01-01")
        drafted = draft._version_of(self.oil)
        for role in (
            "technician",
            "advisor",
            "parts_keeper",
            "cashier",
            "qc",
            "store_manager",
            "region_manager",
        ):
            user = self._create_user(f"u_{role}", role)
            first = self.first.with_user(user)
            self.assertEqual(first._version_of(self.oil).price, 120)
            self.assertEqual(first._in_force(draft.effective_on), self.first)
            self.assertTrue(first.version_ids.step_ids.mapped("name"))
            self.assertTrue(first.version_ids.part_ids.product_id.mapped("name"))
            for hidden in (
                draft,
                drafted,
                drafted.step_ids,
                drafted.part_ids,
            ):
                self.assertFalse(hidden.with_user(user).has_access("read"))
            for act in (
                lambda f=first: f.write({"name": "X"}),
                lambda f=first: f.action_release(),
                lambda f=first: f.create({"name": "X", "effective_on": "2060-01-01"}),
                lambda f=first: f.version_ids.write({"price": 1}),
                lambda f=first: f.version_ids.step_ids.unlink(),
                lambda u=user: draft.with_user(u).action_release(),
            ):
                with self.assertRaises(UserError), self.cr.savepoint():
                    act()
            self.assertFalse(first.has_access("write"))
            self.assertFalse(first.version_ids.has_access("write"))

    def test_the_starter_set_is_31_linked_items_ready_to_be_released(self):
        starter = self.env.ref("workshop_standard.workshop_release_starter")
        free = starter.version_ids.filtered("is_free")
        self.assertEqual(
            set(free.service_id.mapped("code")), {"CY-WASHER", "CY-AIR", "CY-RESCUE"}
        )
        items = starter.version_ids.filtered(
            lambda version: not (version.is_free or version.service_id.is_off_standard)
        )
        self.assertEqual((starter.state, len(items)), ("draft", 31))
        self.assertEqual(len(starter.version_ids - items - free), 1)
        self.assertEqual(set(items.mapped("process_id.code")), {"standard"})
        for item in items:
            self.assertTrue(
                item.interval_km and item.interval_months, item.display_name
            )
            self.assertGreaterEqual(len(item.step_ids), 3, item.display_name)
            self.assertTrue(item.labour_hours and item.price)
        self.assertLessEqual(items.linked_service_ids, items.service_id)
        linked = items.filtered("linked_service_ids")
        self.assertGreater(len(linked | items.filtered("part_ids")), 25)
        suv = self.env.ref("workshop_vehicle.workshop_vehicle_class_suv")
        car = self._create_vehicle(workshop_class_id=suv.id)
        oil = self.env.ref("workshop_standard.workshop_service_version_mt_oil")
        self.assertEqual(oil._get_parts(car, self.store)[0][1], 5)
        fresh = starter.copy({"name": "Starter", "effective_on": "2052-01-01"})
        items.copy({"release_id": fresh.id})
        fresh.with_user(self.hanna).action_release()
        if "invoice_policy" in self.env["product.product"]._fields:
            sold = items.service_id.product_id | items.part_ids.product_id
            self.assertEqual(set(sold.mapped("invoice_policy")), {"delivery"})

    def test_a_draft_is_thrown_away_whole(self):
        draft = self._create_release("R2", "2051-01-01").with_user(self.hanna)
        steps = draft.version_ids.step_ids
        draft.unlink()
        self.assertFalse(steps.exists())

    def test_the_refusal_of_a_stranger_is_one_of_access(self):
        with self.assertRaises(AccessError):
            self.env["workshop.release"].with_user(self._create_user("clerk")).search(
                []
            )
