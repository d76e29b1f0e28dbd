"""Where everything lies: one runtime folder, one concept a folder."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# A unix socket's path may have 107 characters; PostgreSQL adds its file name.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.65535")


@dataclass(frozen=True)
class Paths:
    """The runtime folder and the source that it runs."""

    runtime: Path
    source: Path
    # A throw-away chain keeps its logs with itself.
    log_folder: Path | None = None

    @property
    def downloads(self) -> Path:
        return self.runtime / "downloads"

    @property
    def odoo(self) -> Path:
        return self.runtime / "odoo"

    @property
    def venv(self) -> Path:
        return self.runtime / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.log_folder or self.runtime / "logs"

    @property
    def home(self) -> Path:
        return self.runtime / "home"

    @property
    def cache(self) -> Path:
        return self.runtime / "cache"

    @property
    def demo(self) -> Path:
        """State of the running demo: everything that --fresh forgets."""
        return self.runtime / "demo"

    @property
    def test(self) -> Path:
        return self.runtime / "test"

    @property
    def bench(self) -> Path:
        return self.runtime / "bench"

    @property
    def log(self) -> Path:
        """What the set-up's own commands printed."""
        return self.logs / "setup.log"


@dataclass(frozen=True)
class ChainPaths:
    """The folders of one chain: the demo's, or a throw-away one's."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def data(self) -> Path:
        """Odoo's data folder: attachments and sessions."""
        return self.root / "odoo-data"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def media(self) -> Path:
        """The bridge's cache of partial uploads."""
        return self.root / "media"

    @cached_property
    def run(self) -> Path:
        """Sockets and pid files; elsewhere where the path would be too long."""
        folder = self.root / "run"
        if len(str(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        return Path("/tmp") / f"workbay-run-{digest}"  # noqa: S108

    @property
    def bays(self) -> Path:
        """The virtual bays' data."""
        return self.root / "bays"

    def bay(self, number: int) -> Path:
        return self.bays / f"bay-{number}"

    def create(self) -> None:
        """Make the folders; secrets and sockets are the owner's alone."""
        for folder in (self.etc, self.data, self.tmp, self.media):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.run, self.secrets, self.etc):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
