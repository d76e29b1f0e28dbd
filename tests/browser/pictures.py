"""Take the documentation's pictures out of the browser tests' screenshots.

WORKBAY_SCREENSHOTS=/tmp/shots deploy/test tests/browser
.runtime/venv/bin/python tests/browser/pictures.py /tmp/shots
"""

import sys
from pathlib import Path

from PIL import Image

IMAGES = Path(__file__).parents[2] / "docs" / "images"
NAMES = ("order-timeline", "kiosk-order", "sheet", "login")
MAX_BYTES = 250 * 1024


def main(folder: Path) -> int:
    """Write the pictures with a palette; fail on one that is too large."""
    IMAGES.mkdir(exist_ok=True)
    for name in (name + suffix for name in NAMES for suffix in ("", "-zh")):
        picture = Image.open(folder / f"{name}.png").convert("RGB")
        target = IMAGES / f"{name}.png"
        picture.quantize(256).save(target, optimize=True)
        if target.stat().st_size > MAX_BYTES:
            sys.exit(f"{target} is larger than {MAX_BYTES} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
