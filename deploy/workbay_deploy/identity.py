"""The user that everything runs as."""

import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbay_deploy import commands
from workbay_deploy.errors import SetupError

# What the set-up's own commands may know of the caller's environment.
PASSED_ON = ("PIP_", "WORKBAY_")
PASSED_ON_EXACTLY = {
    "ODOO_HOME",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "TERM",
}
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def ensure_user(name: str, log: Path) -> pwd.struct_passwd:
    """The service user, created as a system user without login when missing."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        commands.run(
            [
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir=/nonexistent",
                "--shell=/usr/sbin/nologin",
                name,
            ],
            log=log,
            failure=f"The user {name} could not be created: create it by hand or name "
            "another by --user.",
        )
        return pwd.getpwnam(name)


def can_read(user: pwd.struct_passwd, paths: Sequence[Path]) -> bool:
    """Whether the user reaches every one of the paths: asked as that user."""
    child = os.fork()
    if child == 0:
        # Only os._exit leaves this branch: the parent's handlers are not its own.
        try:
            become(user)
            readable = all(
                os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))
                for path in paths
            )
            os._exit(0 if readable else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def become(user: pwd.struct_passwd) -> None:
    """Give up root's rights for good."""
    if os.geteuid() != 0:
        if os.geteuid() != user.pw_uid:
            raise SetupError(f"Only root can act as {user.pw_name}.")
        return
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def environment(
    user: str, home: Path, environ: Mapping[str, str], **more: str
) -> dict[str, str]:
    """A clean environment for that user with only what set-up steps may know."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in PASSED_ON_EXACTLY or name.startswith(PASSED_ON)
    }
    return kept | {
        "HOME": str(home),
        "USER": user,
        "LOGNAME": user,
        "PATH": SYSTEM_PATH,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        **more,
    }
