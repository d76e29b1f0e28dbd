"""Installing our addons makes Odoo warn of nothing."""

import os
import re
from pathlib import Path

LOUD = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ", re.MULTILINE)


def test_installation_logs_no_warning() -> None:
    log = Path(os.environ["WORKBAY_TEST_INSTALL_LOG"]).read_text(encoding="utf-8")
    loud = [line for line in log.splitlines() if LOUD.match(line)]
    assert not loud, "\n".join(loud)
