from odoo.tests import tagged

from ..loaders import services, staff, tables, vehicles
from .common import DemoCase


@tagged("post_install", "-at_install")
class TestOrders(DemoCase):
    def test_the_first_stores_have_cars_on_the_yard(self):
        rows = tables.rows("orders")
        cars = vehicles.vehicles(self.env)
        orders = self.env["workshop.order"].search(
            [("vehicle_id", "in", [car.id for car in cars.values()])]
        )
        self.assertEqual(len(orders), len(rows))
        self.assertEqual(set(orders.company_id.mapped("store_code")), {"SH01", "HZ01"})
        self.assertEqual(set(orders.mapped("state")), {"draft", "open", "cancelled"})
        self.assertEqual(
            set(orders.job_ids.mapped("state")),
            {"proposed", "authorised", "withdrawn"},
        )

    def test_nothing_pretends_to_have_been_scanned(self):
        events = self.env["workshop.event"].search([])
        self.assertEqual(set(events.mapped("source")), {"browser"})
        self.assertEqual(set(events.mapped("kind")), {"authorisation"})

    def test_every_store_can_do_every_service_from_its_stock(self):
        car = next(iter(vehicles.vehicles(self.env).values()))
        offered = services.services(self.env)
        for store in self.stores.values():
            desk = staff.desk(self.env, store)
            order = desk["workshop.order"].receive(
                {
                    "vehicle_id": car.id,
                    "odometer": 400000,
                    "service_ids": [service.id for service in offered.values()],
                }
            )
            order.action_authorise()
            self.assertEqual(order.state, "open")
            self.assertEqual(set(order.job_ids.mapped("state")), {"authorised"})
            moves = order.sudo().sale_order_id.picking_ids.move_ids
            self.assertTrue(moves)
            self.assertEqual(set(moves.mapped("state")), {"assigned"})
            self.assertEqual(
                moves.location_id.warehouse_id.mapped("code"), [store.store_code]
            )

    def test_the_customer_pays_what_the_standard_says(self):
        order = self.env["workshop.order"].search(
            [("vehicle_id.license_plate", "=", "沪A423H3")]
        )
        # Labour 120 + 60, parts 4 × 98 + 48 + 12 and 78 + 118, tax included.
        self.assertEqual(order.amount_total, 828)
        self.assertEqual(order.currency_id.name, "CNY")
