"""What the agent's process gives back once it is loaded, and that it goes on."""

import json
import subprocess
import sys
from pathlib import Path

from edge_agent import frugal

LOADED = """
import json, sys
from pathlib import Path
from edge_agent import frugal

def files():
    status = Path("/proc/self/status").read_text().split("RssFile:")[1]
    return int(status.split()[0])

frugal.begin()
from edge_agent.life import Life
import cv2, httpx, numpy, ssl
before = files()
frugal.settle()
after = files()
grey = numpy.arange(256 * 256, dtype=numpy.uint32).astype(numpy.uint8).reshape(256, 256)
small = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA)
ok, jpeg = cv2.imencode(".jpg", small)
read = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
from edge_agent.settings import Settings
try:
    Settings(data_dir="/nowhere", lang="1")
except ValueError as error:
    refused = str(error)
print(json.dumps({
    "before": before,
    "after": after,
    "shape": read.shape,
    "mean": float(numpy.abs(read.astype(float) - small).mean()),
    "ciphers": len(ssl.create_default_context().get_ciphers()),
    "refused": refused,
}))
"""

SMAPS = """\
7f00000000-7f00002000 r-xp 00000000 fe:00 12 /usr/lib/libcode.so
Rss:                   8 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me
7f00002000-7f00003000 r--p 00002000 fe:00 12 /usr/lib/librelocated.so
Anonymous:             4 kB
Swap:                  0 kB
VmFlags: rd mr mw me
7f00003000-7f00004000 r--p 00003000 fe:00 12 /usr/lib/libswapped.so
Anonymous:             0 kB
Swap:                  4 kB
VmFlags: rd mr mw me
7f00004000-7f00005000 rw-p 00004000 fe:00 12 /usr/lib/libdata.so
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd wr mr mw me
7f00005000-7f00006000 r--s 00000000 fe:00 13 /var/lib/workbay/shared
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd mr mw me
7f00006000-7f00007000 r--p 00000000 00:00 0
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd mr mw me
7f00007000-7f00008000 r-xp 00000000 00:01 14 /memfd:closures (deleted)
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me
7ffc000000-7ffc001000 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me
7f00008000-7f0000b000 r--p 00000000 fe:00 15 /usr/lib/locale/locale-archive
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd mr mw me
"""


def test_what_only_loading_read_is_given_back_and_all_goes_on() -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    seen = json.loads(run.stdout)
    assert seen["after"] < seen["before"] / 2
    assert seen["shape"] == [64, 64]
    assert seen["mean"] < 8
    assert seen["ciphers"]
    assert "lang" in seen["refused"]


def test_only_what_is_the_files_own_is_let_go_of(tmp_path: Path) -> None:
    smaps = tmp_path / "smaps"
    smaps.write_text(SMAPS)
    assert list(frugal._untouched(smaps)) == [
        (0x7F00000000, 0x2000),
        (0x7F00008000, 0x3000),
    ]
    assert list(frugal._untouched(tmp_path / "none")) == []
