import base64
import re
from io import BytesIO

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkshopChainCommon

REPORT = "workshop_chain.workshop_badge_issue_action_report"


@tagged("post_install", "-at_install")
class TestWorkshopBadgeIssue(WorkshopChainCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_user("ming", "store_manager")
        cls.technicians = cls._create_user("tess", "technician") | cls._create_user(
            "tom", "technician"
        )

    def _create_sheet(self, users=None):
        return (
            self.env["workshop.badge.issue"]
            .with_user(self.manager)
            .create({"user_ids": [Command.set((users or self.technicians).ids)]})
        )

    def _render(self, sheet):
        html, _type = sheet.env["ir.actions.report"]._render_qweb_html(
            REPORT, sheet.ids
        )
        return html.decode()

    def test_rendering_the_sheet_issues_the_badges_once(self):
        sheet = self._create_sheet()
        sheet.action_print()
        self.assertFalse(self.technicians.badge_ids)
        html = self._render(sheet)
        self.assertEqual(len(self.technicians.badge_ids), 2)
        pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
        self.assertEqual(len(pictures), 2)
        for picture in pictures:
            Image.open(BytesIO(base64.b64decode(picture))).verify()
        self.assertNotIn("/b/", html)
        with self.assertRaisesRegex(UserError, "printed already"):
            self._render(sheet)

    def test_a_button_pressed_twice_is_told_of_the_sheet_not_of_locks(self):
        sheet = self._create_sheet()
        with (
            self._held_by_others("workshop.badge.issue"),
            self.assertRaisesRegex(UserError, "printed already"),
        ):
            self._render(sheet)
        self.assertFalse(self.technicians.badge_ids)

    def test_a_sheet_is_printed_by_who_asked_for_it(self):
        sheet = self._create_sheet()
        with self.assertRaises(UserError):
            self._render(sheet.with_user(self._create_user("eve", "store_manager")))

    def test_the_sheet_is_refused_for_persons_of_others(self):
        stranger = self._create_user("strange", "technician", stores=self.other_store)
        sheet = self._create_sheet(stranger)
        with self.assertRaises(AccessError):
            sheet.action_print()
        with self.assertRaises(AccessError):
            self._render(sheet)

    def test_technicians_print_no_badges(self):
        with self.assertRaises(AccessError):
            self.env["workshop.badge.issue"].with_user(self.technicians[0]).create({})
