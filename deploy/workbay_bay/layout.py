"""Where everything of a bay lies."""

from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
"""The checkout, or a release's copy of it, that this runs from."""

SHIPPED = SOURCE / "deploy" / "bay"


@dataclass(frozen=True)
class Layout:
    """:ivar root: ``/``; another folder to try it all in."""

    root: Path = Path("/")

    @property
    def releases(self) -> Path:
        return self.root / "opt/workbay/releases"

    @property
    def current(self) -> Path:
        """The link to the release that runs."""
        return self.root / "opt/workbay/current"

    @property
    def settings(self) -> Path:
        return self.root / "etc/workbay/bay.env"

    @property
    def units(self) -> Path:
        return self.root / "etc/systemd/system"

    @property
    def data(self) -> Path:
        """The one place that has to stay writable."""
        return self.root / "var/lib/workbay"

    @property
    def log(self) -> Path:
        return self.root / "var/log/workbay-bay.log"

    @property
    def commands(self) -> dict[str, Path]:
        """Commands for people, by the file that is shipped for each."""
        return {
            "edge-agent": self.root / "usr/local/bin/edge-agent",
            "workbay-bay": self.root / "usr/local/sbin/workbay-bay",
        }

    def has_systemd(self) -> bool:
        """Whether a systemd runs here: not in a folder, a container or an image."""
        return (self.root / "run/systemd/system").is_dir()
