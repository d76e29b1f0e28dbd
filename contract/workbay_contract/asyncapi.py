"""The message contract as an AsyncAPI 3.0 document, made from the models themselves.

``python -m workbay_contract.asyncapi`` prints it; ``docs/asyncapi.json`` is its output
and a test keeps the two the same.
"""

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from workbay_contract import (
    answers,
    batch,
    board,
    events,
    state,
    succession,
    topics,
)

_CHANNELS: dict[topics.Leaf, tuple[str, tuple[type[BaseModel], ...]]] = {
    "events": (
        "Sealed batches, one in flight per bay; each event stands in it as a string "
        "of the form NodeEvent or GapEvent.",
        (batch.Batch,),
    ),
    "state": (
        "hello on each connect, health each minute, gone as last will.",
        (state.Hello, state.Beat, state.Gone),
    ),
    "outcomes": (
        "Answers, each the unpacked body of an envelope signed by Odoo; KeyChange is "
        "signed by the key that goes.",
        (answers.Outcomes, answers.Refused, answers.Welcome, succession.KeyChange),
    ),
    "board": (
        "What the bay knows: the unpacked body of an envelope signed by Odoo.",
        (board.Board,),
    ),
    "commands": ("From the bridge; none can lose anything.", (state.Command,)),
}


def document() -> dict[str, Any]:
    """The whole document, ready for JSON."""
    models: list[type[BaseModel]] = [events.NodeEvent, events.GapEvent]
    for _text, messages in _CHANNELS.values():
        models += messages
    _, schema = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Workbay: bay ⇄ Odoo",
            "version": "1",
            "description": "MQTT 5 over mutual TLS, QoS 1, nothing retained, "
            "no persistent sessions. Rules: docs/contract.md.",
        },
        "channels": {
            leaf: {
                "address": f"{topics.ROOT}/{{partition}}/{{bay}}/{leaf}",
                "description": text,
                "parameters": {
                    "partition": {"description": "0–63, fixed by the store"},
                    "bay": {"description": "UUID of the bay"},
                },
                "messages": {
                    message.__name__: {
                        "payload": {"$ref": f"#/components/schemas/{message.__name__}"}
                    }
                    for message in messages
                },
            }
            for leaf, (text, messages) in _CHANNELS.items()
        },
        "operations": {
            leaf: {
                "action": "receive" if leaf in topics.UPLINK else "send",
                "channel": {"$ref": f"#/channels/{leaf}"},
                "description": "as seen by the bridge",
            }
            for leaf in _CHANNELS
        },
        "components": {"schemas": schema["$defs"]},
    }


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
