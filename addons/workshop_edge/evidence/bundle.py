"""An order's evidence as one file that anybody can verify without Odoo."""

import json
import zipfile
from pathlib import Path

from workbay_contract import merkle

VERIFIER = Path(__file__).with_name("verify_evidence.py")


def write(order, target) -> None:
    """Write the bundle of ``order`` (with all rights) to the file object ``target``.

    ``order.json`` holds the events as their exact bytes with their links, the seals
    with all siblings' hashes, and what checkpoints stated of the chain;
    ``media/<sha256>`` the photos that have arrived; ``verify_evidence.py`` proves it.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("order.json", json.dumps(_order(order), ensure_ascii=False))
        bundle.writestr(VERIFIER.name, VERIFIER.read_bytes())
        for media in order.link_ids.media_ids.filtered("attachment_id"):
            # Photos and videos are packed already.
            bundle.writestr(
                f"media/{media.sha256}",
                media._read_bytes(),
                zipfile.ZIP_STORED,
            )


def _order(order) -> dict:
    events = order.link_ids.filtered("chain_index").sorted("chain_index")
    floor = order.env["workshop.order.floor"].search([("order_id", "=", order.id)])
    return {
        "v": 1,
        "id": order.id,
        "name": order.name,
        "count": floor.chain_count,
        "head": floor.chain_head,
        "events": [_event(event) for event in events],
        "batches": [_batch(batch) for batch in events.batch_id],
        "checkpoints": [
            _statement(leaf)
            for leaf in order.env["workshop.checkpoint.leaf"].search(
                [("order_id", "=", order.id)], order="count"
            )
        ],
    }


def _event(event) -> dict:
    return {
        "uuid": event.uuid or None,
        "index": event.chain_index,
        "link": event.chain_hash,
        "at": event.occurred_ms,
        "effect": event.effect,
        "raw": event.raw,
        "raw_hash": event.raw_hash,
        "seq": event.seq if event.bay_id else None,
        "seal": event.batch_id.seal or None,
    }


def _batch(batch) -> dict:
    return {
        "device": batch.device_id.name,
        "first": batch.first,
        "prev": batch.prev,
        "hashes": batch.hashes,
        "signature": batch.signature,
        "seal": batch.seal,
        "public_key": batch.public_key,
    }


def _statement(leaf) -> dict:
    checkpoint = leaf.checkpoint_id
    leaves = leaf._hashes(checkpoint.id)
    return {
        "checkpoint": checkpoint._stated().model_dump(mode="json"),
        "leaf": {
            "position": leaf.position,
            "count": leaf.count,
            "head": leaf.head,
            "siblings": list(merkle.path(leaves, leaf.position)),
        },
    }
