import re


def normalise(text):
    """A plate without blanks, dots and dashes: 沪A·12345 and 沪a 12345 are one."""
    return re.sub(r"[\W_]", "", (text or "").upper())
