"""A skipped test fails unless tests/allowed_skips.toml lists it with a reason."""

import fnmatch
import tomllib
from collections.abc import Generator
from pathlib import Path

import pytest

ALLOWED = Path(__file__).parents[1] / "allowed_skips.toml"


def allowed_patterns(file: Path = ALLOWED) -> list[str]:
    """The patterns of the list.

    :raises ValueError: an entry has no reason.
    """
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("skip", [])
    for entry in entries:
        if not entry.get("test") or not entry.get("reason"):
            raise ValueError(f"{file}: every skip needs `test` and `reason`: {entry}")
    return [entry["test"] for entry in entries]


def is_allowed(node: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(node, pattern) for pattern in patterns)


def refuse(report: pytest.TestReport | pytest.CollectReport, node: str) -> None:
    """Turn an unlisted skip into a failure that says what to do."""
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    if is_allowed(node, allowed_patterns()):
        return
    reason = (
        report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    )
    report.outcome = "failed"
    report.longrepr = (
        f"{node} was skipped ({reason}). Make it run, or list it with a reason in "
        f"tests/{ALLOWED.name}."
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse(report, item.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse(report, collector.nodeid)
    return report
