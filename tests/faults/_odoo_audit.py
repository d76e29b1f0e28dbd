"""What only Odoo can say of its own books; runs inside ``odoo shell``."""

import json
from pathlib import Path
from typing import Any

FINISHED = ("done", "qc_passed")


def retry(env: Any) -> None:
    """Draw what waits, whatever its back-off, as the queue's button does."""
    env["workshop.consequence"].search([("next_at", "!=", False)]).action_retry()


def verify(env: Any, target: str, order_ids: list[int]) -> None:
    """Write down every breach of what the log and the office promise, as sentences."""
    breaches: list[str] = []
    orders = env["workshop.order"].browse(order_ids)
    for order in orders:
        verdict = order._verify_chain()
        if verdict is not True:
            breaches.append(f"chain: {verdict}")
        for job in order.job_ids:
            breaches += _walk(env, job)
            breaches += _consequences(job)
    for batch in env["workshop.batch"].search([]):
        verdict = batch._verify()
        if verdict is not True:
            breaches.append(f"seal: {verdict}")
    for media in env["workshop.media"].search([("event_ids", "!=", False)]):
        if media.state == "verified" and not _holds(media):
            breaches.append(f"media: {media.sha256} has other bytes")
    Path(target).write_text(json.dumps(breaches), encoding="utf-8")


def _holds(media: Any) -> bool:
    from workbay_contract.types import sha256

    return bool(sha256(media.attachment_id.raw) == media.sha256)


def _walk(env: Any, job: Any) -> list[str]:
    """Every applied node may follow the one before: none was applied twice."""
    process = env["workshop.event"]._process(job.process_id.id)
    before, breaches = None, []
    for event in env["workshop.event"].search(
        [("job_id", "=", job.id), ("effect", "=", "applied"), ("kind", "=", "node")],
        order="id",
    ):
        node = process.node(event.node)
        is_next = node.initial if before is None else event.node in before.next
        if not is_next:
            breaches.append(
                f"node: {event.node} of job {job.id} after"
                f" {before.code if before else 'nothing'} (event {event.uuid})"
            )
        before = node
    return breaches


def _consequences(job: Any) -> list[str]:
    """Labour, parts and chatter follow a finished job once, an open one not at all."""
    breaches = []
    finished = job.phase in FINISHED
    if finished != bool(job.finished_at):
        breaches.append(f"consequence: job {job.id} is {job.phase} on the floor only")
    for line in job._labour_lines():
        wanted = line.product_uom_qty if finished else 0.0
        if line.qty_delivered != wanted:
            breaches.append(
                f"consequence: job {job.id} has {line.qty_delivered} hours delivered,"
                f" not {wanted}"
            )
    for line in job.line_ids - job._labour_lines():
        done = sum(
            line.move_ids.filtered(lambda move: move.state == "done").mapped("quantity")
        )
        if done > line.product_uom_qty:
            breaches.append(
                f"consequence: {done} of {line.product_uom_qty} parts were issued for"
                f" line {line.id}"
            )
    finishes = job.env["workshop.event"].search_count(
        [
            ("job_id", "=", job.id),
            ("effect", "=", "applied"),
            ("node", "in", _finishing(job)),
        ]
    )
    told = sum(
        str(message.body).count(f"{job.name} was finished by")
        for message in job.order_id.message_ids
    )
    if finished and not told:
        breaches.append(f"consequence: nobody was told that job {job.id} is finished")
    same = [other for other in job.order_id.job_ids if other.name == job.name]
    if len(same) == 1 and told > finishes:
        breaches.append(
            f"consequence: job {job.id} was finished {finishes} times and told {told}"
        )
    return breaches


def _finishing(job: Any) -> list[str]:
    nodes = job.process_id.node_ids
    return list(nodes.filtered(lambda node: node.state == "done").mapped("code"))
