"""Vehicle identification numbers (ISO 3779), without Odoo.

Where the market demands a check digit (China's GB 16735, North America's 49 CFR 565)
one mistyped character shows at once. What a VIN tells of maker, country and plant comes
from the tables of ``vininfo``, which lie on the disk: nothing is asked of the network.
"""

import re
import unicodedata
from dataclasses import dataclass

import vininfo

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
_MISREAD = str.maketrans("IOQ", "100")
# Makers that vininfo does not know yet.
_MAKERS = {
    "L1N": "XPeng",
    "LB2": "Geely",
    "LB3": "Geely",
    "LDN": "Soueast",
    "LK6": "SAIC GM Wuling",
    "LNB": "BAIC Motor",
    "LS4": "Changan",
    "LS6": "Changan",
}
# Code 39's own check character: the sum of the places in this row, modulo 43.
_CODE_39 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"


@dataclass(frozen=True)
class Decoded:
    """What a VIN tells; empty or None where it does not."""

    maker: str
    country: str
    year: int | None
    plant: str
    serial: str


def normalise(text):
    """Capital letters and digits only; empty when nothing of them is there."""
    folded = unicodedata.normalize("NFKC", text or "").upper()
    return re.sub(r"[^A-Z0-9]", "", folded)


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
    return problem(vin) is None


def problem(vin):
    """Why this cannot be a VIN: ``length``, ``letters`` or ``check_digit``; or None."""
    if len(vin) != LENGTH:
        return "length"
    if not is_well_formed(vin):
        return "letters"
    if has_check_digit(vin) and vin[8] != check_digit(vin):
        return "check_digit"
    return None


def suggest(vin):
    """The VIN that was meant where 1 and 0 were taken for letters; else empty."""
    meant = vin.translate(_MISREAD)
    return meant if meant != vin and is_valid(meant) else ""


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


def decode(vin, latest):
    """What a well-formed VIN tells of its vehicle."""
    known = vininfo.Vin(vin)
    maker = known.manufacturer
    if not maker or isinstance(known.assembler, vininfo.common.UnsupportedBrand):
        maker = ""
    plant = known.details and known.details.plant
    name = str(plant.name or "") if plant else ""
    return Decoded(
        maker=_MAKERS.get(vin[:3], maker),
        country=known.country or "",
        year=model_year(vin, latest),
        plant=f"{vin[10]} {name}".strip(),
        serial=vin[11:],
    )


def read_label(text):
    """The VIN that a scanner read from a label or a document; empty where none is.

    Labels carry more than the VIN: Code 39's asterisks and check character, the data
    identifier I in front of it (ANSI MH10.8.2), the scanner's own ``]C0``, an ISO 15434
    envelope, or a whole row of fields in a QR code.
    """
    folded = unicodedata.normalize("NFKC", text or "").upper().strip()
    folded = re.sub(r"^\][A-Z][0-9A-Z]", "", folded)
    tokens = [*re.split(r"[^A-Z0-9]+", folded), normalise(folded)]
    found = [
        vin for token in tokens for vin in _unwrapped(token) if is_well_formed(vin)
    ]
    # A number that proves itself goes before one that only looks like a VIN.
    found.sort(key=lambda vin: (not is_valid(vin), not has_check_digit(vin)))
    return next(iter(found), "")


def _unwrapped(token):
    """The token as it stands, and without what labels put around a VIN."""
    if len(token) == LENGTH + 3 and token.startswith("VIN"):
        token = token[3:]
    yield token
    for core in (token, token[1:] if token.startswith("I") else ""):
        if len(core) == LENGTH:
            yield core
        elif len(core) == LENGTH + 1 and _is_checked(core):
            yield core[:-1]


def _is_checked(text):
    """Whether the last character is a check over the others, of either kind."""
    vin, check = text[:-1], text[-1]
    total = sum(_CODE_39.index(character) for character in vin)
    return _CODE_39[total % 43] == check or (has_check_digit(vin) and is_valid(vin))
