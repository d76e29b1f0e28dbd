"""What the paths given to deploy/test need: Odoo's registry, databases, addons."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbay_deploy.errors import SettingsError

ROOTS = ("contract", "edge_agent", "mqtt_bridge", "deploy", "addons", "tests")
# Below tests/: these start a whole chain from a template.
CHAINS = ("e2e", "browser", "faults")


@dataclass(frozen=True)
class Selection:
    """Paths for pytest, relative to the source, and what has to be ready for them."""

    paths: tuple[str, ...]
    # The addons to be installed: all (None), or these; empty: no database at all.
    addons: tuple[str, ...] | None
    # Whether pytest-odoo loads a registry.
    odoo: bool


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our paths, and what is meant for pytest behind `--`."""
    if "--" in arguments:
        place = list(arguments).index("--")
        return list(arguments[:place]), list(arguments[place + 1 :])
    return list(arguments), []


def select(given: Sequence[str], source: Path, working: Path) -> Selection:
    """Find out what is needed; every path that does not exist is named."""
    mistakes: list[str] = []
    parts: list[tuple[str, ...]] = []
    paths: list[str] = []
    for text in given or [root for root in ROOTS if (source / root).is_dir()]:
        name, colons, node = text.partition("::")
        path = _resolve(name, source, working)
        if path is None:
            mistakes.append(f"{name}: there is no such file or folder below {source}")
            continue
        relative = path.relative_to(source)
        if relative == Path():
            return select([], source, working)
        parts.append(relative.parts)
        paths.append(f"{relative}{colons}{node}")
    if mistakes:
        raise SettingsError(mistakes)
    everything = any(_needs_all(part) for part in parts)
    named = tuple(
        sorted({part[1] for part in parts if part[0] == "addons" and len(part) > 1})
    )
    return Selection(
        paths=tuple(paths),
        addons=None if everything else named,
        odoo=any(_needs_odoo(part) for part in parts),
    )


def _resolve(name: str, source: Path, working: Path) -> Path | None:
    for base in (source, working):
        path = (base / name).resolve()
        if path.exists() and path.is_relative_to(source.resolve()):
            return source / path.relative_to(source.resolve())
    return None


def _needs_odoo(part: tuple[str, ...]) -> bool:
    if part[0] == "addons" or part == ("tests",):
        return True
    return part[:2] == ("tests", "lint") and (
        len(part) == 2 or part[2].startswith("test_odoo")
    )


def _needs_all(part: tuple[str, ...]) -> bool:
    if part in {("addons",), ("tests",)}:
        return True
    if part[0] == "tests" and len(part) > 1:
        return part[1] in CHAINS or _needs_odoo(part)
    return False
