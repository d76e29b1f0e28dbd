from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopProcessNode(WorkshopStandardCommon):
    def _create_node(self, process, code, **vals):
        return self.env["workshop.process.node"].create(
            {"process_id": process.id, "code": code, "name": code, **vals}
        )

    @mute_logger("odoo.sql_db")
    def test_codes_are_names_for_machines(self):
        process = self._create_process({})
        for code in ("Start", "1st", "a-b", "", "a" * 33, "开始"):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self._create_node(process, code)
        self._create_node(process, "a" * 32)

    @mute_logger("odoo.sql_db")
    def test_two_nodes_of_a_process_never_share_a_code(self):
        process = self._create_process({})
        self._create_node(process, "start")
        with self.assertRaises(UniqueViolation):
            self._create_node(process, "start")

    @mute_logger("odoo.sql_db")
    def test_photos_are_demanded_within_reason(self):
        process = self._create_process({})
        for count in (-1, 21):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self._create_node(process, "start", photo_count=count)

    def test_a_node_leads_to_nodes_of_its_own_process_only(self):
        process = self._create_process({})
        with self.assertRaisesRegex(ValidationError, "another process"):
            self._create_node(
                process,
                "start",
                next_ids=[Command.link(self.process.node_ids[0].id)],
            )
