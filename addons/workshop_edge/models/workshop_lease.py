from odoo import api, fields, models
from odoo.exceptions import UserError

from ..services import check_service
from ..transaction import begin_anew

PARTITIONS = 64
LONGEST_TTL_MS = 60_000


class WorkshopLease(models.Model):
    """Which bridge serves which partition, and until when.

    Leases save work and are never needed for safety.
    """

    _name = "workshop.lease"
    _description = "Lease of a Partition"
    _log_access = False
    _order = "partition"
    _rec_name = "partition"

    partition = fields.Integer(required=True, readonly=True)
    bridge = fields.Char(readonly=True)
    expires_at = fields.Datetime("Until", readonly=True)

    _partition_uniq = models.Constraint("UNIQUE (partition)", "One row per partition.")

    def init(self):
        self.env.cr.execute(
            """
            INSERT INTO workshop_lease (partition)
            SELECT number FROM generate_series(0, %s) AS number
                ON CONFLICT (partition) DO NOTHING
            """,
            [PARTITIONS - 1],
        )

    @api.model
    def acquire(self, bridge, ttl_ms):
        """Renew the caller's leases and take its fair share of free ones.

        :return: ``partitions`` held now, those ``taken`` newly, and for how long.
        """
        check_service(self.env, "bridge")
        if not isinstance(bridge, str) or not 0 < len(bridge) <= 100:
            raise UserError(self.env._("A bridge needs a name of up to 100 letters."))
        ttl_ms = min(max(int(ttl_ms), 100), LONGEST_TTL_MS)
        begin_anew(self.env.cr)
        return self._acquire(bridge, ttl_ms)

    @api.model
    def release(self, bridge):
        """Give everything back at once: an orderly end."""
        check_service(self.env, "bridge")
        begin_anew(self.env.cr)
        self.env.cr.execute(
            "UPDATE workshop_lease SET bridge = NULL, expires_at = NULL"
            " WHERE bridge = %s",
            [bridge],
        )
        self.env.cr.execute("DELETE FROM workshop_bridge WHERE name = %s", [bridge])

    @api.model
    def _acquire(self, bridge, ttl_ms):
        cr = self.env.cr
        cr.execute(
            """
            INSERT INTO workshop_bridge (name, expires_at)
            VALUES (%(bridge)s,
                    clock_timestamp() AT TIME ZONE 'UTC'
                    + %(ttl)s * interval '1 millisecond')
                ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at
            """,
            {"bridge": bridge, "ttl": ttl_ms},
        )
        cr.execute(
            """
            DELETE FROM workshop_bridge
             WHERE expires_at < clock_timestamp() AT TIME ZONE 'UTC'
            """
        )
        cr.execute("SELECT count(*) FROM workshop_bridge")
        share = -(-PARTITIONS // cr.fetchone()[0])
        cr.execute(
            """
            SELECT partition,
                   bridge = %(bridge)s
                   AND expires_at >= clock_timestamp() AT TIME ZONE 'UTC'
              FROM workshop_lease
             WHERE bridge IS NULL
                OR bridge = %(bridge)s
                OR expires_at < clock_timestamp() AT TIME ZONE 'UTC'
             ORDER BY partition
               FOR NO KEY UPDATE SKIP LOCKED
            """,
            {"bridge": bridge},
        )
        rows = cr.fetchall()
        mine = [partition for partition, is_mine in rows if is_mine]
        free = [partition for partition, is_mine in rows if not is_mine]
        kept, surplus = mine[:share], mine[share:]
        taken = free[: share - len(kept)]
        cr.execute(
            """
            UPDATE workshop_lease
               SET bridge = CASE WHEN partition = ANY(%(held)s) THEN %(bridge)s END,
                   expires_at = CASE WHEN partition = ANY(%(held)s)
                       THEN clock_timestamp() AT TIME ZONE 'UTC'
                            + %(ttl)s * interval '1 millisecond' END
             WHERE partition = ANY(%(held)s) OR partition = ANY(%(surplus)s)
            """,
            {
                "held": kept + taken,
                "surplus": surplus,
                "bridge": bridge,
                "ttl": ttl_ms,
            },
        )
        self.invalidate_model()
        return {"partitions": sorted(kept + taken), "taken": taken, "ttl_ms": ttl_ms}
