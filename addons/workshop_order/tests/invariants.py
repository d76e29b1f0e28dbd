"""What holds in a store whatever was done and tried: each function raises if not."""

from collections import defaultdict

SHORT_SQL = """
    SELECT quant.product_id, location.complete_name, sum(quant.quantity)
      FROM stock_quant quant
      JOIN stock_location location ON location.id = quant.location_id
     WHERE location.usage = 'internal' AND quant.company_id = %s
     GROUP BY quant.product_id, location.id
    HAVING sum(quant.quantity) < 0
"""
BILLED_SQL = """
    SELECT line.id, job.id, job.state, job.payer,
           sum(CASE move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
               * billed.quantity)
      FROM sale_order_line line
      JOIN workshop_job job ON job.id = line.workshop_job_id
      JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
      JOIN account_move_line billed ON billed.id = rel.invoice_line_id
      JOIN account_move move ON move.id = billed.move_id AND move.state = 'posted'
     WHERE job.order_id = ANY(%s)
     GROUP BY line.id, job.id
"""
EVER_DONE_SQL = """
    SELECT DISTINCT event.job_id
      FROM workshop_event event
     WHERE event.order_id = ANY(%s) AND event.effect = 'applied'
       AND event.node = 'finish'
"""


USED_SQL = """
    SELECT move.id, job.id, orders.state
      FROM stock_move move
      JOIN sale_order_line line ON line.id = move.sale_line_id
      JOIN workshop_job job ON job.id = line.workshop_job_id
      JOIN workshop_order orders ON orders.id = job.order_id
     WHERE orders.id = ANY(%s)
       AND move.is_workshop_used
       AND move.state NOT IN ('done', 'cancel')
"""


UNSEEN_SQL = """
    SELECT passed.id, media.id
      FROM workshop_event passed
      JOIN workshop_event shown
        ON shown.job_id = passed.job_id AND shown.id < passed.id
       AND shown.effect = 'applied'
       AND (shown.kind = 'node' OR shown.decision = 'apply')
      JOIN workshop_event_media_rel rel
        ON rel.event_id = CASE shown.kind WHEN 'decision' THEN shown.target_id
                                          ELSE shown.id END
      JOIN workshop_media media ON media.id = rel.media_id
     WHERE passed.order_id = ANY(%s) AND passed.node = 'qc_pass'
       AND passed.effect = 'applied' AND media.state <> 'verified'
       AND NOT EXISTS (
           SELECT FROM workshop_event undone
            WHERE undone.target_id = shown.id AND undone.kind = 'correction')
       AND NOT EXISTS (
           SELECT FROM workshop_event absence
             JOIN workshop_event_media_rel signed ON signed.event_id = absence.id
            WHERE absence.kind = 'absence' AND absence.order_id = passed.order_id
              AND signed.media_id = media.id)
"""


def check_all(world):
    world.env.flush_all()
    for check in (stock, used, bills, agreed, hours, photos, evidence):
        check(world)


def stock(world):
    """Nothing leaves a shelf on which it does not lie."""
    world.env.cr.execute(SHORT_SQL, [world.test.store.id])
    assert not world.env.cr.rowcount, f"negative stock: {world.env.cr.fetchall()}"


def used(world):
    """Only a finished job used what is not issued, and no order ends before it is."""
    world.env.cr.execute(EVER_DONE_SQL, [world.orders.ids])
    done = {job for (job,) in world.env.cr.fetchall()}
    world.env.cr.execute(USED_SQL, [world.orders.ids])
    for move, job, state in world.env.cr.fetchall():
        assert job in done, f"part {move} was used for job {job}, never finished"
        assert state in ("open", "done"), f"part {move} is not issued, order {state}"


def bills(world):
    """What is billed was authorised and done, and no more of it than was agreed.

    What the advisor takes off a bill later is credited by hand: what was agreed once
    counts.
    """
    agreed_jobs = world.orders.job_ids.filtered(
        lambda job: job.state == "authorised" and not job.is_stale
    )
    for line in agreed_jobs.line_ids:
        most = world.most_agreed.get(line.id, 0)
        world.most_agreed[line.id] = max(most, line.product_uom_qty)
    world.env.cr.execute(EVER_DONE_SQL, [world.orders.ids])
    done = {job for (job,) in world.env.cr.fetchall()}
    world.env.cr.execute(BILLED_SQL, [world.orders.ids])
    for line, job, state, payer, billed in world.env.cr.fetchall():
        if not billed:
            continue
        assert billed > 0, f"line {line} was credited more than billed: {billed}"
        assert state == "authorised", f"job {job} is {state} and billed"
        assert payer == "customer", f"job {job} is billed, though {payer}"
        assert job in done, f"job {job} was never finished and is billed"
        most = world.most_agreed.get(line, 0)
        assert billed <= most, (
            f"line {line} of job {job}: {billed} billed, {most} agreed at most"
        )
    for order in world.orders.filtered(lambda order: order.state == "closed"):
        _check_closed(order)


def _check_closed(order):
    """A closed order billed all that was authorised and done, or gave it back."""
    lines = order.sale_order_id.order_line.filtered(
        lambda line: line.workshop_job_id.payer == "customer"
        and line.workshop_job_id.state == "authorised"
    )
    for line in lines.filtered("product_id"):
        given_back = sum(
            line.invoice_lines.filtered(
                lambda each: each.move_id.move_type == "out_refund"
                and each.move_id.state == "posted"
            ).mapped("quantity")
        )
        missing = line.qty_delivered - line.qty_invoiced_posted
        assert missing == 0 or 0 < missing <= given_back, (
            f"{order.name} is closed, {line.name} delivered {line.qty_delivered}"
            f" and billed {line.qty_invoiced_posted}"
        )


def agreed(world):
    """Every job that counts as authorised has the customer's decision in the chain."""
    for job in world.orders.job_ids.filtered(lambda job: job.state == "authorised"):
        decisions = job.authorisation_ids.filtered(
            lambda each: each.decision == "authorised"
        )
        assert decisions, f"job {job.id} is authorised by nobody"
        for decision in decisions:
            assert decision.event_id.chain_index, f"decision {decision.id} stands alone"


def hours(world):
    """Nobody works on two jobs at once."""
    spans = defaultdict(list)
    world.env.cr.execute(
        "SELECT user_id, start_ms, stop_ms, job_id FROM workshop_job_clock"
        " WHERE kind = 'work' AND order_id = ANY(%s) ORDER BY start_ms, stop_ms",
        [world.orders.ids],
    )
    for user, start, stop, job in world.env.cr.fetchall():
        spans[user].append((start, stop, job))
    for user, rows in spans.items():
        for before, after in zip(rows, rows[1:], strict=False):
            ends = before[1]
            assert ends is not None and ends <= after[0], (
                f"person {user} works on {before} and on {after} at once"
            )


def photos(world):
    """Nothing is passed before what it was shown by has come, or was signed for."""
    world.env.cr.execute(UNSEEN_SQL, [world.orders.ids])
    for passed, media in world.env.cr.fetchall():
        raise AssertionError(f"event {passed} passed a job without photo {media}")


def evidence(world):
    """Every order's chain verifies, and ends where its floor says."""
    for order in world.orders:
        verdict = order._verify_chain()
        assert verdict is True, verdict
