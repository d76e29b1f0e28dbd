import uuid
from collections import Counter

from odoo.tests import tagged

from .test_workshop_job_node_mixin import picture
from .test_workshop_order_floor import FloorCommon


@tagged("post_install", "-at_install")
class TestWorkshopEventEvidence(FloorCommon):
    """An order with every kind of what people type, changed by the database's owner."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._measure_outside(photos=[picture()])
        cls.oil_job.with_user(cls.lead).redo_value(cls.plug.id, "Wrongly set")
        shares = {cls.technician.id: 2_500, cls.tom.id: 7_500}
        cls.oil_job.with_user(cls.lead).set_shares(shares, "Tom did the most")
        cls._confirm(cls.oil_job, "resume", cls.technician, b"lost")
        cls._confirm(cls.oil_job, "pause", cls.technician, b"lost, too", reason="parts")
        lost = cls.order.event_ids.media_ids.filtered(lambda m: m.state == "expected")
        lost[0].with_user(cls.lead).sign_absence("The card broke")

    def setUp(self):
        super().setUp()
        self._record(self._fact(self.brake_job, "qc_pass", self.inspector))
        rejected = self.order.event_ids.filtered(lambda e: e.result == "rejected")
        rejected.with_user(self.lead).decide("close", "Nothing in it")
        self._held("set_aside")
        start = self._held()
        self._started().with_user(self.lead).correct("The wrong sheet")
        start.with_user(self.lead).decide("apply", "He began it")
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT format('ALTER TABLE workshop_event DROP CONSTRAINT %I', conname)
              FROM pg_constraint
             WHERE conrelid = 'workshop_event'::regclass AND contype = 'c'
            """
        )
        for (statement,) in self.env.cr.fetchall():
            self.env.cr.execute(statement)
        self.env.cr.execute(
            "ALTER TABLE workshop_event DISABLE TRIGGER USER;"
            "ALTER TABLE workshop_event_media_rel DISABLE TRIGGER USER"
        )

    def _held(self, decision=None):
        """Tess starts by an old board what Tom has started at the pit."""
        mark = self._mark()
        self._record(self._fact(self.brake_job, "start", self.tom), bay=self.pit)
        self._record(self._fact(self.brake_job, "start", self.technician, mark=mark))
        held = self.order.event_ids.filtered("is_open_issue")
        if decision:
            held.with_user(self.lead).decide(decision, "Twice")
            self._started().with_user(self.lead).correct("Not yet")
        return held

    def _started(self):
        return self.order.event_ids.filtered(
            lambda e: e.job_id == self.brake_job
            and e.kind == "node"
            and e.clock == "start"
            and not e.is_undone
        )

    def _typed(self):
        return self.order.link_ids.filtered(lambda e: not e.bay_id).sorted("id")

    def _verdict_after(self, query, *values):
        with self.env.cr.savepoint() as savepoint:
            self.env.cr.execute(query, values)
            self.env.invalidate_all()
            verdict = self.order._verify_order()
            savepoint.rollback()
        self.env.invalidate_all()
        return verdict

    def test_every_kind_is_there_and_holds(self):
        kinds = Counter(event.decision or event.kind for event in self._typed())
        self.assertEqual(
            kinds,
            {
                "authorisation": 1,
                "node": 2,
                "deviation": 1,
                "share": 1,
                "absence": 1,
                "set_aside": 1,
                "correction": 2,
                "apply": 1,
                "close": 1,
            },
        )
        self.assertIs(self.order._verify_order(), True)

    def test_each_kinds_bytes_are_in_the_chain(self):
        for event in self._typed():
            with self.subTest(kind=event.kind, decision=event.decision):
                verdict = self._verdict_after(
                    "UPDATE workshop_event SET raw = replace(raw, '}', ' }')"
                    " WHERE id = %s",
                    event.id,
                )
                self.assertRegex(verdict, f"Link {event.chain_index} of .*bytes")

    def test_each_kinds_columns_are_those_of_its_bytes(self):
        """Whatever people look at: another value, one where none was, or none."""
        others = {
            "uuid": [str(uuid.uuid4()), None],
            "kind": ["gap"],
            "job_id": [self.oil_job.id, self.brake_job.id, None],
            "node": ["wash", None],
            "reason": ["customer", None],
            "note": ["Paid", None],
            "decision": ["apply", "set_aside", "close", None],
            "target_id": [*self.order.link_ids[:2].ids, None],
            "user_id": [self.tom.id, self.lead.id],
            "actor_id": [self.manager.id, None],
            "occurred_at": ["2026-01-01 08:00:00"],
            "effective_ms": [1, None],
            "checks": ['[{"step": 1, "value": "28"}]', None],
        }
        for event in self._typed():
            for column, values in others.items():
                self.env.cr.execute(
                    f"SELECT {column} FROM workshop_event WHERE id = %s", [event.id]
                )
                [kept] = self.env.cr.fetchone()
                for value in values:
                    moves = event.kind == "correction" and column == "user_id"
                    if value == kept or moves:
                        continue
                    with self.subTest(
                        event.decision or event.kind, column=column, value=value
                    ):
                        verdict = self._verdict_after(
                            f"UPDATE workshop_event SET {column} = %s WHERE id = %s",
                            value,
                            event.id,
                        )
                        self.assertRegex(
                            str(verdict),
                            f"Link {event.chain_index} of .*shows another",
                        )

    def test_a_photo_taken_off_or_put_on_is_named(self):
        photo = self.order.link_ids.media_ids - self._typed().media_ids
        self.assertEqual(len(photo), 1)
        for event in self._typed():
            with self.subTest(kind=event.kind, decision=event.decision):
                verdict = self._verdict_after(
                    "DELETE FROM workshop_event_media_rel WHERE event_id = %s"
                    if event.media_ids
                    else "INSERT INTO workshop_event_media_rel (event_id, media_id)"
                    f" VALUES (%s, {photo.id})",
                    event.id,
                )
                self.assertRegex(str(verdict), "shows another “Photos”")

    def test_shares_that_are_not_those_of_the_chain_are_named(self):
        for job, shares in (
            (self.oil_job, f'{{"{self.tom.id}": 10000}}'),
            (self.oil_job, None),
            (self.brake_job, f'{{"{self.technician.id}": 10000}}'),
        ):
            with self.subTest(job=job.name, shares=shares):
                verdict = self._verdict_after(
                    "UPDATE workshop_job SET shares_set = %s WHERE id = %s",
                    shares,
                    job.id,
                )
                self.assertRegex(str(verdict), f"{job.name}: .*shared otherwise")
