from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..ingest.devices import lock_devices
from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install")
class TestWorkshopDeadLetter(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        letters = self.env["workshop.dead.letter"]
        device = lock_devices(self.env.cr, [self.first.name])[self.first.name]
        letters._note("known", "seal", device)
        letters._note("unknown \x00 \ud800", "malformed", None, "dev-\ud800")
        self.known = letters.search([("payload", "=", "known")])
        self.unknown = letters.search([("code", "=", "malformed")])

    def test_what_cannot_be_stored_as_it_is_is_kept_all_the_same(self):
        self.assertEqual(self.unknown.payload, "unknown ? ?")

    def test_it_says_why_in_words(self):
        self.assertIn("signature", self.known.message)

    def test_a_manager_sees_his_stores_and_hq_those_of_nobody(self):
        letters = self.env["workshop.dead.letter"]
        both = [("id", "in", (self.known | self.unknown).ids)]
        self.assertEqual(letters.with_user(self.manager).search(both), self.known)
        boss = self._create_user(
            "boss", "hq_manager", stores=self.hq | self.store | self.other_store
        )
        self.assertEqual(
            letters.with_user(boss).search(both), self.known | self.unknown
        )
        with self.assertRaises(AccessError):
            self.known.with_user(self.technician).read(["code"])
        for operation in ("write", "create", "unlink"):
            self.assertFalse(letters.with_user(boss).has_access(operation))
