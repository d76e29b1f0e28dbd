import base64
import io
from unittest.mock import patch

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.http_routing.tests.common import MockRequest

from workbay_contract.process import CheckItem, Measurement

from .test_workshop_order_floor import FloorCommon


def picture():
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@tagged("post_install", "-at_install")
class TestWorkshopJobNode(FloorCommon):
    def _by(self, user, job=None):
        return (job or self.oil_job).with_user(user)

    def test_a_node_typed_takes_the_way_of_a_scan_and_is_marked(self):
        self._by(self.technician).open_node("start")
        self.env.invalidate_all()
        event = self.order.event_ids
        self.assertEqual((event.result, event.effect), ("accepted", "applied"))
        self.assertEqual((event.source, event.user_id), ("browser", self.technician))
        self.assertIn('"source":"browser"', event.raw)
        self.assertEqual(self.oil_job.running_user_id, self.technician)
        self.assertIs(self.order._verify_chain(), True)

    def test_what_a_node_demands_is_asked_for(self):
        self._by(self.technician).open_node("start")
        action = self._by(self.technician).open_node("finish")
        self.assertEqual(action["res_model"], "workshop.job.confirm")
        with self.assertRaisesRegex(UserError, "Take 1 photo"):
            self._by(self.technician).confirm_node("finish")
        wizard = (
            self.env["workshop.job.confirm"]
            .with_user(self.technician)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(wizard.photo_count, 1)
        attachment = self.env["ir.attachment"].with_user(self.technician)
        wizard.photo_ids = attachment.create({"name": "p", "datas": picture()})
        wizard.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(self.oil_job.phase, "done")
        media = self.order.event_ids[0].media_ids
        self.assertEqual(media.state, "verified")
        self.assertEqual(media.mimetype, "image/jpeg")

    def test_a_second_click_is_refused_and_told_what_stands(self):
        self._by(self.technician).confirm_node("start")
        with self.assertRaisesRegex(UserError, "Last on this job: Start, tess"):
            self._by(self.technician).confirm_node("start")
        self.assertEqual(len(self.order.event_ids), 1)

    def test_browser_and_bay_end_in_one_state(self):
        self._by(self.technician).confirm_node("start")
        self._record(self._fact(self.oil_job, "pause", self.technician, reason="parts"))
        with self.assertRaisesRegex(UserError, "Last on this job: Pause"):
            self._by(self.technician).confirm_node("pause", reason="parts")
        self._by(self.tom).confirm_node("resume")
        self.env.invalidate_all()
        self.assertEqual(self.oil_job.running_user_id, self.tom)

    def test_choices_say_why_not(self):
        [start] = self._by(self.technician).node_choices
        self.assertEqual((start["code"], start["refusal"]), ("start", ""))
        [start] = self._by(self.advisor).node_choices
        self.assertIn("technician", start["refusal"])
        self._by(self.technician).confirm_node("start")
        self.env.invalidate_all()
        by_code = {c["code"]: c for c in self._by(self.tom).node_choices}
        self.assertIn("Only the person working", by_code["finish"]["refusal"])

    def test_nobody_types_what_the_role_does_not_allow(self):
        for user in (self.advisor, self.inspector, self.cashier, self.keeper):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._by(user).with_context(force=True).confirm_node("start")
        with self.assertRaises(AccessError):
            self._by(self.stranger).confirm_node("start")
        self.assertFalse(self.order.event_ids)

    def test_no_one_checks_his_own_work_in_the_browser_either(self):
        self.technician.sudo().group_ids += self.env.ref(
            "workshop_chain.workshop_chain_group_qc"
        )
        tess = self._by(self.technician)
        tess.confirm_node("start")
        tess.confirm_node("finish", photos=[picture()])
        with self.assertRaisesRegex(UserError, "another person has to check"):
            tess.confirm_node("qc_pass")
        self._by(self.inspector).confirm_node("qc_pass")
        self.env.invalidate_all()
        self.assertEqual(self.oil_job.phase, "qc_passed")

    def test_what_is_no_confirmation_is_refused_in_words(self):
        job = self._by(self.technician)
        for values in (
            {"node": "Nö"},
            {"node": "start", "photos": ["no picture"]},
            {"node": "start", "checks": [{"step": "x"}]},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                job.confirm_node(**values)

    def test_nothing_is_typed_on_what_is_not_agreed(self):
        self.brake_job.action_withdraw()
        with self.assertRaisesRegex(UserError, "not agreed"):
            self._by(self.technician, self.brake_job).confirm_node("start")

    def test_screens_that_show_the_order_are_told(self):
        self.env.cr.precommit.clear()
        self._by(self.technician).confirm_node("start")
        values = self.env.cr.precommit.data["bus.bus.values"]
        mine = [v for v in values if "workshop_order.floor" in v["message"]]
        self.assertTrue(mine)
        self.assertIn(f'"order":{self.order.id}', mine[-1]["message"].replace(" ", ""))

    def test_only_readers_of_an_order_listen_to_it(self):
        Socket = self.env["ir.websocket"]
        name = f"workshop.order_{self.order.id}"
        with MockRequest(self.env):
            own = Socket.with_user(self.technician)._build_bus_channel_list([name])
            foreign = Socket.with_user(self.stranger)._build_bus_channel_list([name])
        self.assertIn(self.order, own)
        self.assertNotIn(self.order, foreign)
        self.assertNotIn(name, own + foreign)


@tagged("post_install", "-at_install")
class TestWorkshopJobChecklist(FloorCommon):
    """A node with a checklist, a value and a signature, confirmed in the browser."""

    def test_the_nodes_own_evidence_is_asked_for(self):
        process = self.env["workshop.event"]._process(self.oil_job.process_id.id)
        start = process.node("start").model_copy(
            update={
                "checklist": (CheckItem(code="keys", name={"en_US": "Keys"}),),
                "measurements": (
                    Measurement(code="volt", name={"en_US": "Volt"}, limit_min=12),
                ),
                "signature": "customer",
            }
        )
        others = tuple(node for node in process.nodes if node.code != "start")
        asking = process.model_copy(update={"nodes": (start, *others)})
        with patch.object(
            type(self.env["workshop.event"]), "_process", lambda *_: asking
        ):
            job = self.oil_job.with_user(self.technician)
            self.assertEqual(job.node_choices[0]["refusal"], "")
            action = job.open_node("start")
            wizard = (
                self.env["workshop.job.confirm"]
                .with_user(self.technician)
                .with_context(**action["context"])
                .create({})
            )
            keys, volt = wizard.item_ids
            self.assertEqual((keys.name, volt.limit), ("Keys", "≥ 12"))
            keys.is_done, volt.value = True, "11,5"
            with self.assertRaisesRegex(UserError, "11.5 is outside"):
                wizard.action_confirm()
            volt.value = "12,6"
            with self.assertRaisesRegex(UserError, "signed first"):
                wizard.action_confirm()
            wizard.signature = picture()
            wizard.action_confirm()
        event = self.order.event_ids
        self.assertIn(
            '"ticks":[{"code":"keys"},{"code":"volt","value":"12.6"}]', event.raw
        )
        self.assertEqual(event.media_ids.state, "verified")
