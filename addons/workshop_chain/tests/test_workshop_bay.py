from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopChainCommon


@tagged("post_install", "-at_install")
class TestWorkshopBay(WorkshopChainCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bay, cls.other_bay = cls.env["workshop.bay"].create(
            [
                {"name": "Lift 1", "code": "B1", "company_id": cls.store.id},
                {"name": "Lift 1", "code": "B1", "company_id": cls.other_store.id},
            ]
        )

    def test_each_bay_gets_a_uuid_of_its_own(self):
        self.assertNotEqual(self.bay.uuid, self.other_bay.uuid)
        self.assertEqual(len(self.bay.uuid), 36)

    @mute_logger("odoo.sql_db")
    def test_a_code_is_unique_in_its_store(self):
        with self.assertRaises(UniqueViolation):
            self.env["workshop.bay"].create(
                {"name": "Lift 2", "code": "B1", "company_id": self.store.id}
            )

    def test_only_stores_have_bays(self):
        with self.assertRaisesRegex(ValidationError, "is no store"):
            self.env["workshop.bay"].create(
                {"name": "X", "code": "X", "company_id": self.hq.id}
            )

    def test_uuid_and_store_never_change(self):
        for vals in (
            {"uuid": self.other_bay.uuid},
            {"company_id": self.other_store.id},
        ):
            with self.assertRaisesRegex(UserError, "never change"):
                self.bay.write(vals)
        self.bay.write({"uuid": self.bay.uuid, "name": "Lift A"})

    def test_a_uuid_that_is_none_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "is not a UUID"):
            self.env["workshop.bay"].create(
                {"name": "X", "code": "X", "company_id": self.store.id, "uuid": "b/#"}
            )

    def test_staff_see_the_bays_of_their_store_only(self):
        both = self.bay | self.other_bay
        for role in ("technician", "advisor", "store_manager", "qc", "cashier"):
            Bay = self.env["workshop.bay"].with_user(self._create_user(role, role))
            self.assertEqual(Bay.search([("id", "in", both.ids)]), self.bay, role)
            self.assertFalse(self.other_bay.with_env(Bay.env).has_access("read"))

    def test_hq_alone_active_sees_all_bays(self):
        hanna = self._create_user("hanna", "hq_manager", stores=self.hq)
        both = self.bay | self.other_bay
        Bay = self.env["workshop.bay"].with_user(hanna)
        Bay = Bay.with_context(allowed_company_ids=self.hq.ids)
        self.assertEqual(Bay.search([("id", "in", both.ids)]), both)

    def test_a_store_manager_renames_a_bay_and_hq_makes_it(self):
        manager = self._create_user("ming", "store_manager")
        self.bay.with_user(manager).name = "Lift left"
        with self.assertRaises(AccessError):
            self.bay.with_user(manager).copy({"code": "B9"})
        technician = self._create_user("tess", "technician")
        with self.assertRaises(AccessError):
            self.bay.with_user(technician).name = "Mine"
        hanna = self._create_user("hanna", "hq_manager", stores=self.hq)
        self.bay.with_user(hanna).copy({"code": "B2"})
        with self.assertRaises(AccessError):
            self.bay.with_user(hanna).unlink()
