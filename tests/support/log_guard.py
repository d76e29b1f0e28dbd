"""An addon's test fails on a warning or error in the log that it did not expect.

What a test provokes on purpose it mutes (`mute_logger`) or asserts (`assertLogs`);
both keep the record from getting here.
"""

import logging
from collections.abc import Generator

import pytest

OURS = ("odoo", "workbay", "mqtt_bridge", "edge_agent")
RECORDS = pytest.StashKey[list[str]]()


class _Collector(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in OURS:
            self._lines.append(
                f"{record.levelname} {record.name}: {record.getMessage()}"
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if not item.nodeid.startswith("addons/"):
        return (yield)
    lines: list[str] = []
    item.stash[RECORDS] = lines
    handler = _Collector(lines)
    logging.getLogger().addHandler(handler)
    try:
        return (yield)
    finally:
        logging.getLogger().removeHandler(handler)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    lines = item.stash.get(RECORDS, [])
    if call.when == "call" and report.passed and lines:
        report.outcome = "failed"
        report.longrepr = "The log holds what no test expected:\n" + "\n".join(lines)
    return report
