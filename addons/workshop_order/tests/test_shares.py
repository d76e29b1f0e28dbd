from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..shares import split_amount

WEIGHTS = st.lists(
    st.integers(0, 10**7).map(lambda cents: cents / 100), min_size=1, max_size=20
)


@tagged("post_install", "-at_install")
class TestShares(BaseCase):
    def test_what_is_left_over_goes_to_those_who_lost_most(self):
        self.assertEqual(split_amount(100, [1, 1, 1], 0.01), [33.34, 33.33, 33.33])
        self.assertEqual(split_amount(10, [2, 1], 1), [7, 3])
        self.assertEqual(split_amount(0.05, [0, 0], 0.01), [0.03, 0.02])
        self.assertEqual(split_amount(-1, [1, 1, 1], 0.01), [-0.34, -0.33, -0.33])

    def test_what_cannot_be_split_is_refused(self):
        for arguments in ((1, [], 0.01), (1, [-1, 2], 0.01), (0.005, [1], 0.01)):
            with self.assertRaises(ValueError):
                split_amount(*arguments)

    # Nothing here is slow; the machine that draws may be.
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(-(10**9), 10**9), WEIGHTS, st.sampled_from([0.01, 0.05, 1.0]))
    def test_the_shares_add_up_and_none_is_a_unit_off(self, units, weights, unit):
        amount = round(units * unit, 2)
        shares = split_amount(amount, weights, unit)
        self.assertEqual(sum(round(share / unit) for share in shares), units)
        total = sum(weights)
        for share, weight in zip(shares, weights, strict=True):
            exact = amount * weight / total if total else amount / len(weights)
            self.assertLess(abs(share - exact), unit * 1.0001)
            if total and not weight:
                self.assertEqual(share, 0)
