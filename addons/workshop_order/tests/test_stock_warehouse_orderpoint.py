from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestStockWarehouseOrderpoint(WorkshopOrderCommon):
    def setUp(self):
        super().setUp()
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.store.id)]
        )
        self.orderpoint = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.oil.id,
                "location_id": warehouse.lot_stock_id.id,
                "warehouse_id": warehouse.id,
                "company_id": self.store.id,
                "product_min_qty": 18,
                "product_max_qty": 40,
            }
        )
        self._receive(service_ids=self.oil_service.ids).action_authorise()
        self.env.flush_all()

    def _stored(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT xmin, deadline_date FROM stock_warehouse_orderpoint WHERE id = %s",
            self.orderpoint.ids,
        )
        return self.env.cr.fetchone()

    def test_a_deadline_follows_from_the_stores_own_cars(self):
        self.assertTrue(self._stored()[1], "20 litres, 4 agreed, 18 to be kept")

    def test_another_stores_car_touches_no_rule_of_this_one(self):
        before = self._stored()
        car = {"license_plate": "沪A88888", "model_id": self.vehicle.model_id.id}
        self._receive(
            self.stranger, plate=False, vehicle=car, partner_id=self.wang.id
        ).action_authorise()
        self.assertEqual(self._stored(), before)
