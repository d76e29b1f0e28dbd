from pathlib import Path

from workbay_contract import asyncapi

DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def test_the_document_says_what_the_code_does() -> None:
    assert DOCUMENT.read_text() == asyncapi.text(), (
        "run: python -m workbay_contract.asyncapi > docs/asyncapi.json"
    )
