from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from workbay_contract.state import Gone, Health, seal

from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install")
class TestWorkshopDeviceWatch(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        self.device = self.first.device
        self.devices = self.env["workshop.device"]
        self.store.resource_calendar_id = False

    def _hello(self, **health):
        health = Health(
            **{"agent": "1.2", "waiting": 0, "disk_free_mb": 9000, **health}
        )
        hello = self.first.hello(health=health)
        self.devices.with_user(self.bridge).hello([hello])
        self.env.invalidate_all()

    def _silent_for(self, **span):
        self.device.last_seen = fields.Datetime.now() - timedelta(**span)
        self.devices._cron_watch()

    def _alerts(self):
        kind = self.env.ref("workshop_edge.mail_activity_type_silent")
        return self.device.activity_ids.filtered(lambda a: a.activity_type_id == kind)

    def test_a_device_tells_how_it_fares(self):
        wall = round(fields.Datetime.now().timestamp() * 1000) + 90_000
        self._hello(waiting=3, media_waiting=2, disk_free_mb=321, wall=wall)
        device = self.device
        self.assertEqual((device.waiting, device.media_waiting), (3, 2))
        self.assertEqual((device.disk_free_mb, device.agent_version), (321, "1.2"))
        self.assertAlmostEqual(device.clock_offset_ms, 90_000, delta=5_000)
        self.assertEqual(device.trouble, "disk nearly full, clock wrong")
        self._hello(media_full=True, camera=False)
        self.assertIn("no room for photos, no camera", device.trouble)
        self._hello(wall=wall - 90_000)
        self.assertFalse(device.trouble)
        self.devices.with_user(self.bridge).state(
            [seal(self.first.key, Gone(device=self.first.name)).decode()]
        )
        self.env.invalidate_all()
        self.assertEqual(device.trouble, "not connected")

    def test_a_silent_bay_has_one_activity_until_it_is_back(self):
        self._hello()
        self._silent_for(minutes=5)
        self.assertFalse(self._alerts())
        self._silent_for(minutes=11)
        self.assertEqual(len(self._alerts()), 1)
        self.assertIn("silent", self.device.trouble)
        self.assertEqual(self._alerts().user_id, self.manager)
        self._silent_for(minutes=30)
        self.assertEqual(len(self._alerts()), 1)
        self._hello()
        self.devices._cron_watch()
        self.assertFalse(self._alerts())
        self.assertFalse(self.device.silent_since)
        said = self.device.message_ids.mapped("body")
        self.assertTrue(any("The bay is back" in body for body in said))

    def test_a_closed_store_is_allowed_to_be_silent(self):
        self.store.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "Never open", "attendance_ids": [], "tz": "UTC"}
        )
        self.store.resource_calendar_id.attendance_ids.unlink()
        self._hello()
        self._silent_for(hours=9)
        self.assertFalse(self._alerts())

    def test_a_revoked_device_worries_nobody(self):
        self._hello()
        self._silent_for(minutes=11)
        self.device.action_revoke()
        self.assertFalse(self._alerts())
        self._silent_for(minutes=60)
        self.assertFalse(self._alerts())
