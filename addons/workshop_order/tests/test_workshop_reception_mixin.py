import base64
import io

from PIL import Image

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import WorkshopOrderCommon

VIN = "LSVAA2180E2123453"


def picture(size=(40, 30), kind="PNG"):
    stream = io.BytesIO()
    Image.new("RGB", size, "red").save(stream, kind)
    return base64.b64encode(stream.getvalue()).decode()


@tagged("post_install", "-at_install")
class TestWorkshopReceptionMixin(WorkshopOrderCommon):
    def test_how_the_car_was_handed_over_is_kept(self):
        order = self._receive(
            fuel_level=50,
            belongings=" Child seat ",
            photos=[picture(), picture((3000, 100))],
            signature=picture(),
            signed_by="Wang Wei",
        )
        self.assertEqual((order.fuel_level, order.belongings), (50, "Child seat"))
        self.assertEqual(order.reception_signed_by, "Wang Wei")
        self.assertTrue(order.reception_signature)
        photos = order.condition_photo_ids
        self.assertEqual(photos.mapped("mimetype"), ["image/jpeg"] * 2)
        large = Image.open(io.BytesIO(photos.sorted("id")[1].raw))
        self.assertEqual(max(large.size), 1920)
        for user in (self.technician, self.cashier, self.keeper):
            self.assertEqual(len(order.with_user(user).condition_photo_ids), 2)
            self.assertTrue(photos[0].with_user(user).raw)
        with self.assertRaises(AccessError):
            photos[0].with_user(self.stranger).read(["raw"])

    def test_nothing_of_it_is_changed_later(self):
        order = self._receive()
        for values in (
            {"belongings": "Gold"},
            {"fuel_level": 100},
            {"condition_photo_ids": [fields.Command.clear()]},
            {"reception_signature": picture()},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                order.with_context(install_mode=True).write(values)

    def test_what_is_no_picture_is_refused_with_a_sentence(self):
        for photos in (
            ["nonsense"],
            [base64.b64encode(b"<svg onload='alert(1)'/>").decode()],
            [None],
            [picture()] * 13,
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                self._receive(photos=photos)

    def test_who_signs_has_a_name(self):
        with self.assertRaisesRegex(UserError, "person who signs"):
            self._receive(signature=picture())

    def test_one_key_is_one_reception(self):
        order = self._receive(key="a" * 32)
        again = self._receive(key="a" * 32, complaint="More words", odometer=42_001)
        self.assertEqual(order, again)
        self.assertEqual(len(order.vehicle_id.reading_ids), 1)
        other = self._receive(key="b" * 32)
        self.assertNotEqual(order, other)

    def test_a_key_finds_no_order_of_another_store(self):
        self._receive(key="a" * 32)
        other = self._receive(self.stranger, key="a" * 32)
        self.assertEqual(other.company_id, self.other_store)

    def test_an_odometer_that_runs_backwards_needs_a_reason(self):
        self._receive(odometer=42_000)
        with (
            self.assertRaisesRegex(UserError, "would run backwards"),
            self.cr.savepoint(),
        ):
            self._receive(odometer=41_000, complaint="Again")
        order = self._receive(
            odometer=41_000, complaint="Again", odometer_reason="New instrument"
        )
        self.assertTrue(order.reading_id.is_backwards)
        self.assertEqual(order.reading_id.reason, "New instrument")

    def test_a_reason_without_need_changes_nothing(self):
        order = self._receive(odometer_reason="Just so")
        self.assertFalse(order.reading_id.is_backwards or order.reading_id.reason)

    def test_a_new_car_and_its_owner_are_entered_on_the_way(self):
        order = self._receive(
            plate=None,
            vehicle={
                "license_plate": "沪a 77777",
                "vin_sn": f"{VIN}",
                "model_id": self.model.id,
            },
            partner={"name": "Zhao Yun", "phone": "13900000000"},
        )
        vehicle = order.vehicle_id
        self.assertEqual((vehicle.license_plate, vehicle.vin_sn), ("沪A77777", VIN))
        self.assertEqual(vehicle.owner_id.name, "Zhao Yun")
        self.assertEqual(order.partner_id, vehicle.owner_id)

    def test_a_new_car_needs_a_name_and_a_model(self):
        partner = {"name": "Zhao Yun"}
        for vehicle, said in (
            ({"model_id": self.model.id}, "plate or the VIN"),
            ({"license_plate": "沪A77777"}, "model"),
        ):
            with self.assertRaisesRegex(UserError, said), self.cr.savepoint():
                self._receive(vehicle=vehicle, partner=partner)
        with self.assertRaisesRegex(ValidationError, "Unknown values"):
            self._receive(vehicle={"company_id": 1, "license_plate": "沪A77777"})
        with self.assertRaisesRegex(ValidationError, "Unknown values"):
            self._receive(partner={"name": "X", "user_ids": []}, odometer=42_009)

    def test_a_plate_that_another_car_bears_is_named_and_may_be_taken(self):
        new = {"license_plate": "粤A12345", "model_id": self.model.id}
        partner = {"name": "Zhao Yun"}
        with self.assertRaisesRegex(ValidationError, "Wang Wei"), self.cr.savepoint():
            self._receive(vehicle=new, partner=partner)
        order = self._receive(vehicle={**new, "take_plate": True}, partner=partner)
        self.assertEqual(order.vehicle_id.license_plate, "粤A12345")
        self.assertFalse(self.vehicle.license_plate)
        self.assertTrue(self.vehicle.active)

    def test_a_new_owner_is_remembered_only_when_it_is_said(self):
        self._receive(partner_id=self.li.id)
        self.assertEqual(self.vehicle.owner_id, self.wang)
        self._receive(partner_id=self.li.id, change_owner=True, complaint="Sold")
        self.assertEqual(self.vehicle.owner_id, self.li)

    def test_a_technician_receives_nothing(self):
        with self.assertRaises(AccessError):
            self._receive(self.technician)
