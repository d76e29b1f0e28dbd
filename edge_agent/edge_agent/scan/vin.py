"""Vehicle identification numbers in barcodes (ISO 3779; check digit 49 CFR 565.15)."""

import re

_FORM = re.compile(r"^I?(?P<vin>[A-HJ-NPR-Z0-9]{17})$")
"""An import's barcode has an I before the number, which no number contains."""

_VALUES = dict(
    zip(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
        (*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)),
        strict=True,
    )
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def read_vin(text: str) -> str | None:
    """The number in a barcode's text, None where it has not the form of one."""
    match = _FORM.match(text)
    return match["vin"] if match else None


def is_checked(vin: str) -> bool:
    """Whether the ninth character is the check digit that the others ask for.

    European numbers need none, so a wrong one says nothing; a right one says that a
    barcode without a checksum of its own was read well. It is never used to complete a
    number.
    """
    rest = sum(
        _VALUES[each] * weight for each, weight in zip(vin, _WEIGHTS, strict=True)
    )
    return vin[8] == "0123456789X"[rest % 11]


def has_check_digit(text: str) -> bool:
    """Whether a barcode's text is a vehicle's number that bears itself out."""
    number = read_vin(text)
    return number is not None and is_checked(number)
