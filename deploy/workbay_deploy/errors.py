"""What can go wrong, worded for the person at the terminal."""

from collections.abc import Sequence
from pathlib import Path


class SetupError(Exception):
    """One sentence: what is wrong and what to do about it."""


class SettingsError(SetupError):
    """Every mistake in the settings at once."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(f"- {mistake}" for mistake in self.mistakes))


class CommandError(SetupError):
    """A command failed; ``tail`` is the end of what it printed."""

    def __init__(self, sentence: str, tail: str = "", log: Path | None = None) -> None:
        self.tail = tail
        self.log = log
        super().__init__(sentence)
