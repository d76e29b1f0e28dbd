from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .films import noise
from .test_workshop_job_gate_media import SHUT, MediaGateCommon
from .test_workshop_order_floor import APPLIED


@tagged("post_install", "-at_install")
class TestWorkshopMediaAbsence(MediaGateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.photo = noise((40, 30))
        cls._confirm(cls.oil_job, "start", cls.technician)
        cls._confirm(cls.oil_job, "finish", cls.technician, cls.photo)
        cls._settle(cls.order)
        cls.media = cls.order.event_ids.media_ids

    def _by(self, user):
        return self.media.with_user(user)

    def test_the_lead_answers_for_it_and_the_job_goes_on(self):
        self.assertEqual(self._try_to_pass(self.oil_job), SHUT)
        self.media._quarantine("media_lost")
        self.assertTrue(self._by(self.lead).is_to_sign)
        event = self._by(self.lead).sign_absence("The card broke; I saw the work")
        self.env.invalidate_all()
        self.assertEqual((event.kind, event.effect), ("absence", "applied"))
        self.assertEqual((event.user_id, event.job_id), (self.lead, self.oil_job))
        self.assertEqual(event.media_ids, self.media)
        self.assertIn(self.media.sha256, event.raw)
        self.assertTrue(self._is_open(self.oil_job))
        self.assertEqual(self._try_to_pass(self.oil_job), APPLIED)
        row = next(row for row in self.order.timeline if row["id"] == event.id)
        self.assertEqual(row["node"], "Absence Signed for")
        self.assertEqual(row["message"], "The card broke; I saw the work")
        self.assertEqual(row["person"]["id"], self.lead.id)
        self.assertIs(self.order._verify_order(), True)

    def test_what_a_full_disk_did_not_keep_waits_for_a_signature(self):
        self.media._quarantine("media_no_room")
        self.assertIn("disk was full", self.media.message)
        self.assertIn("磁盘已满", self.media.with_context(lang="zh_CN").message)
        self._settle(self.order)
        self.assertFalse(self._is_open(self.oil_job))
        self.assertEqual(self._try_to_pass(self.oil_job), SHUT)
        self._by(self.manager).sign_absence("I saw the work")
        self.env.invalidate_all()
        self.assertTrue(self._is_open(self.oil_job))
        self.assertEqual(self._try_to_pass(self.oil_job), APPLIED)

    def test_bytes_that_come_all_the_same_are_kept(self):
        self.media._quarantine("media_lost")
        self._by(self.manager).sign_absence("Broken")
        self.assertIsNone(self.media._store(self.photo))
        self._settle(self.order)
        self.assertEqual(self.media.state, "verified")
        self.assertTrue(self._is_open(self.oil_job))
        self.assertIs(self.order._verify_order(), True)

    def test_what_is_on_its_way_may_be_signed_for_too(self):
        self._by(self.manager).sign_absence("The bay was stolen")
        self.env.invalidate_all()
        self.assertEqual(self.media.state, "expected")
        self.assertTrue(self._is_open(self.oil_job))

    def test_what_has_come_needs_nobody(self):
        self.media._store(self.photo)
        with self.assertRaisesRegex(UserError, "has come"):
            self._by(self.lead).sign_absence("Lost")
        self.assertFalse(self._by(self.lead).is_to_sign)

    def test_nobody_signs_twice_or_without_a_reason(self):
        for nothing in ("", "  ", False, None):
            with self.assertRaisesRegex(UserError, "Say why"):
                self._by(self.lead).sign_absence(nothing)
        self._by(self.lead).sign_absence("Lost")
        self.env.invalidate_all()
        self.assertTrue(self._by(self.lead).is_signed_for)
        self.assertFalse(self._by(self.lead).is_to_sign)
        with self.assertRaisesRegex(UserError, "already"):
            self._by(self.manager).sign_absence("Lost")

    def test_nobody_else_signs_whatever_he_sends_along(self):
        for user in (
            self.technician,
            self.inspector,
            self.advisor,
            self.cashier,
            self.keeper,
        ):
            with self.subTest(user.login):
                media = self._by(user).with_context(su=True, install_mode=True)
                with self.assertRaisesRegex(AccessError, "technician lead or the"):
                    media.sign_absence("Let it pass")
                with self.assertRaises(AccessError):
                    media.action_sign_absence()
                with self.assertRaises(AccessError):
                    self.env["workshop.media.sign"].with_user(user).create(
                        {"media_ids": self.media.ids, "note": "Let it pass"}
                    )
        self.assertFalse(self._is_open(self.oil_job))

    def test_another_store_neither_sees_nor_signs(self):
        lead = self._create_user("lea", "technician_lead", stores=self.other_store)
        with self.assertRaises(AccessError):
            self._by(lead).sign_absence("Not mine")
        wizard = self.env["workshop.media.sign"].with_user(lead)
        with self.assertRaises(AccessError):
            wizard.create(
                {"media_ids": self.media.ids, "note": "Not mine"}
            ).action_sign()
        self.assertFalse(self._is_open(self.oil_job))

    def test_the_event_itself_is_nobodys_to_write(self):
        for user in (self.technician, self.lead, self.manager):
            Event = self.env["workshop.event"].with_user(user)
            with self.assertRaises(AccessError):
                Event.create({"kind": "absence", "order_id": self.order.id})

    def test_the_dialog_asks_why_and_signs_for_all_that_were_chosen(self):
        self._confirm(self.brake_job, "start", self.technician)
        self._confirm(self.brake_job, "finish", self.technician, noise((40, 31)))
        media = self.order.event_ids.media_ids
        action = media.with_user(self.lead).action_sign_absence()
        wizard = (
            self.env["workshop.media.sign"]
            .with_user(self.lead)
            .with_context(**action["context"])
            .create({"note": "The bay burnt down"})
        )
        self.assertEqual(wizard.media_ids, media)
        wizard.action_sign()
        self.env.invalidate_all()
        self.assertTrue(self._is_open(self.oil_job))
        self.assertTrue(self._is_open(self.brake_job))
        found = self.env["workshop.media"].with_user(self.lead)
        for signed, expected in ((True, media), (False, found)):
            self.assertEqual(
                found.search([("id", "in", media.ids), ("is_signed_for", "=", signed)]),
                expected,
            )

    def test_one_photo_of_two_jobs_is_signed_for_once(self):
        self._confirm(self.brake_job, "start", self.technician)
        self._confirm(self.brake_job, "finish", self.technician, self.photo)
        event = self._by(self.lead).sign_absence("Lost")
        self.assertEqual(len(event), 1)
        self.assertFalse(event.job_id)
        self.env.invalidate_all()
        self.assertTrue(self._is_open(self.oil_job))
        self.assertTrue(self._is_open(self.brake_job))

    def test_the_photo_of_a_refused_event_is_nothing_to_sign_for(self):
        self._confirm(self.brake_job, "finish", self.technician, noise((40, 31)))
        refused = self.order.event_ids.filtered(lambda e: e.result == "rejected")
        with self.assertRaisesRegex(UserError, "Nothing waits for it"):
            refused.media_ids.with_user(self.lead).sign_absence("Lost")

    def test_a_photo_that_comes_after_it_has_to_come_too(self):
        self._by(self.lead).sign_absence("Lost")
        self._confirm(self.oil_job, "qc_fail", self.inspector, reason="parts")
        self._confirm(self.oil_job, "start", self.technician)
        self._confirm(self.oil_job, "finish", self.technician, noise((40, 31)))
        self._settle(self.order)
        self.assertEqual(self._try_to_pass(self.oil_job), SHUT)
        # Naming the same one again is no new photo: it was answered for on this order.
        self.assertEqual(self.oil_job.awaited_count, 1)
