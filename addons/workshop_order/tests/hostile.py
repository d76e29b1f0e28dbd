"""What a client tries that calls any method with any values and any context.

Each attack is written as somebody would who has read the code. It may be refused, or
do what its role may do anyway; what must hold afterwards holds in both cases.
"""

from odoo.fields import Command

ROLES = (
    "technician",
    "inspector",
    "lead",
    "advisor",
    "cashier",
    "keeper",
    "manager",
    "stranger",
)
# Keys that some code somewhere takes as leave to skip a check.
CONTEXTS = (
    {},
    {"tracking_disable": True, "mail_notrack": True, "mail_create_nolog": True},
    {"install_mode": True, "install_module": "workshop_order", "module": "base"},
    {"import_file": True, "import_skip_records": True, "noupdate": True},
    {"force_delete": True, "_force_unlink": True, "active_test": False},
    {"check_move_validity": False, "skip_invoice_sync": True, "dynamic_unlink": True},
    {"skip_backorder": True, "skip_immediate": True, "cancel_backorder": True},
    {"disable_cancel_warning": True, "sale_skip_checks": True, "from_floor": True},
    {"workshop_force": True, "su": True, "uid": 1, "bypass": True, "admin": True},
)


def _order(world, which):
    return world._pick(world.orders, which)


def _job(world, which):
    return world._pick(world.orders.job_ids, which)


def _line(world, which):
    job = _job(world, which)
    return world._pick(job.line_ids, which // 7) if job else None


def _event(world, which):
    return world._pick(world.orders.link_ids, which)


def _move(world, which):
    moves = world.orders.sale_order_id.order_line.move_ids
    return world._pick(moves.filtered(lambda m: m.state != "done"), which)


def _bill_line(world, which):
    moves = world.orders.sale_order_id.invoice_ids
    return world._pick(moves.invoice_line_ids, which)


def _floor(world, which):
    job = _job(world, which)
    return job.floor_id if job else None


def _whole_floor(world, which):
    order = _order(world, which)
    Floor = world.env["workshop.order.floor"]
    return Floor.search([("order_id", "=", order.id)])


def _decision(world, which):
    return world._pick(world.orders.authorisation_ids, which)


def _bill(world, which):
    order = _order(world, which)
    return order.sale_order_id


def _invoice(world, which):
    return world._pick(world.orders.sale_order_id.invoice_ids, which)


def _write(records, **vals):
    return (records, f"write {vals}", lambda found: found.write(vals))


def _call(records, name, *arguments):
    return (records, name, lambda found: getattr(found, name)(*arguments))


def _create(records, model, make):
    return (
        records,
        f"create {model}",
        lambda found: found.env[model].create(make(found)),
    )


def _bill_by_hand(order):
    """An invoice of everything, whether done or not."""
    return {
        "move_type": "out_invoice",
        "partner_id": order.partner_id.id,
        "company_id": order.company_id.id,
        "invoice_line_ids": [
            Command.create(
                {
                    "product_id": line.product_id.id,
                    "quantity": line.product_uom_qty or 1,
                    "price_unit": line.price_unit,
                    "sale_line_ids": [Command.link(line.id)],
                }
            )
            for line in order.sudo().sale_order_id.order_line
            if line.product_id
        ],
    }


ATTACKS = (
    _write(_order, state="closed"),
    _write(_order, state="done", complaint="x"),
    _write(_order, company_id=1),
    _write(_order, sale_order_id=False),
    _call(_order, "unlink"),
    _call(_order, "copy"),
    _call(_order, "action_close"),
    _call(_order, "action_invoice"),
    _create(_order, "workshop.order", lambda order: {"name": "X", "state": "open"}),
    _write(_job, state="authorised"),
    _write(_job, state="proposed"),
    _write(_job, finished_at="2026-01-01 00:00:00"),
    _write(_job, payer="warranty"),
    _write(_job, authorised_lines=[]),
    _write(_job, floor_id=False),
    _write(_job, hours=0.1, sequence=3),
    _call(_job, "unlink"),
    _create(
        _job,
        "workshop.job",
        lambda job: {
            "order_id": job.order_id.id,
            "service_id": job.service_id.id,
            "state": "authorised",
        },
    ),
    _write(_line, price_unit=1),
    _write(_line, qty_delivered=5),
    _write(_line, qty_invoiced=0),
    _write(_line, product_uom_qty=-3),
    _write(_line, discount=90),
    _write(_line, workshop_price=1, workshop_quantity=9),
    _write(_line, workshop_job_id=False),
    _write(_line, qty_delivered_method="manual"),
    _call(_line, "unlink"),
    _create(
        _line,
        "sale.order.line",
        lambda line: {
            "order_id": line.order_id.id,
            "product_id": line.product_id.id,
            "product_uom_qty": 1,
            "workshop_job_id": line.workshop_job_id.id,
        },
    ),
    _write(_bill, state="draft"),
    _write(_bill, state="cancel"),
    _write(_bill, invoice_status="invoiced"),
    _call(_bill, "action_cancel"),
    _call(_bill, "action_confirm"),
    _call(_bill, "action_lock"),
    _call(_bill, "unlink"),
    _write(_event, effect="none"),
    _write(_event, raw="{}", raw_hash="0" * 64),
    _write(_event, chain_index=999),
    _write(_event, user_id=1),
    _call(_event, "unlink"),
    _create(
        _event,
        "workshop.event",
        lambda event: {
            "raw": "{}",
            "raw_hash": "0",
            "result": "accepted",
            "effect": "applied",
            "order_id": event.order_id.id,
            "company_id": event.company_id.id,
            "occurred_at": "2026-01-01 00:00:00",
            "occurred_ms": 1,
        },
    ),
    _call(_event, "decide", "apply", "mine"),
    _call(_event, "correct", "mine"),
    _write(_floor, phase="qc_passed", node="qc_pass"),
    _write(_floor, running_user_id=False, since_ms=0),
    _call(_floor, "unlink"),
    _write(_whole_floor, is_open=False, chain_count=0),
    _write(_whole_floor, chain_head="0" * 64),
    _write(_decision, amount=1),
    _call(_decision, "unlink"),
    _write(_move, product_uom_qty=50),
    _write(_move, sale_line_id=False),
    _write(_move, is_workshop_used=True),
    _write(_move, quantity=50, picked=True),
    _call(_move, "unlink"),
    _write(_bill_line, quantity=9),
    _write(_bill_line, price_unit=1),
    _call(_bill_line, "unlink"),
    _call(_invoice, "button_draft"),
    _call(_invoice, "action_post"),
    _create(_order, "account.move", _bill_by_hand),
)


def attack(world, which, role, context):
    """Try one of them; what became of it in words."""
    find, what, do = world._pick(world.attacks, which)
    found = find(world, role)
    if not found:
        return None
    user = getattr(world.test, world._pick(ROLES, role))
    keys = dict(world._pick(CONTEXTS, context))
    if context % 5 == 0:
        keys["allowed_company_ids"] = user.company_ids.ids
    else:
        keys["allowed_company_ids"] = user.company_id.ids
    do(found.with_env(world.env(user=user, context=keys, su=False)))
    return f"{found} {what} by {user.login} with {keys}"
