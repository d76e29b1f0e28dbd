"""One thing that the doctor found, in the words of whoever stands before the bay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from edge_agent.doctor.words import WORDS

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """:ivar check: what was looked at, a key of ``CHECKS``.

    :ivar code: a key of ``words.WORDS``, with its parameters.
    """

    check: str
    level: Level
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        """:param lang: ``en`` or ``zh``."""
        return WORDS[self.code][lang].format(**self.params)

    def dump(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "check": self.check,
            "level": self.level,
            "code": self.code,
            "params": dict(self.params),
            "en": self.text("en"),
            "zh": self.text("zh"),
        }
