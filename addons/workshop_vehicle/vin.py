"""Vehicle identification numbers (ISO 3779), without Odoo.

Where the market demands a check digit (China's GB 16735, North America's 49 CFR 565)
one mistyped character shows at once.
"""

import re

LENGTH = 17
_CHARACTERS = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VALUES = dict(
    zip(
        "ABCDEFGHJKLMNPRSTUVWXYZ0123456789",
        [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10), *range(10)],
        strict=True,
    )
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
_FIRST_YEAR = 1980


def normalise(text):
    """Capital letters and digits only; empty when nothing of them is there."""
    return re.sub(r"[^A-Z0-9]", "", (text or "").upper())


def is_well_formed(vin):
    """Seventeen characters, and none of I, O and Q, which are never used."""
    return bool(_CHARACTERS.fullmatch(vin))


def has_check_digit(vin):
    """Whether the maker's country demands one: China (L), North America (1 to 5)."""
    return vin[:1] in tuple("L12345")


def check_digit(vin):
    """What the ninth character has to be."""
    total = sum(
        _VALUES[character] * weight
        for character, weight in zip(vin, _WEIGHTS, strict=True)
    )
    return "0123456789X"[total % 11]


def is_valid(vin):
    return is_well_formed(vin) and (
        not has_check_digit(vin) or vin[8] == check_digit(vin)
    )


def model_year(vin, latest):
    """The model year that the tenth character says, not after ``latest``.

    It repeats every 30 years, so the newest that is possible is taken. None where the
    character says no year; Europe's makers need not say one.
    """
    if not is_well_formed(vin) or vin[9] not in _YEARS:
        return None
    year = _FIRST_YEAR + _YEARS.index(vin[9])
    cycle = len(_YEARS)
    return year + max(0, latest - year) // cycle * cycle
