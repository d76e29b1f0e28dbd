from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .. import vin
from .common import VALID_VIN, WorkshopVehicleCommon


@tagged("post_install", "-at_install")
class TestFleetVehicle(WorkshopVehicleCommon):
    def test_a_customers_car_belongs_to_no_store(self):
        self.assertFalse(self.vehicle.company_id)

    def test_plate_and_vin_are_written_one_way_on_create_and_write(self):
        vehicle = self._create_vehicle(
            license_plate="沪A·99 999", vin_sn=VALID_VIN.lower()
        )
        self.assertEqual(
            (vehicle.license_plate, vehicle.vin_sn), ("沪A99999", VALID_VIN)
        )
        vehicle.write({"license_plate": "沪b-11111", "vin_sn": " "})
        self.assertEqual((vehicle.license_plate, vehicle.vin_sn), ("沪B11111", False))

    def test_two_current_vehicles_never_bear_one_plate(self):
        self.vehicle._set_owner(self.wang, self._day("2025-01-01"))
        for refused in (
            lambda: self._create_vehicle(license_plate="粤a·12345"),
            lambda: self._create_vehicle().write({"license_plate": "粵A12345"}),
        ):
            with (
                self.assertRaisesRegex(ValidationError, "Lavida.*Wang Wei"),
                self.cr.savepoint(),
            ):
                refused()
        self.vehicle.action_archive()
        self.assertTrue(self._create_vehicle(license_plate="粤A12345"))
        with self.assertRaisesRegex(ValidationError, "take it off there first"):
            self.vehicle.action_unarchive()

    @mute_logger("odoo.sql_db")
    def test_the_database_holds_what_the_sentence_says(self):
        other = self._create_vehicle()
        self.env.flush_all()
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self.env.cr.execute(
                "UPDATE fleet_vehicle SET license_plate = '粤A12345' WHERE id = %s",
                [other.id],
            )

    def test_a_plate_may_go_to_another_car(self):
        self.vehicle._give_up_plate()
        self.assertFalse(self.vehicle.license_plate)
        self.assertIn("粤A12345", self.vehicle.message_ids[0].body)

    @mute_logger("odoo.sql_db")
    def test_a_vin_is_unique_even_among_archived_vehicles(self):
        self.vehicle.write({"vin_sn": VALID_VIN, "active": False})
        with self.assertRaises(UniqueViolation):
            self._create_vehicle(vin_sn=VALID_VIN)

    def test_many_vehicles_have_neither_plate_nor_vin(self):
        self.assertEqual(
            len(self._create_vehicle() | self._create_vehicle(license_plate="")), 2
        )

    def test_a_mistyped_vin_is_refused_unless_read_twice(self):
        mistyped = VALID_VIN[:-1] + "4"
        self.assertFalse(vin.is_valid(mistyped))
        with self.assertRaisesRegex(ValidationError, "Read it again"):
            self.vehicle.vin_sn = mistyped
        self.vehicle.write({"vin_sn": mistyped, "vin_confirmed": True})
        self.assertEqual(self.vehicle.vin_sn, mistyped)

    def test_an_old_chassis_number_is_no_vin_and_is_taken(self):
        self.vehicle.vin_sn = "BJ212-00417"
        self.assertEqual(
            (self.vehicle.vin_sn, self.vehicle.vin_year), ("BJ21200417", 0)
        )

    def test_the_vin_tells_the_model_year(self):
        self.vehicle.vin_sn = VALID_VIN
        self.assertEqual(self.vehicle.vin_year, 2014)

    def test_a_car_is_found_by_plate_vin_and_its_end(self):
        self.vehicle.vin_sn = VALID_VIN
        Vehicle = self.env["fleet.vehicle"].with_user(self.technician)
        for text in (
            "粤A·12345",
            "粵ａ 12345",
            "a12345",
            "12345",
            VALID_VIN.lower(),
            f"*I{VALID_VIN}G*",
            "2123453",
            "123453",
        ):
            self.assertEqual(Vehicle.find_by_plate_or_vin(text), self.vehicle, text)
        for text in ("", "  ", "%%%%%%", "3453", "粤A1234", None):
            self.assertFalse(Vehicle.find_by_plate_or_vin(text), text)

    def test_the_desk_hears_what_a_text_means(self):
        identify = self.env["fleet.vehicle"].with_user(self.advisor).identify
        self.assertEqual(
            identify("粤a 12345"), {"kind": "known", "vehicle_ids": self.vehicle.ids}
        )
        other = self._create_vehicle(license_plate="沪A12345")
        several = identify("A12345")
        self.assertEqual(several["kind"], "several")
        self.assertEqual(set(several["vehicle_ids"]), {self.vehicle.id, other.id})
        self.assertEqual(identify("··"), {"kind": "nothing"})
        self.assertEqual(
            identify("沪b 55555"), {"kind": "new_plate", "plate": "沪B55555"}
        )

    def test_an_unknown_vin_is_decoded_and_its_model_proposed(self):
        identify = self.env["fleet.vehicle"].with_user(self.advisor).identify
        told = identify(f"I{VALID_VIN}")
        self.assertEqual(
            (told["kind"], told["vin"], told["maker"], told["year"], told["plant"]),
            ("new_vin", VALID_VIN, "SAIC Volkswagen", 2014, "2"),
        )
        self.assertTrue(told["checked"])
        self.assertFalse(told["model_id"])
        like = VALID_VIN[:8] + "X" + VALID_VIN[9:-1] + "4"
        self._create_vehicle(vin_sn=like, vin_confirmed=True, engine="EA211")
        told = identify(VALID_VIN)
        self.assertEqual((told["model_id"], told["engine"]), (self.model.id, "EA211"))

    def test_an_impossible_vin_is_explained_and_kept(self):
        identify = self.env["fleet.vehicle"].with_user(self.advisor).identify
        for text, said in (
            (VALID_VIN[:-1], "16 characters"),
            (VALID_VIN.replace("0", "O"), "never occur"),
            (VALID_VIN[:-1] + "4", "check digit"),
        ):
            told = identify(text)
            self.assertEqual((told["kind"], told["vin"]), ("bad_vin", text))
            self.assertIn(said, told["message"])
        self.assertEqual(identify("LSVAA218OE2123453")["suggestion"], VALID_VIN)

    def test_a_hardly_possible_reading_is_doubted(self):
        car = self.vehicle.with_user(self.advisor)
        self.assertFalse(car.doubt_reading(5))
        self.env["workshop.vehicle.reading"].create(
            {"vehicle_id": car.id, "value": 42_000}
        )
        self.assertFalse(car.doubt_reading(42_100))
        self.assertEqual(car.doubt_reading(41_000)["kind"], "backwards")
        self.assertEqual(car.doubt_reading(421_000)["kind"], "jump")

    def test_an_advisor_receives_a_new_car_without_fleets_groups(self):
        form = Form(
            self.env["fleet.vehicle"].with_user(self.advisor),
            view="workshop_vehicle.fleet_vehicle_view_form",
        )
        form.license_plate = "粤B 77777"
        form.model_id = self.model
        with form.owner_ids.new() as owner:
            owner.partner_id = self.li
        vehicle = form.save()
        self.assertEqual(
            (vehicle.license_plate, vehicle.owner_id), ("粤B77777", self.li)
        )
        self.assertEqual(
            vehicle.get_formview_id(),
            self.env.ref("workshop_vehicle.fleet_vehicle_view_form").id,
        )

    def test_every_store_sees_the_car_and_only_the_desk_changes_it(self):
        for role in ("technician", "parts_keeper", "cashier", "qc"):
            user = self._create_user(f"far_{role}", role, stores=self.other_store)
            vehicle = self.vehicle.with_user(user)
            self.assertEqual(
                vehicle.read(["license_plate", "odometer"])[0]["odometer"], 0
            )
            with self.assertRaises(AccessError):
                vehicle.write({"license_plate": "粤C1"})
            with self.assertRaises(AccessError):
                vehicle.create({"model_id": self.model.id})
        for user in (self.advisor, self._create_user("ming", "store_manager")):
            self.vehicle.with_user(user).color = "red"
            with self.assertRaises(AccessError):
                self.vehicle.with_user(user).unlink()

    def test_an_advisor_adds_a_model_but_rewrites_none(self):
        Model = self.env["fleet.vehicle.model"].with_user(self.advisor)
        model = Model.create({"name": "Santana", "brand_id": self.brand.id})
        with self.assertRaises(AccessError):
            model.write({"name": "Other"})

    def test_staff_see_no_contract_of_the_fleet(self):
        with self.assertRaises(AccessError):
            self.env["fleet.vehicle.log.contract"].with_user(self.advisor).search([])

    def test_a_change_of_owner_ends_the_former_ownership(self):
        self.vehicle.owner_ids = [
            Command.create({"partner_id": self.wang.id, "date_from": "2024-01-01"})
        ]
        new = self.vehicle._set_owner(self.li, new_day := self._day("2025-06-01"))
        former = self.vehicle.owner_ids - new
        self.assertEqual(str(former.date_to), "2025-05-31")
        self.assertEqual(self.vehicle.owner_id, self.li)
        # Corrected on the same day: no row of zero days.
        self.vehicle._set_owner(self.wang, new_day)
        self.assertEqual((len(self.vehicle.owner_ids), new.partner_id), (2, self.wang))

    def _day(self, text):
        return self.env["workshop.vehicle.owner"]._fields["date_from"].to_date(text)
