import shutil
import subprocess
import tempfile
from pathlib import Path

import zxingcpp
from PIL import Image

from odoo.tests import tagged

from workbay_contract import codes

from ..models.workshop_sheet_mixin import MODULE_MM, QUIET_MODULES
from .common import WorkshopOrderCommon

DPI = 300


@tagged("post_install", "-at_install")
class TestWorkshopSheet(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive(service_ids=(cls.oil_service | cls.brake_service).ids)
        cls.report = cls.env["ir.actions.report"]

    def _html(self, orders, **context):
        html, _kind = self.report.with_context(**context)._render_qweb_html(
            "workshop_order.workshop_order_report_sheet", orders.ids
        )
        return html.decode()

    def _page(self, orders):
        """The first page as it comes off the printer."""
        self.assertTrue(shutil.which("wkhtmltopdf"), "wkhtmltopdf is required")
        self.assertTrue(shutil.which("pdftoppm"), "poppler-utils is required")
        pdf, kind = self.report.with_context(
            force_report_rendering=True
        )._render_qweb_pdf("workshop_order.workshop_order_report_sheet", orders.ids)
        self.assertEqual(kind, "pdf")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sheet.pdf"
            path.write_bytes(pdf)
            subprocess.run(
                ["pdftoppm", "-r", str(DPI), "-png", path, Path(folder) / "page"],
                check=True,
            )
            pages = sorted(Path(folder).glob("page*.png"))
            return [Image.open(page).convert("L") for page in pages]

    def test_the_code_on_the_printed_page_names_the_order(self):
        (page,) = self._page(self.order)
        (code,) = zxingcpp.read_barcodes(page)
        self.assertEqual(code.text, self.order._sheet_url())
        self.assertIn(code.ec_level, ("Q", "H"))
        scan = codes.read_code(code.text)
        self.assertEqual(scan.kind, "order")
        self.assertEqual(scan.hash, self.order.sudo().sheet_hash)
        corner = code.position
        width = (corner.top_right.x - corner.top_left.x) / DPI * 25.4
        modules = round(self.order._sheet_code()["mm"] / MODULE_MM) - 2 * QUIET_MODULES
        self.assertGreaterEqual(width / modules, 0.8)
        # Always at the same place: the top right corner.
        self.assertGreater(corner.top_left.x, page.width * 0.6)
        self.assertLess(corner.bottom_left.y, page.height * 0.25)

    def test_several_sheets_print_in_one_go(self):
        other = self._receive(complaint="Another")
        pages = self._page(self.order | other)
        texts = {zxingcpp.read_barcodes(page)[0].text for page in pages}
        self.assertEqual(texts, {self.order._sheet_url(), other._sheet_url()})

    def test_the_sheet_tells_the_work(self):
        html = self._html(self.order)
        for text in (
            self.order.name,
            "粤A12345",
            "Wang Wei",
            "Squeaks when braking",
            "Oil change",
            "Tighten the plug",
            "25 – 30 N·m",
            "Oil filter",
            self.advisor.name,
        ):
            self.assertIn(text, html)
        for price in ("437", "517", "120.0"):
            self.assertNotIn(price, html)

    def test_a_withdrawn_job_is_not_on_the_sheet(self):
        self.order.job_ids[1].action_withdraw()
        self.assertNotIn("Brake check", self._html(self.order))

    def test_whoever_may_read_the_order_may_print_it(self):
        for user in (self.technician, self.advisor, self.cashier):
            self.report.with_user(user)._render_qweb_html(
                "workshop_order.workshop_order_report_sheet", self.order.ids
            )

    def test_the_sheet_speaks_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search(
            [("name", "=", "workshop_order")]
        )._update_translations(["zh_CN"])
        html = self._html(self.order, lang="zh_CN")
        html = html[html.index('<div class="sheet">') :]
        for text in (
            "工单",
            "车主",
            "里程",
            "接车时间",
            "服务顾问",
            "客户描述",
            "配件",
        ):
            self.assertIn(text, html)
        for text in ("Work Order", "Odometer", "Received", "Customer", "Parts<"):
            self.assertNotIn(text, html)

    def test_tokens_are_long_and_never_alike(self):
        token = self.order.sudo().sheet_token
        self.assertGreaterEqual(len(token), 32)
        other = self._receive(complaint="Other").sudo()
        self.assertNotEqual(token, other.sheet_token)
        self.assertEqual(other.sheet_hash, codes.token_hash(other.sheet_token))
