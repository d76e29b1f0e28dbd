from odoo.tests import BaseCase, tagged

from .. import plate


@tagged("post_install", "-at_install")
class TestPlate(BaseCase):
    def test_one_plate_is_written_one_way(self):
        for text in (
            "沪A·12345",
            "沪a 12345",
            "沪A-12345",
            "滬ａ１２３４５",
            "沪A•12_345",
        ):
            self.assertEqual(plate.normalise(text), "沪A12345")
        self.assertEqual(plate.normalise(None), "")

    def test_a_provinces_sign_shows_a_chinese_plate(self):
        self.assertTrue(plate.is_chinese("沪A12345"))
        self.assertFalse(plate.is_chinese("A12345"))
