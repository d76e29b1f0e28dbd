"""What the page is made of: its words in every language, its size, its safety."""

import json
import re
from typing import get_args

import pytest

from edge_agent import view
from edge_agent.enrolling import Phase
from edge_agent.kiosk.app import STATIC
from edge_agent.view import EventResult
from workbay_contract.process import JobPhase

LANGS = ("en_US", "zh_CN")
SCRIPT = "\n".join(
    path.read_text()
    for path in sorted(STATIC.glob("*.js"))
    if path.name not in ("enrol.js", "lens.js", "phone.js", "wedge.js")
)
PAGE = (STATIC / "index.html").read_text()


def strings(lang: str) -> dict[str, str]:
    path = STATIC / "strings" / f"{lang}.json"
    table: dict[str, str] = json.loads(path.read_text())
    return table


def lens() -> set[str]:
    """A sentence for everything that may be in a browser camera's way."""
    script = (STATIC / "lens.js").read_text()
    said = re.findall(r"say\((.*)\)", script)
    return {
        f"lens_{what}" for what in re.findall(r'(?<!== )"([a-z]+)"', " ".join(said))
    }


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def used() -> set[str]:
    """Every word the script asks for, those with a state in their name written out."""
    states = {
        "net": get_args(view.ConnectionState),
        "phase": get_args(JobPhase),
        "result": get_args(EventResult),
        "sign": ("person", "customer"),
    }
    keys = {f"{name}_{value}" for name, values in states.items() for value in values}
    known = strings("en_US")
    literals = set(re.findall(r'"([a-z][a-z_]*)"', SCRIPT))
    keys |= set(re.findall(r'\bt\(\s*"([a-z_]+)"', SCRIPT))
    keys |= {
        f"net_{name}_help" for name in ("alarm", "not_authorized", "version", "expired")
    }
    keys |= {"issues_title", "records_title"}
    return keys | (literals & known.keys())


def test_both_languages_have_the_same_words() -> None:
    english, chinese = strings("en_US"), strings("zh_CN")
    assert english.keys() == chinese.keys()
    for key in english.keys() - {"by"}:
        assert placeholders(english[key]) == placeholders(chinese[key]), key


def test_every_word_that_is_used_exists_and_every_one_that_exists_is_used() -> None:
    assert used() == strings("en_US").keys()


def test_chinese_is_chinese() -> None:
    for key, text in strings("zh_CN").items():
        if placeholders(text) and not re.sub(r"\{\w+\}|[\s/]", "", text):
            continue  # nothing but figures and names
        assert re.search(r"[\u4e00-\u9fff]", text), key


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="(\w+)"', PAGE))
    tables = re.findall(r"_ICONS = \{(.*?)\}", SCRIPT, re.DOTALL)
    asked = set(re.findall(r'\bicon\("(\w+)"\)', SCRIPT))
    asked |= {name for table in tables for name in re.findall(r': "(\w+)"', table)}
    assert asked <= drawn


def test_the_page_fetches_its_modules_at_once() -> None:
    loaded = set(re.findall(r'href="/static/(\w+)\.js"', PAGE)) | {"kiosk"}
    asked = set(re.findall(r'from "\./(\w+)\.js"', SCRIPT)) | {"kiosk"}
    assert loaded == asked


def test_data_can_never_become_markup() -> None:
    ways = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
    assert not [way for way in ways if way in SCRIPT]


def test_nothing_comes_from_elsewhere_or_stands_inline() -> None:
    for text in (PAGE, SCRIPT, (STATIC / "kiosk.css").read_text()):
        addresses = set(re.findall(r"https?://[^\s\"')]+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", PAGE)


def test_the_page_is_small() -> None:
    size = sum(path.stat().st_size for path in STATIC.rglob("*") if path.is_file())
    assert size < 150 * 1024


@pytest.mark.parametrize("lang", LANGS)
def test_both_languages_are_loaded_by_the_page(lang: str) -> None:
    assert f'"{lang}"' in SCRIPT


def test_the_enrolment_screen_has_its_words_in_both_languages() -> None:
    words = json.loads((STATIC / "strings" / "enrol.json").read_text())
    assert set(words) == set(LANGS)
    phases = get_args(Phase)
    wanted = {
        *phases,
        *(f"{phase}_help" for phase in phases),
        "camera",
        "black",
        *lens(),
    }
    for lang in LANGS:
        assert set(words[lang]) == wanted
    for key in wanted:
        assert placeholders(words["en_US"][key]) == placeholders(words["zh_CN"][key])


def test_a_phone_has_its_words_in_both_languages() -> None:
    words = json.loads((STATIC / "strings" / "phone.json").read_text())
    script = (STATIC / "phone.js").read_text()
    assert set(words) == set(LANGS)
    assert words["en_US"].keys() == words["zh_CN"].keys()
    for key, text in words["en_US"].items():
        assert f'"{key}"' in script
        assert placeholders(text) == placeholders(words["zh_CN"][key])


def test_a_phones_page_is_as_safe() -> None:
    page = (STATIC / "phone.html").read_text()
    script = (STATIC / "phone.js").read_text()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|eval\(", script)
    assert not re.search(r"https?://", page + script)
