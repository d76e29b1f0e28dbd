import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.workshop_order.tests.films import photo

from workbay_contract import chain, keys, merkle
from workbay_contract.checkpoint import GENESIS, seal_held
from workbay_contract.state import Health
from workbay_contract.types import sha256

from ..evidence import bundle
from .common import WorkshopEdgeCommon

ALONE = """
import importlib.abc, runpy, sys

class Nothing(importlib.abc.MetaPathFinder):
    there = sys.stdlib_module_names | {"cryptography", "cffi", "_cffi_backend"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.there:
            raise ImportError(f"No {name} here")

sys.meta_path.insert(0, Nothing())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class EvidenceCommon(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        self.first.send(
            self.first.event(self.oil_job, "start", self.tess),
            self.first.event(self.oil_job, "finish", self.tess, photos=1),
        )
        self.checkpoints = self.env["workshop.checkpoint"]

    def _own(self, query, **params):
        """What the owner of the database can do: no trigger holds him."""
        self.env.flush_all()
        for table in (
            "workshop_event",
            "workshop_event_media_rel",
            "workshop_batch",
            "workshop_checkpoint",
            "workshop_checkpoint_leaf",
        ):
            self.env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.env.cr.execute(query, {"order": self.order.id, **params})
        self.env.invalidate_all()

    def _rewrite_typed(self):
        """Another word in the first typed event, with every hash that follows."""
        [row] = [r for r in self.order._chain_rows() if r["chain_index"] == 1]
        self.assertFalse(row["bay_id"])
        said = json.loads(row["raw"])
        said["uuid"] = "00000000-0000-4000-8000-000000000000"
        raw = json.dumps(said, sort_keys=True, separators=(",", ":"))
        self._own(
            "UPDATE workshop_event SET raw = %(raw)s, raw_hash = %(hash)s,"
            " uuid = %(uuid)s WHERE id = %(id)s",
            raw=raw,
            hash=sha256(raw.encode()),
            uuid=said["uuid"],
            id=row["id"],
        )
        head = chain.GENESIS
        for row in self.order._chain_rows():
            head = chain.link(
                head,
                self.order.id,
                row["chain_index"],
                row["raw_hash"],
                row["occurred_ms"],
                row["effect"],
            )
            self._own(
                "UPDATE workshop_event SET chain_hash = %(head)s WHERE id = %(id)s",
                head=head,
                id=row["id"],
            )
        self._own(
            "UPDATE workshop_order_floor SET chain_head = %(head)s"
            " WHERE order_id = %(order)s",
            head=head,
        )


@tagged("post_install", "-at_install")
class TestWorkshopCheckpoint(EvidenceCommon):
    def test_it_states_every_chain_that_grew_and_follows_the_one_before(self):
        first = self.checkpoints._fold()
        self.assertFalse(self.checkpoints._fold())
        failed = self.first.event(self.oil_job, "qc_fail", self.quinn, reason="parts")
        self.first.send(failed)
        second = self.checkpoints._fold()
        self.assertEqual(second.number, first.number + 1)
        self.assertEqual(second.prev, first.hash)
        self.assertEqual(second.leaf_ids.order_id, self.order)
        self.assertEqual(second.leaf_ids.device_id, self.first.device)
        self.assertIs(self.checkpoints._verify_statements(), True)
        self.assertIs(self.order._verify_evidence(), True)

    def test_the_first_one_follows_nothing(self):
        self.assertEqual(self.checkpoints._fold().prev, GENESIS)

    def test_boards_carry_it(self):
        made = self.checkpoints._fold()
        [carried] = self._board(self.first).checkpoints
        carried.verify()
        self.assertEqual((carried.number, carried.hash), (made.number, made.hash))

    def test_a_typed_event_rewritten_with_its_whole_chain_is_caught(self):
        self.checkpoints._fold()
        self._rewrite_typed()
        self.assertIs(self.order._verify_chain(), True)
        self.assertRegex(self.order._verify_evidence(), "rewritten after checkpoint 1")

    def test_and_caught_where_the_leaf_was_rewritten_too(self):
        made = self.checkpoints._fold()
        self._rewrite_typed()
        [last] = self.order._chain_rows()[-1:]
        self._own(
            "UPDATE workshop_checkpoint_leaf SET head = %(head)s"
            " WHERE order_id = %(order)s",
            head=last["chain_hash"],
        )
        self.assertRegex(self.order._verify_evidence(), "not what it stated")
        leaves = self.env["workshop.checkpoint.leaf"]
        self._own(
            "UPDATE workshop_checkpoint SET root = %(root)s WHERE id = %(id)s",
            root=merkle.root(leaves._hashes(made.id)),
            id=made.id,
        )
        self.assertRegex(self.order._verify_evidence(), "not the one that Odoo signed")

    def test_a_bay_contradicts_even_whoever_has_odoos_key(self):
        made = self.checkpoints._fold()
        stated = made._stated()
        held = seal_held(
            self.first.key,
            self.first.name,
            self.bay.uuid,
            round(time.time() * 1000),
            [stated],
        )
        held.verify(keys.public_from_hex(self.first.device.public_key))
        self.assertIs(self.checkpoints._verify_held(held), True)
        self._own("DELETE FROM workshop_checkpoint_leaf")
        self._own("DELETE FROM workshop_checkpoint")
        self._rewrite_typed()
        self.checkpoints._fold()
        self.assertIs(self.order._verify_evidence(), True)
        self.assertRegex(self.checkpoints._verify_held(held), "was rewritten")

    def test_a_bay_that_contradicts_is_somebodys_business(self):
        device = self.first.device
        before = len(device.activity_ids)
        health = Health(agent="1", waiting=0, contradicted=3)
        devices = self.env["workshop.device"].with_user(self.bridge)
        devices.hello([self.first.hello(health=health)])
        device.invalidate_recordset()
        self.assertGreater(len(device.activity_ids), before)
        self.assertIn("Checkpoint 3", device.activity_ids[0].summary)

    def test_what_is_broken_in_log_and_photos_is_named(self):
        last = "order_id = %(order)s AND chain_index = 3"
        for query, words in (
            (f"UPDATE workshop_event SET raw = raw || ' ' WHERE {last}", "bytes"),
            (
                "DELETE FROM workshop_event_media_rel;"
                f" DELETE FROM workshop_event WHERE {last}",
                "ends after link 2",
            ),
            (
                "DELETE FROM workshop_event WHERE order_id = %(order)s"
                " AND chain_index = 2",
                "Link 2 .* is missing",
            ),
            (
                "UPDATE workshop_event SET chain_index = chain_index + 100"
                " WHERE order_id = %(order)s AND chain_index IN (2, 3);"
                "UPDATE workshop_event SET chain_index = 105 - chain_index"
                " WHERE order_id = %(order)s AND chain_index IN (102, 103)",
                "Link 2 .* does not hold",
            ),
            ("UPDATE workshop_batch SET signature = repeat('0', 128)", "did not sign"),
        ):
            with self.subTest(words), self.env.cr.savepoint() as savepoint:
                self._own(query)
                self.assertRegex(self.order._verify_evidence(), words)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_photo_with_a_flipped_byte_is_named(self):
        media = self.env["workshop.media"].search(
            [("event_ids.order_id", "=", self.order.id)], limit=1
        )
        media._store(photo())
        self.assertRegex(self.order._verify_evidence(), "photo .* is not the one")

    def test_nobody_changes_or_enters_one(self):
        made = self.checkpoints._fold()
        for query in (
            "UPDATE workshop_checkpoint SET root = '0'",
            "DELETE FROM workshop_checkpoint_leaf",
            "TRUNCATE workshop_checkpoint CASCADE",
        ):
            self._assert_append_only(query)
        with self.assertRaises(UserError):
            made.write({"root": "0" * 64})
        with self.assertRaises(UserError):
            made.unlink()
        with self.assertRaises(UserError):
            self.checkpoints.create({"number": 9})
        self.assertEqual(made.with_user(self.manager).number, made.number)
        with self.assertRaises(AccessError):
            made.with_user(self.technician).read(["number"])
        with self.assertRaises(UserError):
            self.checkpoints.with_user(self.manager).create({"number": 9})


@tagged("post_install", "-at_install")
class TestEvidenceBundle(EvidenceCommon):
    def setUp(self):
        super().setUp()
        self.checkpoints._fold()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "bundle.zip"
        with self.path.open("wb") as target:
            bundle.write(self.order, target)
        with zipfile.ZipFile(self.path) as made:
            made.extract("verify_evidence.py", self.folder)
            self.said = json.loads(made.read("order.json"))

    def _alone(self, *arguments):
        """Run Python as where there is ``cryptography`` and nothing else."""
        return subprocess.run(
            [sys.executable, "-I", "-c", ALONE, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def _verify(self, *arguments, said=None):
        """As somebody without Odoo does: nothing of ours can be imported."""
        path = self.path
        if said is not None:
            path = self.folder / "altered.zip"
            with zipfile.ZipFile(path, "w") as altered:
                altered.writestr("order.json", json.dumps(said))
        done = self._alone(self.folder / "verify_evidence.py", path, *arguments)
        self.assertFalse(done.stderr)
        return done.returncode, done.stdout

    def test_it_verifies_without_odoo(self):
        source = (self.folder / "verify_evidence.py").read_text()
        self.assertNotIn("workbay_contract", source)
        self.assertNotIn("import odoo", source)
        code, text = self._verify("--odoo-key", keys.public_hex(self.odoo_key))
        self.assertEqual(code, 0, text)
        self.assertRegex(text, "3 events hold: 2 scanned")
        self.assertRegex(text, "1 checkpoints state the chain up to link 3")

    def test_it_says_for_how_many_photos_absence_was_signed(self):
        self.order.event_ids.media_ids.with_user(self.lead).sign_absence("Lost")
        self.env.invalidate_all()
        with self.path.open("wb") as target:
            bundle.write(self.order, target)
        code, text = self._verify()
        self.assertEqual(code, 0, text)
        self.assertIn("0 photos are those that were taken; 1 not here.", text)
        self.assertIn("For the absence of 1 photos somebody signed.", text)

    def test_where_it_verifies_there_is_nothing_else(self):
        other = self.folder / "other.py"
        for module in ("pydantic", "workbay_contract", "odoo", "lxml"):
            other.write_text(f"import {module}")
            self.assertIn(f"No {module} here", self._alone(other).stderr)

    def test_one_event_verifies_alone(self):
        scanned = self.said["events"][2]
        alone = {**self.said, "events": [scanned], "checkpoints": []}
        code, text = self._verify("--event", scanned["uuid"], said=alone)
        self.assertEqual(code, 0, text)
        self.assertRegex(text, "1 events hold: 1 scanned")

    def test_another_signer_is_named(self):
        code, text = self._verify("--odoo-key", "0" * 64)
        self.assertEqual((code, "another key" in text), (1, True))

    def test_whatever_was_altered_is_named(self):
        def change(alter):
            said = json.loads(json.dumps(self.said))
            alter(said)
            return said

        def of(path, value):
            def alter(said):
                *way, last = path
                for step in way:
                    said = said[step]
                said[last] = value

            return alter

        for alter in (
            of(("events", 1, "raw"), self.said["events"][2]["raw"]),
            of(("events", 1, "at"), 5),
            of(("events", 1, "seq"), 2),
            of(("events", 1, "seal"), None),
            of(("events", 0, "effect"), "held"),
            of(("batches", 0, "signature"), "0" * 128),
            of(("batches", 0, "prev"), "1" * 64),
            of(("batches", 0, "public_key"), keys.public_hex(self.odoo_key)),
            of(("checkpoints", 0, "checkpoint", "root"), "1" * 64),
            of(("checkpoints", 0, "leaf", "head"), "1" * 64),
            of(("count",), 2),
            of(("id",), self.said["id"] + 1),
            lambda said: said["events"].pop(),
            lambda said: said["events"].pop(1),
            lambda said: said["batches"].clear(),
        ):
            said = change(alter)
            code, text = self._verify(said=said)
            self.assertEqual((code, text[:6]), (1, "BROKEN"), text)


@tagged("post_install", "-at_install")
class TestWorkshopEvidenceCheck(EvidenceCommon):
    def _check(self, user=None, **values):
        checks = self.env["workshop.evidence.check"].with_user(user or self.manager)
        return checks.create({"company_id": self.store.id, **values})

    def _run(self):
        # A test's transaction is never committed.
        with patch.object(self.env.registry["ir.cron"], "_commit_progress") as progress:
            progress.return_value = 60
            self.env["workshop.evidence.check"]._cron_run()

    def test_a_stores_evidence_is_proved_in_the_background(self):
        check = self._check()
        check.action_start()
        self.assertEqual((check.state, check.progress), ("running", 0))
        self._run()
        self.assertEqual((check.state, check.broken), ("done", 0), check.verdict)
        self.assertEqual(check.checked, check.total)
        self.assertEqual(check.progress, 100)

    def test_the_first_break_is_named(self):
        self.checkpoints._fold()
        self._rewrite_typed()
        check = self._check()
        check.action_start()
        self._run()
        self.assertEqual((check.state, check.broken), ("done", 1))
        self.assertIn("checkpoint 1", check.verdict)
        self.assertEqual(check.broken_order_id, self.order)

    def test_it_can_be_called_off(self):
        check = self._check()
        check.action_start()
        check.action_cancel()
        self._run()
        self.assertEqual((check.state, check.checked), ("cancelled", 0))

    def test_days_without_orders_hold(self):
        check = self._check(date_from="2001-01-01", date_to="2001-01-02")
        check.action_start()
        self._run()
        devices = self.env["workshop.device"].search_count(
            [("company_id", "=", self.store.id)]
        )
        self.assertEqual((check.state, check.total), ("done", devices))

    def test_nobody_enters_what_was_found(self):
        check = self._check()
        for vals in ({"state": "done"}, {"broken": 0}, {"user_id": self.env.uid}):
            with self.assertRaises(UserError):
                check.write(vals)
        with self.assertRaises(UserError):
            self._check(verdict="All is well")
        check.action_start()
        with self.assertRaises(UserError):
            check.write({"date_from": "2026-01-01"})

    def test_it_is_the_managers(self):
        check = self._check()
        self.assertTrue(check.with_user(self.manager).read(["state"]))
        for user in (self.technician, self.stranger):
            with self.assertRaises(AccessError):
                check.with_user(user).read(["state"])
