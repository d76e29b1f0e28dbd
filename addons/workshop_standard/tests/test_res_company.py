from odoo.tests import tagged

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestResCompany(WorkshopStandardCommon):
    def setUp(self):
        super().setUp()
        self.fresh = self.env["res.company"].create(
            {"name": "Fresh", "currency_id": self.env.ref("base.CHF").id}
        )
        self.draft = self._create_release(
            "First", "2050-01-01", currency_id=self.env.ref("base.CHF").id
        )

    def test_the_first_draft_is_priced_in_what_hq_settles_upon(self):
        self.fresh.currency_id = self.env.ref("base.SEK")
        self.assertEqual(self.draft.currency_id, self.env.ref("base.SEK"))

    def test_a_later_draft_keeps_its_currency(self):
        self.draft.action_release()
        later = self._create_release(
            "Second", "2051-01-01", currency_id=self.env.ref("base.CHF").id
        )
        self.fresh.currency_id = self.env.ref("base.SEK")
        self.assertEqual(later.currency_id, self.env.ref("base.CHF"))
