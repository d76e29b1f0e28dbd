from odoo import fields
from odoo.tests import tagged

from workbay_contract.confirmation import Applied, Confirmation, Person
from workbay_contract.interpreter import judge
from workbay_contract.process import JobState, Process

from ..loaders import services, vehicles
from .common import DemoCase


@tagged("post_install", "-at_install")
class TestServices(DemoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.release = services.release(cls.env)
        services_sold = cls.release._get_standard_services()
        cls.versions = cls.release.version_ids.filtered(
            lambda version: version.service_id in services_sold
        )

    def test_nineteen_services_are_in_force(self):
        self.assertEqual(self.release.state, "released")
        self.assertIn("hq_manager", self.release.released_by_id._workshop_roles())
        self.assertEqual(
            self.env["workshop.release"]._in_force(fields.Date.today()), self.release
        )
        self.assertEqual(len(services.services(self.env)), 19)
        for service in services.services(self.env).values():
            self.assertIn(self.release._version_of(service), self.versions)

    def test_stores_may_agree_on_work_outside_the_standards(self):
        [free] = self.release.version_ids - self.versions
        self.assertTrue(free.service_id.is_off_standard)

    def test_the_oil_change_is_drawn_for_the_bays(self):
        oil = self.versions.filtered(lambda each: each.service_id.code == "OIL-FS")
        drawn = oil.step_ids.filtered("board_picture_sha256")
        self.assertEqual(
            drawn.mapped("name"), ["Replace the oil filter", "Tighten the drain plug"]
        )

    def test_every_service_has_steps_limits_tools_and_a_kit(self):
        self.assertEqual(len(self.versions.filtered("is_free")), 3)
        for version in self.versions:
            self.assertTrue(version.step_ids)
            if version.is_free:
                continue
            self.assertGreaterEqual(len(version.step_ids), 3)
            # Detailing uses up what its steps say instead.
            materials = version.step_ids.filtered("material")
            self.assertTrue(version.part_ids or materials, version.display_name)
            self.assertTrue(version.interval_km and version.interval_months)
            self.assertTrue(any(version.step_ids.mapped("tool")))
            measured = version.step_ids.filtered(lambda s: s.limit_kind != "none")
            self.assertTrue(measured, version.display_name)
        torques = self.versions.step_ids.filtered(lambda s: s.unit == "N·m")
        self.assertGreater(len(torques), 5)

    def test_every_car_gets_its_kit_by_what_it_is(self):
        oil = self.release._version_of(services.services(self.env)["OIL-FS"])
        for vehicle in vehicles.vehicles(self.env).values():
            for version in self.versions:
                version._get_parts(vehicle, vehicle.company_id)
            kit = dict(oil._get_parts(vehicle, self.stores["SH01"]))
            names = " ".join(product.display_name for product in kit)
            maker = vehicle.model_id.brand_id.name
            if maker in ("Toyota", "Honda", "Nissan", "BYD", "Wuling"):
                self.assertIn(f"{maker} Oil filter", names)
        prices = {
            oil._get_price(vehicle, vehicle.company_id)
            for vehicle in vehicles.vehicles(self.env).values()
        }
        self.assertEqual(prices, {120, 160})

    def test_a_store_takes_the_filter_that_it_carries(self):
        oil = self.release._version_of(services.services(self.env)["OIL-FS"])
        car = next(
            vehicle
            for vehicle in vehicles.vehicles(self.env).values()
            if vehicle.model_id.brand_id.name == "Toyota"
        )
        carried, hqs = (
            {product.default_code for product, _quantity in oil._get_parts(car, store)}
            for store in (self.stores["SZ01"], self.stores["SH01"])
        )
        self.assertEqual(carried - hqs, {"MAN-W712-95", "VAG-N90813202"})

    def test_packages_cost_less_than_their_services(self):
        self.assertEqual(len(self.release.package_ids), 2)
        for package in self.release.package_ids:
            self.assertLess(package.price, package.price_alone)
        self.assert_chinese(self.release.package_ids, "name")

    def test_every_service_could_be_released_again(self):
        following = self.env["workshop.release"].create(
            {"name": "Next", "effective_on": "2099-01-01"}
        )
        following.action_release()
        self.assertEqual(len(following.version_ids), len(self.release.version_ids))

    def test_a_technician_of_every_store_could_start_every_service(self):
        for process in self.versions.process_id:
            contract = Process.model_validate(process._as_contract())
            initial = next(node for node in contract.nodes if node.initial)
            for code in self.stores:
                starters = [
                    user
                    for row, user in self.persons
                    if row["store"] == code
                    and isinstance(
                        judge(
                            contract,
                            JobState(),
                            Person(id=user.id, roles=tuple(user._workshop_roles())),
                            Confirmation(job=1, node=initial.code, at=0),
                        ),
                        Applied,
                    )
                ]
                self.assertGreaterEqual(len(starters), 2, code)

    def test_what_is_shown_of_a_standard_is_chinese_to_a_chinese(self):
        steps = self.versions.step_ids
        self.assert_chinese(self.versions.service_id, "name")
        self.assert_chinese(self.versions.service_id.product_id, "name")
        self.assert_chinese(self.versions.category_id, "name")
        for name in ("name", "instruction", "tool"):
            self.assert_chinese(steps, name)
        for name in ("material", "technique"):
            self.assert_chinese(steps.filtered(name), name)
        process = self.versions.process_id
        self.assert_chinese(process, "name")
        self.assert_chinese(process.node_ids, "name")
        self.assert_chinese(process.node_ids.role_ids, "name")
        self.assert_chinese(process.node_ids.reason_ids, "name")
