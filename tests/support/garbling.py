"""Hypothesis's ways to spoil a message: in form, type, size or by single bytes.

``payloads`` gives bytes; what receives them must neither raise nor believe them.
"""

import json
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FUZZ = settings(
    max_examples=int(os.environ.get("WORKBAY_FUZZ", "100")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""The same spoilt messages in every run; more of them where WORKBAY_FUZZ says so."""

NUMBERS = (-1, 0, 2**31, 2**53 + 1, 2**63, 2**64, 10**400, 0.5, -0.0, 1e308)
TEXTS = (
    "",
    "\x00",
    "\ud800",
    "\udfff\ud800",
    "\u2028",
    "\u202e",
    "e\u0301",
    "😀" * 50,
    "'; DROP TABLE workshop_event; --",
    "../../etc/passwd",
    "%s %(x)s {0} {x}",
    "<script>alert(1)</script>",
    "1e999",
    "NaN",
    "x" * 300_000,
)
DEPTH = 3_000


def values() -> st.SearchStrategy[Any]:
    """Anything that JSON can say."""
    plain = (
        st.none()
        | st.booleans()
        | st.sampled_from(NUMBERS)
        | st.sampled_from(TEXTS)
        | st.integers()
        | st.floats()
        | st.text(st.characters(), max_size=40)
    )
    return st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.dictionaries(st.text(max_size=10), inner, max_size=5)
        ),
        max_leaves=10,
    )


@st.composite
def garbled(draw: st.DrawFn, message: Any, most: int = 3) -> Any:
    """``message`` (what ``json.loads`` gives) with one to ``most`` places changed."""
    changed = json.loads(json.dumps(message))
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(changed))
        if not places:
            return draw(values())
        holder, key = draw(st.sampled_from(places))
        how = draw(st.sampled_from(["value", "gone", "more", "same", "list"]))
        if how == "gone":
            del holder[key]
        elif how == "same":
            holder[key] = _copy(draw(st.sampled_from(places)))
        elif how == "list":
            holder[key] = [holder[key]] * draw(st.sampled_from([1, 2, 101, 1000]))
        elif how == "more" and isinstance(holder, dict):
            holder[draw(st.text(max_size=10))] = draw(values())
        else:
            holder[key] = draw(values())
    return changed


@st.composite
def payloads(draw: st.DrawFn, message: Any) -> bytes:
    """A message's bytes, spoilt; mostly still JSON, so that it gets past the parser."""
    how = draw(st.sampled_from([*["garbled"] * 6, "bytes", "noise", "nested", "size"]))
    if how == "noise":
        return draw(st.binary(max_size=400))
    if how == "nested":
        depth = draw(st.sampled_from([200, DEPTH, 20 * DEPTH]))
        return b"[" * depth + draw(st.sampled_from([b"", b"]" * depth]))
    if how == "size":
        return encode(message) + b" " * draw(st.sampled_from([1, 200_000, 2_000_000]))
    if how == "bytes":
        data = bytearray(encode(message))
        for _ in range(draw(st.integers(1, 4))):
            place = draw(st.integers(0, len(data) - 1))
            data[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
        return bytes(data)
    return encode(draw(garbled(message)))


def _copy(place: tuple[Any, Any]) -> Any:
    holder, key = place
    return json.loads(json.dumps(holder[key]))


def encode(message: Any) -> bytes:
    """JSON as lenient parsers take it: with NaN, with lone surrogates escaped."""
    return json.dumps(message, separators=(",", ":")).encode()


def _places(value: Any) -> Any:
    """Each place in the message at which a value stands."""
    if isinstance(value, dict):
        items: Any = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return
    for key, inner in items:
        yield value, key
        yield from _places(inner)
