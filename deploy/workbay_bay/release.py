"""Releases: each whole in a folder of its own; a link says which one runs."""

import hashlib
import json
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

from workbay_bay.layout import SOURCE, Layout
from workbay_deploy import commands
from workbay_deploy.progress import Progress
from workbay_deploy.source_tree import digest

PARTS = ("contract", "edge_agent", "deploy/bay", "deploy/workbay_bay")
SHARED = ("commands", "errors", "progress", "source_tree")
"""Modules of ``workbay_deploy`` that this package uses."""

GUIDES = ("install-bay.md", "install-bay.zh.md")
KEPT = 3
"""Releases: the one that runs, and ways back."""

DISTRIBUTION = {
    "numpy": "numpy",
    "opencv-python": "cv2",
    "pillow": "PIL",
    "gpiozero": "gpiozero",
}
"""Of the requirements, those that the system's archive has, and how they are imported.
What is found there is neither fetched nor replaced."""


def name() -> str:
    """Version and a digest of all that is copied: the same source is one release."""
    with (SOURCE / "edge_agent/pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    total = hashlib.sha256(digest(SOURCE / part for part in PARTS).encode())
    for file in _single_files():
        total.update(file.read_bytes())
    return f"{version}-{total.hexdigest()[:12]}"


def build(layout: Layout, progress: Progress) -> Path:
    """The release of this source; built unless it is there whole.

    :raises SetupError: it cannot be built; nothing that runs has changed.
    """
    release = layout.releases / name()
    if (release / "complete").is_file():
        return release
    shutil.rmtree(release, ignore_errors=True)
    release.mkdir(parents=True)
    _copy(release / "source")
    with progress.step("Making the agent's environment"):
        _environment(layout, release, progress)
    os.sync()  # all of it is on the disk before anything says that it is whole
    (release / "complete").touch()
    return release


def running(layout: Layout) -> Path | None:
    return layout.current.resolve() if layout.current.is_symlink() else None


def switch(layout: Layout, release: Path) -> None:
    """Let the link show ``release``, in one step that no power cut can halve."""
    beside = layout.current.with_name("current.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(Path("releases", release.name))
    beside.replace(layout.current)
    os.sync()


def former(layout: Layout) -> Path | None:
    """The newest whole release beside the running one."""
    now = running(layout)
    others = [each for each in _whole(layout) if each != now]
    return others[-1] if others else None


def prune(layout: Layout) -> None:
    """Remove all but the newest whole ones; never the one that runs."""
    now = running(layout)
    others = [each for each in _whole(layout) if each != now]
    kept = [now, *others[-(KEPT - 1) :]]
    for each in layout.releases.iterdir():
        if each not in kept:
            shutil.rmtree(each)


def _whole(layout: Layout) -> list[Path]:
    """In the order in which they were completed."""
    marks = layout.releases.glob("*/complete")
    return [
        each.parent for each in sorted(marks, key=lambda each: each.stat().st_mtime)
    ]


def _single_files() -> list[Path]:
    shared = SOURCE / "deploy/workbay_deploy"
    return [
        SOURCE / "requirements.txt",
        shared / "__init__.py",
        *(shared / f"{module}.py" for module in SHARED),
    ]


def _copy(target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "tests", "*.egg-info", "build")
    for part in PARTS:
        shutil.copytree(SOURCE / part, target / part, ignore=ignored)
    guides = [SOURCE / "docs/guides" / guide for guide in GUIDES]
    for file in [*_single_files(), *(each for each in guides if each.is_file())]:
        to = target / file.relative_to(SOURCE)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, to)


def _environment(layout: Layout, release: Path, progress: Progress) -> None:
    """A virtual environment over the system's packages, with what those lack."""
    venv, source = release / "venv", release / "source"
    python = venv / "bin/python"
    # Without our own path: what is built must find its own packages only.
    ours = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if name not in ours}
    commands.run(
        ["/usr/bin/python3", "-m", "venv", "--system-site-packages", venv],
        log=layout.log,
        env=env,
        failure="The virtual environment could not be made: is the disk full?",
    )
    there = found(python)
    _declare(next((venv / "lib").glob("python3.*/site-packages")), there)
    limits = release / "constraints.txt"
    limits.write_text(constraints(there), encoding="utf-8")
    commands.run(
        [
            *(python, "-m", "pip", "install", "--no-cache-dir", "--no-input"),
            *("--disable-pip-version-check", "--no-warn-script-location"),
            *("-c", limits, source / "contract", source / "edge_agent"),
        ],
        log=layout.log,
        env=env,
        detail=progress.detail,
        failure="The agent's packages could not be installed: check the network (or "
        "PIP_INDEX_URL for a mirror) and run this again.",
    )
    for left in ("build", "workbay_contract.egg-info", "workbay_edge_agent.egg-info"):
        for part in ("contract", "edge_agent"):
            shutil.rmtree(source / part / left, ignore_errors=True)


def found(python: Path) -> dict[str, str]:
    """Of ``DISTRIBUTION``, what the system has: requirement → version."""
    script = (
        "import importlib, importlib.metadata as m, json, sys\n"
        "there = {}\n"
        "for name, module in json.loads(sys.argv[1]).items():\n"
        "    try: loaded = importlib.import_module(module)\n"
        "    except ImportError: continue\n"
        "    version = getattr(loaded, '__version__', None) or m.version(name)\n"
        "    there[name] = version\n"
        "print(json.dumps(there))\n"
    )
    said = commands.output([python, "-c", script, json.dumps(DISTRIBUTION)])
    there: dict[str, str] = json.loads(said or "{}")
    return there


def constraints(there: Mapping[str, str]) -> str:
    """The pins that the whole product is tested with, but for what the system has."""
    lines = (SOURCE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    kept = []
    for line in lines:
        match = re.match(r"^([A-Za-z0-9_.-]+)==[^;]+$", line.partition(" ")[0])
        if match and match[1].lower() not in there:
            kept.append(match[0])
    return "\n".join([*kept, *(f"{name}=={there[name]}" for name in there)]) + "\n"


def _declare(site: Path, there: Mapping[str, str]) -> None:
    """Tell pip of Debian's OpenCV, which comes without the metadata of PyPI's.

    Else it would fetch another one, with another numpy.
    """
    opencv = "opencv-python"
    if opencv not in there:
        return
    info = site / f"{opencv.replace('-', '_')}-{there[opencv]}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {opencv}\nVersion: {there[opencv]}\n"
        "Summary: the system's own OpenCV (python3-opencv)\n",
        encoding="utf-8",
    )
    (info / "INSTALLER").write_text("workbay\n", encoding="utf-8")
    (info / "RECORD").touch()
