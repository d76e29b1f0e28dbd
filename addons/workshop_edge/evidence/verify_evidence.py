#!/usr/bin/env python3
"""Verify an evidence bundle of Workbay; needs Python 3.9 and `cryptography` alone.

    python3 verify_evidence.py BUNDLE.zip
    python3 verify_evidence.py BUNDLE.zip --event UUID
    python3 verify_evidence.py BUNDLE.zip --odoo-key HEX --held BAY.json

What holds afterwards: each event is the very bytes that a device sealed or that Odoo
wrote when it was typed, nothing is missing between the first and the last of them, each
photo is the one that an event named, and the chain is the one that Odoo's checkpoints
stated. Whose keys they are this file cannot know: compare the keys that it prints with
what you were told by another way (--odoo-key), and the checkpoints with what a bay
holds (--held: `python -m edge_agent checkpoints --export`).
"""

# It speaks on standard output, as a program for a person does.
# pylint: disable=print-used

import argparse
import hashlib
import json
import sys
import zipfile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

GENESIS = "0" * 64
LARGEST = 256 * 1024 * 1024


class BrokenError(Exception):
    """What does not hold, in a sentence."""


def canonical(value):
    """The one JSON encoding that is hashed and signed."""
    text = json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    return text.encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def check_signature(key, signature, body, what):
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), body)
    except (InvalidSignature, ValueError) as error:
        raise BrokenError(f"{what} is not signed by the key that it names.") from error


def check_event(event, batches):
    """One event alone: its bytes, and its seal with its siblings' hashes."""
    name = f"Event {event['uuid'] or event['index']}"
    if sha256(event["raw"].encode()) != event["raw_hash"]:
        raise BrokenError(f"{name}: its bytes are not those of its hash.")
    said = json.loads(event["raw"])
    # Its bytes tell where it came from: who calls it typed cannot hide its seal.
    if "device" not in said:
        return
    batch = batches.get(event["seal"])
    if batch is None:
        raise BrokenError(f"{name} came from a bay and no seal covers it.")
    body = b"workbay-seal-v1\n" + canonical(
        {
            "count": len(batch["hashes"]),
            "device": batch["device"],
            "first": batch["first"],
            "hashes": batch["hashes"],
            "prev": batch["prev"],
        }
    )
    check_signature(batch["public_key"], batch["signature"], body, f"{name}: its batch")
    if sha256(body + bytes.fromhex(batch["signature"])) != batch["seal"]:
        raise BrokenError(f"{name}: its batch bears another's seal.")
    place = event["seq"] - batch["first"]
    hashes = batch["hashes"]
    if not 0 <= place < len(hashes) or hashes[place] != event["raw_hash"]:
        raise BrokenError(f"{name} is not what its device sealed.")
    if said.get("device") != batch["device"] or said.get("seq") != event["seq"]:
        raise BrokenError(f"{name} says that it is another one.")


def check_chain(order):
    """Every link of the order's chain, and that none is missing; the links by index."""
    head, links = GENESIS, {0: GENESIS}
    for index, event in enumerate(order["events"], 1):
        if event["index"] != index:
            raise BrokenError(f"Link {index} is missing.")
        head = sha256(
            b"workbay-chain-v1\n"
            + canonical(
                {
                    "at": event["at"],
                    "effect": event["effect"],
                    "event": event["raw_hash"],
                    "index": index,
                    "order": order["id"],
                    "prev": head,
                }
            )
        )
        if head != event["link"]:
            raise BrokenError(
                f"Link {index} does not hold: it or one before was changed."
            )
        said = json.loads(event["raw"])
        if said.get("order") != order["id"]:
            raise BrokenError(f"Link {index} is an event of another order.")
        links[index] = head
    if (order["count"], order["head"]) != (len(links) - 1, head):
        raise BrokenError(
            f"The chain ends after link {len(links) - 1}, not as it stated."
        )
    return links


def check_media(order, read):
    """Each photo that is in the bundle; how many there are and how many are not, and
    for the absence of how many somebody signed."""
    there = missing = 0
    absent = set()
    for event in order["events"]:
        said = json.loads(event["raw"])
        named = [each["sha256"] for each in said.get("media", ())]
        if said.get("kind") == "absence":
            absent.update(named)
            continue
        for name in named:
            data = read(f"media/{name}")
            if data is None:
                missing += 1
            elif sha256(data) != name:
                raise BrokenError(f"Photo {name[:12]} is not the one that was taken.")
            else:
                there += 1
    return there, missing, len(absent)


def checkpoint_body(checkpoint):
    names = ("count", "key", "made_at", "number", "prev", "root")
    return b"workbay-checkpoint-v1\n" + canonical({n: checkpoint[n] for n in names})


def climb(leaf, position, count, siblings):
    """The Merkle root to which a leaf leads, in the shape of RFC 6962."""
    node, rest = leaf, list(siblings)
    while count > 1:
        if position % 2 or position + 1 < count:
            if not rest:
                raise BrokenError("A sibling is missing under a checkpoint.")
            pair = (rest.pop(0), node) if position % 2 else (node, rest.pop(0))
            node = sha256(b"\x01" + b"".join(bytes.fromhex(each) for each in pair))
        position, count = position // 2, (count + 1) // 2
    if rest:
        raise BrokenError("A sibling too many under a checkpoint.")
    return node


def check_checkpoints(order, links, odoo_key, held):
    """What Odoo stated of this chain, and whether a bay holds the same."""
    for stated in order["checkpoints"]:
        checkpoint, leaf = stated["checkpoint"], stated["leaf"]
        name = f"Checkpoint {checkpoint['number']}"
        if links.get(leaf["count"]) != leaf["head"]:
            raise BrokenError(f"The chain was rewritten after {name.lower()}.")
        start = sha256(
            b"\x00"
            + canonical(
                {"count": leaf["count"], "head": leaf["head"], "order": order["id"]}
            )
        )
        count = checkpoint["count"]
        if not 0 <= leaf["position"] < count:
            raise BrokenError(f"{name} has no such leaf.")
        root = climb(start, leaf["position"], count, leaf["siblings"])
        if root != checkpoint["root"]:
            raise BrokenError(f"{name} does not state this chain.")
        body = checkpoint_body(checkpoint)
        check_signature(checkpoint["key"], checkpoint["sig"], body, name)
        if odoo_key and checkpoint["key"] not in odoo_key:
            raise BrokenError(f"{name} is signed by another key than the one you gave.")
        if held and held.get(checkpoint["number"], sha256(body)) != sha256(body):
            raise BrokenError(
                f"{name} is not what the bay holds: the log was rewritten."
            )


def read_held(path):
    with open(path, encoding="utf-8") as stream:
        said = json.load(stream)
    return {
        each["number"]: sha256(checkpoint_body(each)) for each in said["checkpoints"]
    }


def verify(path, event_uuid=None, odoo_key=(), held=None):
    """:return: lines that say what holds.

    :raises BrokenError: something does not.
    """
    with zipfile.ZipFile(path) as bundle:
        names = set(bundle.namelist())

        def read(name):
            if name not in names:
                return None
            if bundle.getinfo(name).file_size > LARGEST:
                raise BrokenError(f"{name} is larger than any file of a bundle.")
            return bundle.read(name)

        text = read("order.json")
        if text is None:
            raise BrokenError("This is no evidence bundle: order.json is missing.")
        order = json.loads(text)
        batches = {batch["seal"]: batch for batch in order["batches"]}
        events = order["events"]
        if event_uuid:
            events = [event for event in events if event["uuid"] == event_uuid]
            if not events:
                raise BrokenError(f"No event {event_uuid} is in this bundle.")
        for event in events:
            check_event(event, batches)
        scanned = sum("device" in json.loads(event["raw"]) for event in events)
        lines = [f"{len(events)} events hold: {scanned} scanned at a bay and sealed by"]
        lines[0] += f" its device, {len(events) - scanned} typed in the office."
        keys = sorted({(b["device"], b["public_key"]) for b in order["batches"]})
        lines += [f"Device {device} has the key {key}" for device, key in keys]
        if event_uuid:
            return lines
        links = check_chain(order)
        there, missing, absent = check_media(order, read)
        check_checkpoints(order, links, odoo_key, held or {})
        lines.append(f"{len(links) - 1} links of {order['name']} hold.")
        lines.append(f"{there} photos are those that were taken; {missing} not here.")
        if absent:
            lines.append(f"For the absence of {absent} photos somebody signed.")
        stated = order["checkpoints"]
        last = max((each["leaf"]["count"] for each in stated), default=0)
        lines.append(f"{len(stated)} checkpoints state the chain up to link {last}.")
        signers = sorted({each["checkpoint"]["key"] for each in stated})
        lines += [f"Odoo signed them by the key {key}" for key in signers]
        return lines


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", help="the zip file")
    parser.add_argument("--event", metavar="UUID", help="this event alone")
    parser.add_argument("--odoo-key", action="append", default=[], metavar="HEX")
    parser.add_argument("--held", metavar="FILE", help="what a bay holds")
    options = parser.parse_args(arguments)
    try:
        held = read_held(options.held) if options.held else None
        lines = verify(options.bundle, options.event, options.odoo_key, held)
    except BrokenError as broken:
        print(f"BROKEN: {broken}")
        return 1
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        print(f"BROKEN: this is no evidence bundle ({error!r}).")
        return 1
    print("\n".join(lines))
    print("VERIFIED")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
