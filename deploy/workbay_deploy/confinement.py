"""Starts a program that may read no other service's secrets and change no code.

    python confinement.py --hides DIR --reads DIR --writes DIR -- PROGRAM ARGUMENTS

All services run as one user, whom file modes do not keep from his own files; so each
gives up, by Linux's Landlock, what is not its own before it becomes its program. What
it starts inherits that, and a confined process cannot look into the memory of one that
is not. Landlock allows and does not forbid: everything beside a hidden folder and the
folders above it is allowed by name. What is made right beside them later cannot be read
before a restart.

Rights and calls: Documentation/userspace-api/landlock.rst of Linux; the second version
of the interface is wanted (Linux 5.19), since the first lets nobody move a file to
another folder. A script on its own, run without site-packages: it is in every service's
start.
"""

import argparse
import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION = 1  # the flag that asks for the interface's version
BENEATH = 1  # the kind of a rule: a folder and all in it, or a file
NO_NEW_PRIVILEGES = 38  # of prctl; without it only root may confine itself

WRITE_FILE, READ_FILE = 1 << 1, 1 << 2
REMOVE, MAKE = (1 << 4 | 1 << 5), sum(1 << bit for bit in range(6, 13))
REFER, TRUNCATE = 1 << 13, 1 << 14
OF_FILES = WRITE_FILE | READ_FILE | TRUNCATE
WANTED_VERSION, VERSION_OF_TRUNCATE = 2, 3

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Landlock's on this machine; 0 where the kernel has none or it is switched off."""
    return max(0, _libc.syscall(CREATE_RULESET, None, 0, VERSION))


def confine(
    hides: Sequence[Path], reads: Sequence[Path], writes: Sequence[Path]
) -> bool:
    """Give up what is not said here, for this process and all that it starts.

    :param hides: folders of which no file can be read any more.
    :param reads: what can be read nevertheless.
    :param writes: all that can be written; what is missing is passed over.
    :return: False where this kernel cannot, with nothing given up.
    :raises OSError: the kernel refused.
    """
    known = version()
    if known < WANTED_VERSION:
        return False
    write = WRITE_FILE | REMOVE | MAKE | REFER
    if known >= VERSION_OF_TRUNCATE:
        write |= TRUNCATE
    ruleset = _call(CREATE_RULESET, struct.pack("Q", READ_FILE | write), 8, 0)
    for path in (*_beside(hides), *reads):
        _allow(ruleset, path, READ_FILE)
    for path in writes:
        _allow(ruleset, path, write)
    if _libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return True


def _beside(hidden: Sequence[Path]) -> Iterator[Path]:
    """Everything that is neither hidden nor a folder on the way to what is."""
    closed = {path.resolve() for path in hidden}
    ways = {parent for path in closed for parent in path.parents}
    passed = closed | ways
    for folder in ways:
        # Not there, or what it holds is not for us anyhow.
        with contextlib.suppress(FileNotFoundError, PermissionError):
            for child in folder.iterdir():
                if child not in passed and not child.is_symlink():
                    yield child


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it is not there, or is not for us anyhow
        return
    try:
        if not path.is_dir():
            rights &= OF_FILES
        rule = struct.pack("=Qi", rights, opened)
        _call(ADD_RULE, ruleset, BENEATH, rule, 0)
    finally:
        os.close(opened)


def _call(number: int, *arguments: int | bytes) -> int:
    # Whole registers: a variadic call is handed no type by its declaration.
    widened = (ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)
    answer: int = _libc.syscall(ctypes.c_long(number), *widened)
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock, call {number}: {os.strerror(error)}")
    return answer


def main(arguments: Sequence[str]) -> None:
    """Become the program that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--hides", "--reads", "--writes"):
        parser.add_argument(name, type=Path, action="append", default=[])
    parser.add_argument("program", nargs="+")
    given = parser.parse_args(arguments)
    if not confine(given.hides, given.reads, given.writes):
        print(  # noqa: T201
            "This kernel has no Landlock: other services' secrets are kept from this "
            "one by nothing but its own good conduct.",
            file=sys.stderr,
        )
    os.execv(given.program[0], given.program)


if __name__ == "__main__":
    main(sys.argv[1:])
