"""A database cluster of our own: unix socket only, for its own user only."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbay_deploy import commands
from workbay_deploy.errors import CommandError, SetupError

PORT = 5432  # names the socket; no TCP port is opened

CONF = """\
data_directory = '{data}'
hba_file = '{hba}'
ident_file = '{ident}'
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 120
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
log_line_prefix = '%m [%p] %q%u@%d '
timezone = 'UTC'
log_timezone = 'UTC'
"""
# For databases that may be lost with the machine's power.
VOLATILE = """\
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = 5min
"""
HBA = "local all all peer\n"
# Lets a test take a copy of the whole cluster; a chain that people use has no need.
HBA_OF_TESTS = HBA + "local replication all peer\n"


@dataclass(frozen=True)
class Cluster:
    """Where a cluster lies and how to speak to it."""

    data: Path
    socket: Path
    conf: Path
    user: str
    volatile: bool = False

    @property
    def argv(self) -> tuple[str, ...]:
        return (str(binary("postgres")), f"--config-file={self.conf}")

    @property
    def env(self) -> dict[str, str]:
        """What makes psql, createdb and Odoo find it."""
        return {"PGHOST": str(self.socket), "PGPORT": str(PORT), "PGUSER": self.user}

    @property
    def socket_file(self) -> Path:
        return self.socket / f".s.PGSQL.{PORT}"

    def create(self, log: Path, env: Mapping[str, str]) -> None:
        """initdb, whole or not at all."""
        self.configure()
        if self.data.is_dir():
            return
        partial = self.data.with_name(self.data.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        commands.run(
            [
                binary("initdb"),
                f"--pgdata={partial}",
                f"--username={self.user}",
                "--auth=peer",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                *(["--no-sync"] if self.volatile else []),
            ],
            log=log,
            env=env,
            failure="The database cluster could not be made: see above.",
        )
        partial.rename(self.data)

    def configure(self) -> None:
        """Write the configuration; the server reads it at its start."""
        self.socket.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.conf.parent.mkdir(parents=True, exist_ok=True)
        hba = self.conf.with_name("pg_hba.conf")
        hba.write_text(HBA_OF_TESTS if self.volatile else HBA, encoding="utf-8")
        ident = self.conf.with_name("pg_ident.conf")
        ident.write_text("", encoding="utf-8")
        text = CONF.format(
            data=self.data, hba=hba, ident=ident, port=PORT, socket=self.socket
        )
        self.conf.write_text(
            text + (VOLATILE if self.volatile else ""), encoding="utf-8"
        )

    def is_ready(self) -> bool:
        return self._psql("postgres", "SELECT 1").returncode == 0

    def pids(self) -> list[int]:
        """The server's process; none where it does not run."""
        try:
            text = (self.data / "postmaster.pid").read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        return [int(text.split()[0])]

    def query(self, database: str, statement: str) -> str:
        """The answer as psql prints it bare.

        :raises CommandError: with the database's words.
        """
        done = self._psql(database, statement)
        if done.returncode != 0:
            raise CommandError("The database refused a question.", done.stderr)
        return done.stdout.strip()

    def _psql(
        self, database: str, statement: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [binary("psql"), "-XAtq", "-d", database, "-c", statement],
            env={**self.env, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run a statement; CommandError with psql's words when it fails."""
        commands.run(
            [binary("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database],
            log=self.conf.with_name("psql.log"),
            env={**self.env, "PATH": "/usr/bin:/bin"},
            stdin=statement,
            failure="The database refused a statement: see above.",
        )

    def databases(self) -> set[str]:
        return set(
            self.query("postgres", "SELECT datname FROM pg_database").splitlines()
        )

    def copy(self, template: str, target: str) -> None:
        """createdb -T; nobody may be connected to the template."""
        self.execute(f'CREATE DATABASE "{target}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def rename(self, old: str, new: str) -> None:
        self.execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')


def binary(name: str) -> Path:
    """A program of the newest PostgreSQL server installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: float(path.parts[4]),
    )
    if not found:
        raise SetupError(
            f"PostgreSQL's {name} is missing: run deploy/up, which installs it."
        )
    return found[-1]
