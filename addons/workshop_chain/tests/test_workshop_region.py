from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopChainCommon


@tagged("post_install", "-at_install")
class TestWorkshopRegion(WorkshopChainCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_user("rita", "region_manager")
        cls.south.manager_ids = cls.manager

    def test_nobody_writes_where_a_region_stands(self):
        hq = self._create_user("hank", "hq_manager", stores=self.hq)
        for vals in (
            {"parent_path": self.north.parent_path},
            {"complete_name": "Elsewhere"},
        ):
            with self.assertRaisesRegex(UserError, "its path follows"):
                self.south.with_user(hq).with_context(install_mode=True).write(vals)
            with self.assertRaisesRegex(UserError, "its path follows"):
                self.south.with_user(hq).create({"name": "Test West", **vals})

    def test_managers_follow_a_new_store(self):
        store = self._open_store("TS02", self.south)
        self.assertEqual(self.manager.company_ids, self.store | store)

    def test_managers_follow_a_store_that_moves(self):
        self.other_store.region_id = self.south
        self.assertEqual(self.manager.company_ids, self.store | self.other_store)
        self.other_store.region_id = self.north
        self.assertEqual(self.manager.company_ids, self.store)

    def test_managers_of_a_parent_region_have_the_stores_below(self):
        city = self.env["workshop.region"].create(
            {"name": "Test City", "parent_id": self.south.id}
        )
        store = self._open_store("TS03", city)
        self.assertIn(store, self.manager.company_ids)
        city.parent_id = self.north
        self.assertNotIn(store, self.manager.company_ids)

    def test_a_manager_taken_off_loses_the_stores_but_not_those_given_by_hand(self):
        self.manager.company_ids |= self.other_store
        self.south.manager_ids = False
        self.assertEqual(self.manager.company_ids, self.other_store)
        self.assertEqual(self.manager.company_id, self.other_store)

    def test_nobody_is_left_without_any_store(self):
        with self.assertRaisesRegex(UserError, "without any store"):
            self.store.region_id = self.north

    def test_hq_never_comes_with_a_region(self):
        self._open_store("TS04", self.south)
        self.assertNotIn(self.hq, self.manager.company_ids)

    def test_only_region_managers_manage_regions(self):
        advisor = self._create_user("ada", "advisor")
        with self.assertRaisesRegex(ValidationError, "role of a region manager"):
            self.south.manager_ids = advisor

    def test_a_region_does_not_lie_in_itself(self):
        child = self.env["workshop.region"].create(
            {"name": "Child", "parent_id": self.south.id}
        )
        self.assertEqual(child.complete_name, "Test South / Child")
        with self.assertRaises(UserError):
            self.south.parent_id = child

    @mute_logger("odoo.sql_db")
    def test_two_roots_of_one_name_are_refused(self):
        with self.assertRaises(UniqueViolation):
            self.env["workshop.region"].create({"name": "Test South"})

    def test_hq_arranges_regions_and_others_read_them(self):
        hanna = self._create_user("hanna", "hq_manager", stores=self.hq)
        region = self.env["workshop.region"].with_user(hanna).create({"name": "West"})
        region.write({"manager_ids": [Command.link(self.manager.id)]})
        self.assertIn(self.manager, region.manager_ids)
        for user in (self.manager, self._create_user("tess", "technician")):
            region_as = self.south.with_user(user)
            self.assertEqual(region_as.name, "Test South")
            with self.assertRaises(AccessError):
                region_as.write({"manager_ids": [Command.link(user.id)]})
            with self.assertRaises(AccessError):
                region_as.create({"name": "Mine"})
            with self.assertRaises(AccessError):
                region_as.unlink()
