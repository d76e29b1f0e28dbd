"""The virtual environment with the pinned packages and our own three."""

import hashlib
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

from workbay_deploy import commands
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress

SYSTEM_PYTHON = Path("/usr/bin/python3")
OWN_PACKAGES = ("contract", "edge_agent", "mqtt_bridge")
# Importable too, without metadata of their own.
OWN_FOLDERS = (*OWN_PACKAGES, "deploy")


def ensure(paths: Paths, env: Mapping[str, str], progress: Progress) -> None:
    """Install what requirements.txt asks for, again only once it has changed."""
    requirements = paths.source / "requirements.txt"
    marker = paths.venv / "workbay-requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not marker.is_file() or marker.read_text(encoding="utf-8") != wanted:
        with progress.step("Installing the pinned Python packages"):
            _install(paths, requirements, env, progress)
        marker.write_text(wanted, encoding="utf-8")
    link_own_packages(paths)


def _install(
    paths: Paths, requirements: Path, env: Mapping[str, str], progress: Progress
) -> None:
    if not (paths.venv / "bin" / "pip").is_file():
        shutil.rmtree(paths.venv, ignore_errors=True)
        commands.run(
            [SYSTEM_PYTHON, "-m", "venv", paths.venv],
            log=paths.log,
            env=env,
            failure="The virtual environment could not be made: see above.",
        )
    commands.run(
        [
            *(paths.python, "-m", "pip", "install"),
            *("--disable-pip-version-check", "--no-input", "--no-warn-script-location"),
            *("--cache-dir", paths.downloads / "pip"),
            *("-r", requirements),
        ],
        log=paths.log,
        env=env,
        detail=progress.detail,
        failure="The Python packages could not be installed: check the network (or "
        "PIP_INDEX_URL for a mirror) and run this again.",
    )


def link_own_packages(paths: Paths) -> None:
    """What `pip install -e` does, without writing into the checkout.

    Odoo looks up external dependencies by distribution name, so the metadata is real.
    """
    site = next((paths.venv / "lib").glob("python3.*/site-packages"))
    folders = [str(paths.source / name) for name in OWN_FOLDERS]
    _write(site / "workbay.pth", "\n".join(folders) + "\n")
    for name in OWN_PACKAGES:
        with (paths.source / name / "pyproject.toml").open("rb") as stream:
            project = tomllib.load(stream)["project"]
        stem = f"{project['name'].replace('-', '_')}-{project['version']}"
        info = site / f"{stem}.dist-info"
        info.mkdir(exist_ok=True)
        _write(info / "METADATA", metadata(project))
        _write(info / "INSTALLER", "workbay\n")
        _write(info / "RECORD", "")


def metadata(project: Mapping[str, object]) -> str:
    """A package's METADATA from its pyproject table."""
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
    ]
    dependencies = project.get("dependencies", [])
    assert isinstance(dependencies, list)
    lines += [f"Requires-Dist: {requirement}" for requirement in dependencies]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
