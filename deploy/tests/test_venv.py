"""Our own packages are installed with real metadata and without a build."""

import importlib.metadata

from workbay_deploy.paths import Paths
from workbay_deploy.settings import CHECKOUT
from workbay_deploy.venv import link_own_packages, metadata


def test_distributions_are_found_by_name(tmp_path) -> None:
    site = tmp_path / "venv/lib/python3.11/site-packages"
    site.mkdir(parents=True)
    link_own_packages(Paths(tmp_path, CHECKOUT))
    found = {d.name: d for d in importlib.metadata.distributions(path=[str(site)])}
    assert {"workbay-contract", "workbay-edge-agent", "workbay-mqtt-bridge"} <= set(
        found
    )
    assert found["workbay-contract"].version == "0.1.0"
    lines = (site / "workbay.pth").read_text().splitlines()
    assert str(CHECKOUT / "contract") in lines


def test_this_very_environment_holds_them() -> None:
    assert importlib.metadata.version("workbay-contract")


def test_metadata_names_what_a_package_needs() -> None:
    text = metadata(
        {
            "name": "x",
            "version": "1",
            "description": "d",
            "requires-python": ">=3.11",
            "dependencies": ["pydantic>=2"],
        }
    )
    assert "Requires-Dist: pydantic>=2" in text
