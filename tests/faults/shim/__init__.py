"""Builds the shim where its tool is; a missing one fails the run."""

import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("faults.c")


def build(folder: Path) -> Path:
    """:return: the library to preload."""
    library = folder / "faults.so"
    subprocess.run(
        [
            *("/usr/bin/gcc", "-O2", "-fPIC", "-shared", "-Wall", "-Werror"),
            *("-o", str(library), str(SOURCE)),
        ],
        check=True,
    )
    return library
