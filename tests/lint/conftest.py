"""Odoo's own lints need a registry; without one they are not collected."""

import pytest


def pytest_ignore_collect(collection_path, config: pytest.Config) -> bool | None:
    if collection_path.name.startswith(
        "test_odoo"
    ) and not config.pluginmanager.hasplugin("odoo"):
        return True
    return None
