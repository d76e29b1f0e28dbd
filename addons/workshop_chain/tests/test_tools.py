from odoo.tests import BaseCase, tagged

from ..tools import emptiest_partition


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_stores_spread_over_all_partitions_before_one_gets_two(self):
        taken = []
        for _store in range(64):
            taken.append(emptiest_partition(taken))
        self.assertEqual(sorted(taken), list(range(64)))
        self.assertEqual(emptiest_partition(taken), 0)
