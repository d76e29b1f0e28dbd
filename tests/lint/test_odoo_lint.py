"""Odoo's test_lint, the part that concerns code like ours, on our addons."""

import pytest

from odoo.modules import Manifest

from odoo.addons.test_lint.tests.test_index import TestIndex
from odoo.addons.test_lint.tests.test_manifests import ManifestLinter
from odoo.addons.test_lint.tests.test_naming import TestNaming
from odoo.addons.test_lint.tests.test_override_signatures import (
    TestLintOverrideSignatures,
)
from odoo.addons.test_lint.tests.test_routes import RoutesLinter
from odoo.addons.test_lint.tests.test_test_holes import TestTestHoles

__all__ = [
    "ManifestLinter",
    "RoutesLinter",
    "TestIndex",
    "TestLintOverrideSignatures",
    "TestNaming",
    "TestTestHoles",
]


@pytest.fixture(autouse=True)
def our_addons_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lints that walk over folders look at ours; Odoo's are Odoo's business."""
    everything = Manifest.all_addon_manifests
    monkeypatch.setattr(
        Manifest,
        "all_addon_manifests",
        staticmethod(
            lambda: [m for m in everything() if m.name.startswith("workshop_")]
        ),
    )
