from odoo.tests import BaseCase, tagged

from .. import vin


@tagged("post_install", "-at_install")
class TestVin(BaseCase):
    def test_blanks_dashes_and_small_letters_do_not_count(self):
        self.assertEqual(vin.normalise(" lsv-aa218 0e2.123453 "), "LSVAA2180E2123453")
        self.assertEqual(vin.normalise(None), "")

    def test_check_digits_of_published_vins(self):
        for number in ("1M8GDM9AXKP042788", "11111111111111111", "5GZCZ43D13S812715"):
            self.assertEqual(vin.check_digit(number), number[8], number)
            self.assertTrue(vin.is_valid(number))

    def test_any_single_wrong_character_shows_where_the_market_checks(self):
        number = "1M8GDM9AXKP042788"
        for place in (0, 3, 10, 16):
            wrong = "3" if number[place] != "3" else "4"
            mistyped = number[:place] + wrong + number[place + 1 :]
            self.assertFalse(vin.is_valid(mistyped), mistyped)

    def test_china_and_north_america_check_others_do_not(self):
        for first in "L12345":
            self.assertTrue(vin.has_check_digit(first + "0" * 16))
        for first in "WVSZJK6":
            self.assertFalse(vin.has_check_digit(first + "0" * 16))
        self.assertTrue(vin.is_valid("WVWZZZ1JZXW000001"))

    def test_letters_that_no_vin_has_are_refused(self):
        for letter in "IOQ":
            self.assertFalse(vin.is_valid(f"WVWZZZ1JZXW00000{letter}"))

    def test_the_year_is_the_newest_that_is_possible(self):
        self.assertEqual(vin.model_year("1M8GDM9AXKP042788", 2016), 1989)
        self.assertEqual(vin.model_year("1M8GDM9AXKP042788", 2026), 2019)
        self.assertEqual(vin.model_year("WVWZZZ1JZXW000001", 2026), 1999)
        self.assertIsNone(vin.model_year("WVWZZZ1JZ0W000001", 2026))
        self.assertIsNone(vin.model_year("short", 2026))
