import base64
import io
import os
from datetime import timedelta

from PIL import Image

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.workshop_order.tests.films import noise, photo

from workbay_contract.pictures import MAX_BYTES, MAX_SIDE
from workbay_contract.types import sha256

from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install", "workshop_http")
class TestWorkshopPicture(WorkshopEdgeCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.env["res.users"]._workshop_service_key("bridge")
        release = cls.env["workshop.release"].create(
            {"name": "Pictures", "effective_on": "2040-01-01"}
        )
        version = release.version_ids.filtered(
            lambda each: each.service_id == cls.oil_job.service_id
        )
        cls.release, cls.version = release, version
        cls.step, cls.bare = version.step_ids

    def _draw(self, picture):
        self.step.image = base64.b64encode(picture)
        self.env.flush_all()
        return self.step.board_picture_sha256

    def _get(self, name, key=None):
        with mute_logger("odoo.http"):
            return self.url_open(
                f"/workshop/picture/{name}",
                headers={"Authorization": f"bearer {key or self.key}"},
            )

    def _release_it(self):
        self.release.action_release()
        self.env.flush_all()

    def test_the_bridge_gets_a_released_steps_picture_as_the_board_names_it(self):
        name = self._draw(photo())
        self.assertEqual(self._get(name).status_code, 404, "not released yet")
        self._release_it()
        reply = self._get(name)
        self.assertEqual(reply.status_code, 200)
        self.assertEqual(reply.headers["Content-Type"], "image/jpeg")
        self.assertEqual(sha256(reply.content), name)
        rows = self.env["workshop.board"]._step_rows(self.version.id)
        self.assertEqual([row[-1] or None for row in rows], [name, None])

    def test_nothing_else_is_given(self):
        original = photo()
        self._draw(original)
        self._release_it()
        for name in (sha256(original), sha256(b"else"), "nonsense"):
            self.assertEqual(self._get(name).status_code, 404)

    def test_no_other_key_opens_it(self):
        name = self._draw(photo())
        self._release_it()
        enrolment = self.env["res.users"]._workshop_service_key("enrolment")
        self.assertEqual(self._get(name, enrolment).status_code, 403)
        self.assertEqual(self._get(name, "0" * 40).status_code, 401)
        person = self.env["res.users.apikeys"].with_user(
            self.env.ref("base.user_admin")
        )
        own = person._generate(
            None, "A person's", fields.Datetime.now() + timedelta(days=1)
        )
        self.assertEqual(self._get(name, own).status_code, 403)

    def test_it_is_small_whatever_was_uploaded(self):
        for picture in (noise((1280, 1280)), photo(), _transparent()):
            self.assertTrue(self._draw(picture))
            made = base64.b64decode(self.step.board_picture)
            self.assertLessEqual(len(made), MAX_BYTES)
            with Image.open(io.BytesIO(made)) as opened:
                self.assertEqual(opened.format, "JPEG")
                self.assertLessEqual(max(opened.size), MAX_SIDE)

    def test_it_goes_with_the_picture(self):
        first = self._draw(photo())
        self.assertNotEqual(self._draw(photo(colour="#406081")), first)
        self.step.image = False
        self.assertFalse(self.step.board_picture_sha256)
        self.assertFalse(self.step.board_picture)

    def test_the_next_release_carries_it_on(self):
        name = self._draw(photo())
        copied = self.step.copy({"version_id": self.version.id})
        self.assertEqual(copied.board_picture_sha256, name)


def _transparent():
    """A PNG with an alpha channel and much in it."""
    data = io.BytesIO()
    Image.frombytes("RGBA", (600, 400), os.urandom(960_000)).save(data, "PNG")
    return data.getvalue()
