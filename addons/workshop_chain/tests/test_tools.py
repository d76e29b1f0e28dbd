from odoo.exceptions import ConcurrencyError, LockError, UserError
from odoo.tests import BaseCase, tagged

from ..tools import begun_anew_where_held, emptiest_partition


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_stores_spread_over_all_partitions_before_one_gets_two(self):
        taken = []
        for _store in range(64):
            taken.append(emptiest_partition(taken))
        self.assertEqual(sorted(taken), list(range(64)))
        self.assertEqual(emptiest_partition(taken), 0)

    def test_what_somebody_else_holds_is_tried_again_and_not_told(self):
        with self.assertRaises(ConcurrencyError), begun_anew_where_held():
            raise LockError("Cannot grab a lock on records")
        with self.assertRaises(UserError), begun_anew_where_held():
            raise UserError(self.id())
