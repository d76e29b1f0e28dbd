"""Faults that end with the test that brought them."""

from collections.abc import Iterator

import pytest

from tests.support.shop import PATIENCE, Shop
from workbay_deploy.stack import Stack


class Faults:
    """Ends services of the chain and starts them again."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.down: list[str] = []

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self._stack.kill(name)
        self.down.append(name)

    def stop(self, name: str) -> None:
        self._stack.stop_service(name)
        self.down.append(name)

    def start(self, name: str) -> None:
        self._stack.start_service(name)
        self.down.remove(name)


@pytest.fixture
def faults(stack: Stack, shop: Shop) -> Iterator[Faults]:
    """The chain is whole again for the next test, whatever became of this one."""
    faults = Faults(stack)
    yield faults
    for name in [*faults.down]:
        faults.start(name)
    for number in (1, 2):
        shop.bay(number).wait(
            "that it is online", lambda view: view["connection"] == "online", PATIENCE
        )
