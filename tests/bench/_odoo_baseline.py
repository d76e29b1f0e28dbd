"""Inside ``odoo shell``: who may create log rows in the bench's own database."""

from datetime import timedelta
from pathlib import Path
from typing import Any


def grant(env: Any, target: str) -> None:
    """Give the administrator the right to create, and an API key to ``target``."""
    from odoo import fields

    env["ir.model.access"].create(
        {
            "name": "bench baseline",
            "model_id": env["ir.model"]._get_id("workshop.event"),
            "group_id": env.ref("base.group_system").id,
            "perm_read": True,
            "perm_create": True,
        }
    )
    admin = env.ref("base.user_admin")
    admin.company_ids |= env["res.company"].search([])
    key = (
        env["res.users.apikeys"]
        .with_user(admin)
        ._generate("rpc", "bench baseline", fields.Datetime.now() + timedelta(days=1))
    )
    Path(target).write_text(key, encoding="utf-8")
