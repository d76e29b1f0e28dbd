"""Inside ``odoo shell``: who may create log rows in the bench's own database."""

from datetime import timedelta
from pathlib import Path
from typing import Any


def grant(env: Any, target: str) -> None:
    """Give the administrator the right to create, and an API key to ``target``."""
    env["ir.model.access"].create(
        {
            "name": "bench baseline",
            "model_id": env["ir.model"]._get_id("workshop.event"),
            "group_id": env.ref("base.group_system").id,
            "perm_read": True,
            "perm_create": True,
        }
    )
    key(env, target)


def key(env: Any, target: str) -> None:
    """Write an API key of the administrator, of every store, to ``target``."""
    from odoo import fields

    admin = env.ref("base.user_admin")
    admin.company_ids |= env["res.company"].search([])
    made = (
        env["res.users.apikeys"]
        .with_user(admin)
        ._generate("rpc", "bench baseline", fields.Datetime.now() + timedelta(days=1))
    )
    Path(target).write_text(made, encoding="utf-8")
