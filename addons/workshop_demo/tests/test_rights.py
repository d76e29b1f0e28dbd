"""Every model of ours × every role: who may create, write and delete, and which fields.

What is declared in ``rights`` is compared with what happens when each role tries, with
contexts that a hostile client would send. A model or field that is not entered there
fails, and so does a right that nobody declared.
"""

import json
import sys
from datetime import timedelta

from psycopg2 import Error

from odoo.exceptions import MissingError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from . import rights
from .common import DemoCase

CHAIN = "workshop_chain.workshop_chain_group_"
ROLES = {
    "technician": CHAIN + "technician",
    "lead": CHAIN + "technician_lead",
    "qc": CHAIN + "qc",
    "advisor": CHAIN + "advisor",
    "cashier": CHAIN + "cashier",
    "keeper": CHAIN + "parts_keeper",
    "manager": CHAIN + "store_manager",
    "region": CHAIN + "region_manager",
    "hq": CHAIN + "hq_manager",
    "bridge": "workshop_edge.workshop_edge_group_bridge",
    "enrolment": "workshop_edge.workshop_edge_group_enrolment",
    "employee": "base.group_user",
    "portal": "base.group_portal",
    "public": "base.group_public",
}
OPERATIONS = {"r": "read", "c": "create", "w": "write", "u": "unlink"}
CONTEXTS = (
    {},
    {
        "tracking_disable": True,
        "install_mode": True,
        "module": "workshop_order",
        "import_file": True,
        "noupdate": True,
        "active_test": False,
        "force_delete": True,
        "_force_unlink": True,
        "su": True,
        "uid": 1,
        "bypass": True,
    },
)
MAGIC = {"id", "create_uid", "create_date", "write_uid", "write_date"}
REFUSALS = (UserError, MissingError, Error, ValueError, TypeError, KeyError)


@tagged("post_install", "-at_install")
class TestRights(DemoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        store = cls.stores["SH01"]
        hq = store.parent_id
        cls.users = {}
        for role, group in ROLES.items():
            companies = hq | store.search([("is_store", "=", True)])
            if role not in ("hq", "bridge", "enrolment"):
                companies = store
            cls.users[role] = new_test_user(
                cls.env,
                f"rights-{role}",
                groups=group,
                company_id=companies[0].id,
                company_ids=[Command.set(companies.ids)],
            )
        cls.env.flush_all()

    def _models(self):
        return sorted(
            name
            for name, model in self.env.registry.items()
            if name.startswith("workshop.") and not model._abstract
        )

    def _as(self, role, model, context):
        user = self.users[role]
        keys = {**context, "allowed_company_ids": user.company_ids.ids}
        return self.env(user=user.id, context=keys, su=False)[model]

    def _letters(self, role, model):
        """What the access lists give, the same whatever the context says."""
        given = {
            "".join(
                letter
                for letter, operation in OPERATIONS.items()
                if self._as(role, model, context).has_access(operation)
            )
            for context in CONTEXTS
        }
        self.assertEqual(len(given), 1, f"{role} on {model} by context: {given}")
        return given.pop()

    def _record(self, role, model):
        """One of the role's store that it sees, else any."""
        Own = self._as(role, model, {})
        domain = []
        if "company_id" in Own._fields:
            domain = [
                ("company_id", "in", (self.users["advisor"].company_id.id, False))
            ]
        found = Own.search(domain, limit=1) if Own.has_access("read") else Own
        return found or self.env[model].search([], limit=1).with_env(Own.env)

    def _other(self, record, field):
        """Another value of the field than the record's; None: there is none."""
        value = record.sudo()[field.name]
        if field.type == "boolean":
            return not value
        if field.type in ("integer", "float", "monetary"):
            return value + 1
        if field.type in ("char", "text", "html"):
            return f"{value or ''}x"
        if field.type in ("date", "datetime"):
            return (value or self.env.cr.now().replace(tzinfo=None)) + timedelta(days=1)
        if field.type == "selection":
            keys = [key for key in field.get_values(self.env) if key != value]
            return keys[0] if keys else None
        if field.type == "many2one":
            other = (
                self.env[field.comodel_name]
                .sudo()
                .search([("id", "!=", value.id)], limit=1)
            )
            return other.id or None
        if field.type == "json":
            return [1]
        if field.type in ("many2many", "one2many"):
            return [Command.clear()] if value else None
        return None

    def _succeeds(self, do):
        savepoint = self.env.cr.savepoint()
        try:
            with mute_logger("odoo.sql_db", "odoo.models", "odoo.models.unlink"):
                do()
                self.env.flush_all()
        except REFUSALS:
            return False
        else:
            return True
        finally:
            savepoint.close(rollback=True)

    def _written(self, role, model):
        """The fields that the role really changes on a record of its store."""
        record = self._record(role, model)
        fields = [
            field
            for field in record._fields.values()
            if field.store
            and field.name not in MAGIC
            and (field._module or "").startswith("workshop_")
        ]
        written = set()
        for field in fields if record else ():
            value = self._other(record, field)
            if value is None:
                continue
            for context in CONTEXTS:
                tried = record.with_context(**context)
                if self._succeeds(
                    lambda tried=tried, n=field.name, v=value: tried.write({n: v})
                ):
                    written.add(field.name)
        return written

    def _deletes(self, role, model):
        record = self._record(role, model)
        return any(
            record and self._succeeds(record.with_context(**context).unlink)
            for context in CONTEXTS
        )

    def _tell(self, name, found):
        """Shown by pytest where the test fails: what would have to be entered."""
        sys.stdout.write(f"{name} = {json.dumps(found)}\n")

    def test_every_model_of_ours_is_entered(self):
        self.assertEqual(self._models(), sorted(rights.ACCESS))

    def test_models_of_which_the_demo_has_no_record_are_named(self):
        """What their fields' guards are is tested beside them alone."""
        empty = {
            name
            for name in self._models()
            if not self.env[name]._transient and not self.env[name].search([], limit=1)
        }
        self._tell("UNTRIED", sorted(empty))
        self.assertEqual(empty, rights.UNTRIED)

    def test_each_role_may_what_is_declared_and_no_more(self):
        found = self._access(self._models())
        self._tell("ACCESS", found)
        self.maxDiff = None
        self.assertEqual(found, rights.ACCESS)

    def test_each_role_may_what_is_declared_with_odoos_own_models(self):
        found = self._access(rights.ACCESS_OF_ODOO)
        self._tell("ACCESS_OF_ODOO", found)
        self.assertEqual(found, rights.ACCESS_OF_ODOO)

    def _access(self, models):
        """By model and letters, the roles that have them."""
        found = {}
        for model in models:
            by_letters = {}
            for role in ROLES:
                if letters := self._letters(role, model):
                    by_letters.setdefault(letters, []).append(role)
            found[model] = {
                letters: " ".join(roles) for letters, roles in by_letters.items()
            }
        return found

    def test_only_declared_fields_are_changed_and_records_deleted(self):
        found, deleted = {}, {}
        for model in self._models():
            if self.env[model]._transient:
                continue  # a wizard is its own user's; what it does is asked then
            by_fields = {}
            for role in ROLES:
                letters = self._letters(role, model)
                written = self._written(role, model) if "w" in letters else ()
                if written:
                    by_fields.setdefault(" ".join(sorted(written)), []).append(role)
                if self._deletes(role, model):
                    deleted.setdefault(model, []).append(role)
            if by_fields:
                found[model] = {
                    " ".join(roles): fields for fields, roles in by_fields.items()
                }
        deleted = {model: " ".join(roles) for model, roles in deleted.items()}
        self._tell("WRITTEN", found)
        self._tell("DELETED", deleted)
        self.maxDiff = None
        self.assertEqual(found, rights.WRITTEN)
        self.assertEqual(deleted, rights.DELETED)

    def test_who_may_not_write_changes_nothing_by_any_context(self):
        for model in self._models():
            for role in ROLES:
                letters = self._letters(role, model)
                record = self._record(role, model)
                if "w" in letters or not record:
                    continue
                for context in CONTEXTS:
                    tried = record.with_context(**context)
                    with self.subTest(role=role, model=model):
                        self.assertFalse(self._succeeds(lambda t=tried: t.write({})))
                        self.assertFalse(self._succeeds(tried.unlink))
                        self.assertFalse(
                            "c" not in letters
                            and self._succeeds(lambda t=tried: t.create({}))
                        )
