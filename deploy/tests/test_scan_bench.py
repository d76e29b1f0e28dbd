"""Photographs that somebody brings are read and scored as their labels say."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

ROOT = Path(__file__).parents[2]
KEYS = {"images_pct", "images_mean", "misreads", "p50_ms", "p95_ms", "max_ms"}
SIDE = 300


def photograph(path: Path, text: str) -> None:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    image = np.asarray(zxingcpp.write_barcode_to_image(code, scale=8), np.uint8)
    frame = np.full((720, 1280), 230, np.uint8)
    frame[100 : 100 + SIDE, 200 : 200 + SIDE] = cv2.resize(image, (SIDE, SIDE))
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), frame)


def measured(folder: Path) -> tuple[int, dict[str, float]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.scan", "--images", str(folder), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    return done.returncode, json.loads(lines[-1]) if lines else {}


def test_a_list_of_texts(tmp_path: Path) -> None:
    photograph(tmp_path / "one.png", "first")
    photograph(tmp_path / "wall" / "two.jpg", "second, with a comma")
    cv2.imwrite(str(tmp_path / "none.png"), np.full((720, 1280), 200, np.uint8))
    rows = ["file,text", "one.png,first", 'wall/two.jpg,"second, with a comma"']
    rows += ["none.png,", "lost.png,never read"]
    (tmp_path / "labels.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    code, figures = measured(tmp_path)
    assert code == 0
    assert figures.keys() == KEYS
    assert figures["images_pct"] == pytest.approx(100 * 2 / 3, abs=0.01)
    assert figures["images_mean"] == pytest.approx((50 + 100) / 2)
    assert figures["misreads"] == 0


def test_a_text_that_is_not_there_is_a_misread(tmp_path: Path) -> None:
    photograph(tmp_path / "one.png", "first")
    (tmp_path / "labels.csv").write_text("file,text\none.png,another\n")
    code, figures = measured(tmp_path)
    assert (code, figures["misreads"], figures["images_pct"]) == (1, 1, 0)


@pytest.mark.parametrize("sets", [False, True])
def test_corner_files(tmp_path: Path, sets: bool) -> None:
    photograph(tmp_path / "glare" / "image001.png", "first")
    corners = [(200, 100), (500, 100), (500, 400), (200, 400)]
    apart = " " if sets else "\n"
    lines = apart.join(f"{x}.0 {y}.0" for x, y in corners)
    head = "# corners\nSETS\n" if sets else "# corners\n"
    (tmp_path / "glare" / "image001.txt").write_text(head + lines + "\n")
    code, figures = measured(tmp_path)
    assert code == 0
    assert figures.keys() == KEYS
    assert figures["images_pct"] == figures["images_mean"] == 100


def test_a_folder_without_labels_is_told(tmp_path: Path) -> None:
    photograph(tmp_path / "one.png", "first")
    assert measured(tmp_path) == (2, {})
