from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install")
class TestWorkshopLease(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        self.env.cr.execute(
            "UPDATE workshop_lease SET bridge = NULL, expires_at = NULL;"
            "DELETE FROM workshop_bridge"
        )
        self.leases = self.env["workshop.lease"].with_user(self.bridge)

    def _acquire(self, bridge, ttl_ms=10_000):
        lease = self.leases.acquire(bridge, ttl_ms)
        return set(lease["partitions"]), set(lease["taken"])

    def _expire(self, bridge):
        for table, column in (("lease", "bridge"), ("bridge", "name")):
            self.env.cr.execute(
                f"UPDATE workshop_{table}"  # noqa: S608
                " SET expires_at = expires_at - interval '1 minute'"
                f" WHERE {column} = %s",
                [bridge],
            )

    def test_a_single_bridge_serves_everything(self):
        everything = set(range(64))
        self.assertEqual(self._acquire("one"), (everything, everything))
        self.assertEqual(self._acquire("one"), (everything, set()))

    def test_two_bridges_share(self):
        self._acquire("one")
        self.assertEqual(self._acquire("two")[0], set())
        kept, _taken = self._acquire("one")
        self.assertEqual(len(kept), 32)
        held, taken = self._acquire("two")
        self.assertEqual((len(held), held & kept, taken), (32, set(), held))

    def test_a_dead_bridges_partitions_are_taken_over(self):
        self._acquire("one")
        self._acquire("two")
        self._acquire("one")
        self._expire("one")
        held, taken = self._acquire("two")
        self.assertEqual((len(held), len(taken)), (64, 64))

    def test_an_orderly_end_gives_them_back_at_once(self):
        self._acquire("one")
        self.leases.release("one")
        self.assertEqual(len(self._acquire("two")[0]), 64)

    def test_leases_are_for_bridges(self):
        with self.assertRaises(AccessError):
            self.env["workshop.lease"].with_user(self.manager).acquire("one", 1000)
        with self.assertRaises(AccessError):
            self.env["workshop.lease"].with_user(self.manager).release("one")
        with self.assertRaises(UserError):
            self.leases.acquire("", 1000)
