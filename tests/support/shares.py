"""A run of everything is shared by several processes, each with its own database.

What uses a running chain stays in one process, so that one chain is started and nothing
else of the run holds ports or waits for it; it is the longest share and begins first.
Odoo's own tests are the next, so that no process has both: Odoo in a process in which
a browser and a chain were at work before lost a photo's thumbnail now and then. Every
other test file is a share of its own, taken by whichever process is free.
"""

import os

import pytest

CHAINS = ("tests/e2e/", "tests/browser/", "tests/faults/")
ODOO = "addons/"
FIRST = ("chain", "odoo")
"""The shares that begin, in this order."""


def share(nodeid: str) -> str:
    """The share that a test belongs to."""
    file = nodeid.partition("::")[0]
    if file.startswith(CHAINS):
        return "chain"
    return "odoo" if file.startswith(ODOO) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Hand out whole shares, in the order in which they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class Shares(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share(nodeid)

    config.option.loadscopereorder = False
    return Shares(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    its = share(item.nodeid)
    return FIRST.index(its) if its in FIRST else len(FIRST)
