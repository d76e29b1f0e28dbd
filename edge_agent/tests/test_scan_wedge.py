"""What a scanner types that stands in for a keyboard, whatever it puts around it."""

import pytest

from edge_agent.scan.wedge import meant
from workbay_contract.codes import code_url, read_code
from workbay_contract.enrolment import code_text

SHEET = code_url("https://workbay.example.com", "order", "aZ_9-" * 5)
VIN = "1HGCM82633A004352"
GERMAN = str.maketrans("zyZY:/_-", "yzYZÖ-?ß")
"""What the keys of a US keyboard mean where the computer has a German layout."""


@pytest.mark.parametrize(
    "typed",
    [
        SHEET,
        f"  {SHEET}\r\n",
        f"]Q1{SHEET}",
        f"~{SHEET}",
        f"{SHEET}$",
        f"QR {SHEET}|A1",
        f"\x02{SHEET}\x03",
    ],
)
def test_what_stands_around_one_of_our_codes_is_left_out(typed: str) -> None:
    assert meant([typed, ""]) == SHEET


def test_an_enrolment_code_may_be_typed_too() -> None:
    code = code_text("https://workbay.example.com", "s" * 43, "a" * 64)
    assert meant([f"]Q1{code}"]) == code


def test_the_reading_that_is_one_of_our_codes_counts() -> None:
    layout = SHEET.translate(GERMAN)
    assert read_code(layout) is None
    assert meant([layout, SHEET]) == SHEET
    assert meant([SHEET, "httpsö&&workbay"]) == SHEET
    assert meant(["", SHEET]) == SHEET  # an input method swallowed the characters


def test_a_vehicles_number_loses_the_symbologys_name() -> None:
    assert meant([f"]C1{VIN}", f"]C1{VIN}"]) == VIN


@pytest.mark.parametrize(
    "typed",
    [
        f"https://evil.example/?next={SHEET}",
        f"https://evil.example/{SHEET}",
        f"{SHEET}/further",
        f"{SHEET}?x=1",
        f"{SHEET}.evil.example",
        "A" * 4000,
    ],
)
def test_what_is_not_ours_stays_what_it_is(typed: str) -> None:
    assert read_code(meant([typed, typed])) is None


def test_nothing_means_nothing() -> None:
    assert meant(["", " "]) == ""
