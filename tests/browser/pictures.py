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
GUIDE_WIDTH = 1100
GUIDE_MAX_BYTES = 120 * 1024


def keep(source: Path, target: Path, max_bytes: int, width: int | None = None) -> None:
    """Write a picture with a palette, no wider than ``width``; fail on a large one.

    A photograph in it may need fewer colours than text does.
    """
    picture = Image.open(source).convert("RGB")
    if width and picture.width > width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    for colours in (256, 128, 64):
        picture.quantize(colours).save(target, optimize=True)
        if target.stat().st_size <= max_bytes:
            return
    sys.exit(f"{target} is larger than {max_bytes} bytes")


def main(folder: Path) -> int:
    """Write those pictures that the folder holds."""
    guides = IMAGES / "guides"
    guides.mkdir(parents=True, exist_ok=True)
    for name in (name + suffix for name in NAMES for suffix in ("", "-zh")):
        if (source := folder / f"{name}.png").exists():
            keep(source, IMAGES / source.name, MAX_BYTES)
    for source in sorted(folder.glob("guide-*.png")):
        target = guides / source.name.removeprefix("guide-")
        keep(source, target, GUIDE_MAX_BYTES, GUIDE_WIDTH)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
