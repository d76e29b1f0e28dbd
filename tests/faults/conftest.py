"""What is run only when it is asked for."""

import os

import pytest


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Three mutated chains take minutes: WORKBAY_FAULTS_MUTATIONS=1 asks for them."""
    if os.environ.get("WORKBAY_FAULTS_MUTATIONS"):
        return
    unasked = [item for item in items if item.path.name == "test_mutations.py"]
    if unasked:
        config.hook.pytest_deselected(items=unasked)
        items[:] = [item for item in items if item not in unasked]
