"""The camera's adapter against picamera2's own source, as far as no sensor is needed.

picamera2 drives libcamera, which only a Pi has, so its class cannot be made here. What
can be held is that every call of the adapter fits the signature that the source has,
and that a job of picamera2's ends as the adapter expects. ``pip`` fetches the source,
of the pinned version and of the oldest that will do: before it a job could not be
waited for with an end.
"""

import ast
import importlib.util
import inspect
import os
import re
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from edge_agent.camera import CameraError
from edge_agent.camera.picamera import PicameraSource

from . import test_camera_sources

ROOT = Path(__file__).parents[2]
PINNED = re.search(
    r"^picamera2==(\S+?);", (ROOT / "requirements.txt").read_text(), re.MULTILINE
)
assert PINNED
VERSIONS = (PINNED[1], "0.3.18")


@pytest.fixture(scope="session", params=VERSIONS)
def source(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of picamera2's package; fetched once."""
    name = f"picamera2-{request.param}"
    runtime = os.environ.get("WORKBAY_RUNTIME")
    kept = (
        Path(runtime, "downloads", "sdist")
        if runtime
        else tmp_path_factory.mktemp("sdist")
    )
    kept.mkdir(parents=True, exist_ok=True)
    if not (kept / f"{name}.tar.gz").is_file():
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--no-deps"),
                *("--no-binary", ":all:", "--no-build-isolation", "-d", str(kept)),
                f"picamera2=={request.param}",
            ],
            check=True,
            capture_output=True,
        )
    unpacked = tmp_path_factory.mktemp("picamera2")
    with tarfile.open(kept / f"{name}.tar.gz") as archive:
        archive.extractall(unpacked)
    return unpacked / name / "picamera2"


def members(source: Path) -> dict[str, ast.FunctionDef]:
    """The methods of the real class; of overloads the last, which is the code."""
    tree = ast.parse((source / "picamera2.py").read_text())
    [made] = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "Picamera2"
    ]
    return {node.name: node for node in made.body if isinstance(node, ast.FunctionDef)}


def signature(function: ast.FunctionDef) -> inspect.Signature:
    """Names, kinds and which have a default."""
    said = function.args
    assert said.vararg is None
    plain = [*said.posonlyargs, *said.args]
    least = len(plain) - len(said.defaults)
    parameters = [
        inspect.Parameter(
            each.arg,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=None if number >= least else inspect.Parameter.empty,
        )
        for number, each in enumerate(plain)
    ]
    parameters += [
        inspect.Parameter(
            each.arg,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if default is None else None,
        )
        for each, default in zip(said.kwonlyargs, said.kw_defaults, strict=True)
    ]
    return inspect.Signature(parameters)


class Recording(test_camera_sources.Picamera2):
    """Keeps each call that the adapter makes."""

    calls: "list[tuple[str, tuple[Any, ...], dict[str, Any]]]" = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.calls.append(("__init__", args, kwargs))
        super().__init__(*args, **kwargs)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not inspect.ismethod(found):
            return found

        def called(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            return found(*args, **kwargs)

        return called


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Recording]]:
    module = ModuleType("picamera2")
    module.Picamera2 = Recording  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    monkeypatch.setattr(Recording, "calls", [])
    monkeypatch.setattr(Recording, "opened", [])
    yield Recording


def test_every_call_fits_the_source(source: Path, installed: type[Recording]) -> None:
    camera = PicameraSource(rate=1000)
    next(camera.frames())
    camera.snapshot()
    camera.close()
    real = members(source)
    for name, args, kwargs in installed.calls:
        assert name in real, name
        signature(real[name]).bind(None, *args, **kwargs)
    assert {name for name, _, _ in installed.calls} == {
        "__init__",
        "create_video_configuration",
        "create_still_configuration",
        "configure",
        "set_controls",
        "start",
        "capture_array",
        "switch_mode_and_capture_array",
        "wait",
        "close",
    }


def test_controls_are_a_property_and_rgb888_is_a_format(source: Path) -> None:
    marks = members(source)["camera_controls"].decorator_list
    assert [mark.id for mark in marks if isinstance(mark, ast.Name)] == ["property"]
    assert '"RGB888"' in (source / "formats.py").read_text()


def test_a_call_that_would_not_fit_is_found(source: Path) -> None:
    real = members(source)["capture_array"]
    with pytest.raises(TypeError, match="wait_for"):
        signature(real).bind(None, "main", wait_for=False)


def job(source: Path, function: Callable[[], tuple[bool, Any]]) -> Any:
    spec = importlib.util.spec_from_file_location("picamera2_job", source / "job.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Job([function])


class Jobs(test_camera_sources.Picamera2):
    """Hands out picamera2's own jobs and waits for them as it does."""

    source: Path
    ends: Callable[[], tuple[bool, Any]]
    executes = True

    def capture_array(self, name: str = "main", wait: bool | None = None) -> Any:
        made = job(self.source, type(self).ends)
        if self.executes:
            thread = threading.Thread(target=lambda: made.execute() and made.signal())
            thread.start()
            thread.join()
        return made

    def wait(self, job: Any, timeout: float | None = None) -> Any:
        return job.get_result(timeout=timeout)


@pytest.fixture
def jobs(source: Path, monkeypatch: pytest.MonkeyPatch) -> type[Jobs]:
    module = ModuleType("picamera2")
    module.Picamera2 = Jobs  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    monkeypatch.setattr(Jobs, "opened", [])
    monkeypatch.setattr(Jobs, "source", source, raising=False)
    monkeypatch.setattr("edge_agent.camera.picamera.CAPTURE_SECONDS", 0.05)
    return Jobs


def test_a_job_ends_with_a_picture(
    jobs: type[Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    monkeypatch.setattr(jobs, "ends", staticmethod(lambda: (True, picture)), False)
    assert next(PicameraSource(rate=1000).frames()) is picture


def test_a_job_that_never_ends_or_fails_is_a_camera_error(
    jobs: type[Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> tuple[bool, Any]:
        raise RuntimeError("camera frontend has timed out")

    monkeypatch.setattr(jobs, "ends", staticmethod(fails), False)
    with pytest.raises(CameraError, match="timed out"):
        next(PicameraSource(rate=1000).frames())
    monkeypatch.setattr(jobs, "executes", False)
    with pytest.raises(CameraError, match="answer"):
        next(PicameraSource(rate=1000).frames())
