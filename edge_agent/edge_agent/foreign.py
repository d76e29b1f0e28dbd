"""What to say of a code that is none of ours."""

import re
from typing import Any

from edge_agent.scan.vin import read_vin

_PART = re.compile(r"^(?=.*[0-9])[A-Z0-9][A-Z0-9 ./+-]{3,39}$")
"""A part's number as makers print it: capitals and digits, no word and no address."""


def told(text: str) -> tuple[str, dict[str, Any]]:
    """A key of ``wording.WORDING`` with its parameters.

    The board knows cars by their plates and no parts, so a vehicle's number opens no
    order here and a part's number belongs to no job: both are read, and said.
    """
    if vin := read_vin(text):
        return "vin_here", {"vin": vin}
    if _PART.match(text):
        return "part_here", {"part": text}
    return "foreign_code", {}
