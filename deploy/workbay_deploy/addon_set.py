"""Our addons and what they depend on, read from their manifests."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workbay_deploy import source_tree


@dataclass(frozen=True)
class AddonSet:
    """The addons below one folder."""

    folder: Path

    @cached_property
    def depends(self) -> dict[str, list[str]]:
        """Each addon's `depends`, ours and others'."""
        return {
            manifest.parent.name: list(
                ast.literal_eval(manifest.read_text(encoding="utf-8")).get(
                    "depends", []
                )
            )
            for manifest in sorted(self.folder.glob("*/__manifest__.py"))
        }

    @property
    def outside(self) -> list[str]:
        """What all of ours need that is not ours."""
        needed = {name for names in self.depends.values() for name in names}
        return sorted(needed - set(self.depends))

    def closure(self, wanted: Iterable[str]) -> list[str]:
        """Those and all of ours that they need, the needed ones first.

        The order does not depend on what is wanted, so that a shorter closure is a
        prefix of a longer one wherever possible.
        """
        needed: set[str] = set()
        todo = [name for name in wanted if name in self.depends]
        while todo:
            name = todo.pop()
            if name not in needed:
                needed.add(name)
                todo += [other for other in self.depends[name] if other in self.depends]
        return [name for name in self.ordered if name in needed]

    @cached_property
    def ordered(self) -> list[str]:
        """All of ours, each behind what it depends on."""
        return sorted(self.depends, key=lambda name: (self._depth(name), name))

    def digest(self, names: Iterable[str]) -> str:
        """Changes with the code of any of them; tests and readme do not count."""
        return source_tree.digest([self.folder / name for name in names])

    def _depth(self, name: str) -> int:
        ours = [other for other in self.depends[name] if other in self.depends]
        return 1 + max((self._depth(other) for other in ours), default=0)
