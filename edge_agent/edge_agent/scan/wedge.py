"""What a hand-held scanner typed that stands in for a keyboard.

Such a scanner may be set to put something before and behind each code, and types by
the positions of another keyboard's keys than the computer has. The page therefore gives
what the keys mean by the computer's layout and what they mean on a US keyboard, which
most scanners are set to.
"""

import re
from collections.abc import Sequence

from edge_agent.scan.vin import read_vin
from workbay_contract.codes import read_code
from workbay_contract.enrolment import read_enrolment_code

MOST_CHARACTERS = 4000
"""Of one reading; what is longer is none of ours and is cut."""

_ADDRESS = re.compile(
    # Before it neither a colon nor a slash: an address within another is not ours.
    r"^[^:/]{0,8}?(?P<text>https?://[A-Za-z0-9._~:/#\[\]-]+)"
    # Behind it nothing that could go on with an address.
    r"(?:[^A-Za-z0-9._~:/?#\[\]@!&'()*+,;=%-].{0,7})?$",
    re.DOTALL,
)
_IDENTIFIER = re.compile(r"^\][A-Za-z][0-9a-zA-Z]")
"""Of the symbology, as ISO/IEC 15424 puts it before the text."""


def meant(readings: Sequence[str]) -> str:
    """The text of the code that was scanned; empty where nothing was typed.

    The reading that is one of our codes or a vehicle's number, else the first.
    """
    texts = [_bare(each) for each in readings]
    for text in texts:
        if read_code(text) or read_enrolment_code(text) or read_vin(text):
            return text
    return next((text for text in texts if text), "")


def _bare(reading: str) -> str:
    """Without what the scanner put before and behind."""
    text = reading.strip()
    if match := _ADDRESS.match(text):
        return match["text"]
    return _IDENTIFIER.sub("", text)
