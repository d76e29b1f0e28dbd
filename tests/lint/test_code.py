"""Style, form, types and OCA's rules over the whole repository."""

import subprocess
import sys
from pathlib import Path

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
