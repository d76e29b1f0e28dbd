from lxml import etree

from odoo.tests import tagged

from .common import WorkshopOrderCommon

MOST = 25
"""Statements for a list, however long: one or two per model that it shows."""


@tagged("post_install", "-at_install")
class TestScreens(WorkshopOrderCommon):
    """What the browser asks for costs as many statements for many rows as for few."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        services = (cls.oil_service | cls.brake_service).ids
        for number in range(8):
            order = cls._receive(
                odometer=50_000 + number,
                complaint=f"Complaint {number}",
                service_ids=services,
            )
            order.action_authorise()
        cls.env.flush_all()

    def _fields(self, model, kind):
        """A view's own fields, as the web client asks for them."""
        arch = etree.fromstring(model.get_view(view_type=kind)["arch"])
        nodes = arch.xpath("//field[not(ancestor::field)]")
        many = {
            node.get("name"): {"fields": {"display_name": {}}}
            for node in nodes
            if model._fields[node.get("name")].type == "many2one"
        }
        return {node.get("name"): many.get(node.get("name"), {}) for node in nodes}

    def _statements(self, ask):
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        ask()
        return self.env.cr.sql_log_count - before

    def _counts(self, model, kind, lengths=(2, 8)):
        model = model.with_user(self.advisor).with_context(
            allowed_company_ids=self.store.ids
        )
        wanted = self._fields(model, kind)

        def ask(length):
            found = model.web_search_read([], wanted, limit=length)
            self.assertEqual(len(found["records"]), length)

        ask(2)  # what all later ones share
        return [self._statements(lambda n=n: ask(n)) for n in lengths]

    def test_a_longer_list_of_orders_asks_no_more(self):
        short, long = self._counts(self.env["workshop.order"], "list")
        self.assertEqual(short, long)
        self.assertLessEqual(long, MOST)

    def test_a_longer_board_of_orders_asks_no_more(self):
        short, long = self._counts(self.env["workshop.order"], "kanban")
        self.assertEqual(short, long)

    def test_a_longer_list_of_jobs_asks_no_more(self):
        short, long = self._counts(self.env["workshop.job"], "list")
        self.assertEqual(short, long)

    def test_a_longer_list_of_visits_asks_no_more(self):
        short, long = self._counts(self.env["workshop.vehicle.visit"], "list")
        self.assertEqual(short, long)
