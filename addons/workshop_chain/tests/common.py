from contextlib import contextmanager
from unittest.mock import patch

from odoo import modules
from odoo.exceptions import LockError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

GROUP = "workshop_chain.workshop_chain_group_%s"


class WorkshopChainCommon(TransactionCase):
    """A headquarters with two regions, a store in each and their people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.hq = cls._create_headquarters("Test HQ")
        cls.env.user.company_ids |= cls.hq
        cls.south, cls.north = cls.env["workshop.region"].create(
            [{"name": "Test South"}, {"name": "Test North"}]
        )
        cls.store = cls._open_store("TS01", cls.south)
        cls.other_store = cls._open_store("TN01", cls.north)

    @classmethod
    def _create_headquarters(cls, name):
        hq = cls.env["res.company"].create(
            {"name": name, "currency_id": cls.env.ref("base.CNY").id}
        )
        cls.env["account.chart.template"].try_loading("generic_coa", hq)
        return hq

    @classmethod
    def _open_store(cls, code, region, **vals):
        """As in production, where Odoo makes no warehouse for a company."""
        with patch.object(modules.module, "current_test", False):
            return cls.env["res.company"].open_store(
                {
                    "store_code": code,
                    "name": "Test Store",
                    "region_id": region.id,
                    "parent_id": cls.hq.id,
                    "tz": "Asia/Shanghai",
                    **vals,
                }
            )

    @classmethod
    def _create_user(cls, login, *roles, stores=None, **vals):
        companies = cls.store if stores is None else stores
        return new_test_user(
            cls.env,
            login,
            groups=",".join(GROUP % role for role in roles) or "base.group_user",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
            **vals,
        )

    @contextmanager
    def _held_by_others(self, model):
        """Another call has the model's rows meanwhile, as Odoo's locking says it."""
        rows = self.registry[model]
        busy = LockError("Cannot grab a lock on records")
        with (
            patch.object(rows, "lock_for_update", side_effect=busy),
            patch.object(rows, "try_lock_for_update", lambda self, **_how: self[:0]),
        ):
            yield
