"""Style, form, types and OCA's rules over the whole repository."""

import subprocess
import sys
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).parents[2]
TYPED = (
    "contract/workbay_contract",
    "edge_agent/edge_agent",
    "mqtt_bridge/mqtt_bridge",
)


def run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", "--no-fix", "--quiet", ".")


def test_code_is_formatted() -> None:
    run("ruff", "format", "--check", "--quiet", ".")


def test_types_hold() -> None:
    run("mypy", "--strict", *TYPED)


def test_addons_keep_the_rules_of_oca() -> None:
    addons = sorted(str(path.parent) for path in ROOT.glob("addons/*/__manifest__.py"))
    assert addons
    run("pylint", "--rcfile=.pylintrc-mandatory", *addons)


def test_no_dialog_shows_what_the_browser_remembers() -> None:
    """A dialog's figures are the server's of this moment, never the last time's.

    Odoo's web client keeps what a window action loaded, shows it first when the
    action is opened again and corrects it when the server has answered
    (``ir.actions.act_window.cache``). A list may do so; who reads a price to a
    customer, or types into the dialog meanwhile, may not be misled. Actions that a
    method returns are not remembered.
    """
    kept = 'record[@model="ir.actions.act_window"][field[@name="target"]="new"]'
    fresh = 'field[@name="cache"][@eval="False"]'
    remembered = [
        f"{path.relative_to(ROOT)}: {action.get('id')}"
        for path in sorted(ROOT.glob("addons/*/**/*.xml"))
        for action in etree.parse(path).xpath(f"//{kept}[not({fresh})]")
    ]
    assert not remembered
