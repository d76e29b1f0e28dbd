"""What a run started ends with it, apart from what others still need."""

import subprocess
import sys

SCRIPT = """
import subprocess
from workbay_deploy import orphans
kept, ended = (subprocess.Popen(["sleep", "60"]) for _each in range(2))
orphans.end_children([kept.pid])
assert kept.poll() is None, "the spared process was ended"
orphans.end_children()
print("done")
"""


def test_what_is_spared_lives_on_and_the_rest_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "done\n", done.stderr
