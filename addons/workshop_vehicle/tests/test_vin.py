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

    def test_what_a_vin_tells(self):
        told = vin.decode("LSVAA2180E2123453", 2026)
        self.assertEqual(
            (told.maker, told.country, told.year, told.plant, told.serial),
            ("SAIC Volkswagen", "China", 2014, "2", "123453"),
        )
        self.assertEqual(vin.decode("LB3XXXXX5R1037274", 2026).maker, "Geely")
        self.assertEqual(vin.decode("ZZZ00000000000000", 2026).maker, "")

    def test_one_and_zero_taken_for_letters(self):
        self.assertEqual(vin.suggest("LSVAA218OE2123453"), "LSVAA2180E2123453")
        self.assertEqual(vin.suggest("LSVAA218OE2123454"), "")
        self.assertEqual(vin.suggest("LSVAA2180E2123453"), "")

    def test_labels_as_scanners_read_them(self):
        number = "LSVAA2180E2123453"
        for label in (
            number,
            f" {number.lower()}\r\n",
            f"*{number}*",
            f"☆{number}☆",
            f"I{number}",
            f"*I{number}G*",
            f"{number}G",
            f"{number}9",
            f"VIN{number}",
            f"VIN:{number};PLATE:沪A12345",
            f"]C0I{number}",
            f"]d2{number}",
            f"[)>\x1e06\x1dI{number}\x1dP5GG1234\x1e\x04",
            "LSVAA 218 0 E2 123453",
            f"https://example.org/car?vin={number}&m=1",
            f"ABCDEFGH1JKLMNPR5 {number}",
        ):
            self.assertEqual(vin.read_label(label), number, label)
        for label in ("", None, "沪A12345", number[:-1], f"{number}12", "I" * 17):
            self.assertEqual(vin.read_label(label), "", label)

    def test_a_misread_label_is_shown_as_it_was_read(self):
        self.assertEqual(vin.read_label("ILSVAA2180E2123454"), "LSVAA2180E2123454")
