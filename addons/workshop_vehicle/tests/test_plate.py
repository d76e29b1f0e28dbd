from odoo.tests import BaseCase, tagged

from .. import plate


@tagged("post_install", "-at_install")
class TestPlate(BaseCase):
    def test_one_plate_is_written_one_way(self):
        for text in ("沪A·12345", "沪a 12345", "沪A-12345", " 沪A12345 ", "沪A•12_345"):
            self.assertEqual(plate.normalise(text), "沪A12345")
        self.assertEqual(plate.normalise(None), "")
