from odoo import api, fields, models

from odoo.addons.workshop_order.fields import BigInteger

DRIFT = 1e-4
"""How fast a device's clock may run away from ours: 100 parts per million."""


class WorkshopDeviceBoot(models.Model):
    """How a boot's monotonic clock relates to the server's."""

    _name = "workshop.device.boot"
    _description = "Boot of a Bay Device"
    _log_access = False
    _rec_name = "boot"

    device_id = fields.Many2one(
        "workshop.device", required=True, readonly=True, ondelete="cascade"
    )
    boot = fields.Char(required=True, readonly=True)
    offset_ms = BigInteger(
        "Server Time minus Monotonic Time (ms)", required=True, readonly=True
    )
    paired_ms = BigInteger("Paired (ms)", required=True, readonly=True)

    _boot_uniq = models.Constraint("UNIQUE (device_id, boot)", "One row per boot.")

    @api.model
    def _pair(self, pairs, now):
        """Keep the smallest offset seen lately: the one with the least delay in it.

        :param pairs: device id, boot and monotonic milliseconds of messages just in.
        :param now: server time in milliseconds.
        """
        for device_id, boot, mono in pairs:
            self.env.cr.execute(
                """
                INSERT INTO workshop_device_boot AS known
                       (device_id, boot, offset_ms, paired_ms)
                VALUES (%(device)s, %(boot)s, %(offset)s, %(now)s)
                    ON CONFLICT (device_id, boot) DO UPDATE
                   SET offset_ms = least(
                           excluded.offset_ms,
                           known.offset_ms
                           + ((%(now)s - known.paired_ms) * %(drift)s)::bigint
                       ),
                       paired_ms = %(now)s
                """,
                {
                    "device": device_id,
                    "boot": boot,
                    "offset": now - mono,
                    "now": now,
                    "drift": DRIFT,
                },
            )
