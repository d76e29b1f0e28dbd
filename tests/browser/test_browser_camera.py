"""A laptop's browser as a bay's camera: paper before it, and the bay reads it."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from edge_agent.camera.scene import Scene, make_page
from tests.browser.conftest import KIOSK
from tests.browser.test_kiosk import STRINGS
from tests.support.chromium import CHROMIUM, CHROMIUM_FLAGS
from tests.support.shop import Shop, WorkOrder
from workbay_deploy import services
from workbay_deploy.stack import Stack

BAY = 2
CAMERA = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
NAMED = "--host-resolver-rules=MAP bay.test 127.0.0.1"
HANDS = 20
"""Pictures of the film: a hand is never still."""


def words(lang: str) -> dict[str, str]:
    table: dict[str, str] = json.loads((STRINGS / f"{lang}.json").read_text())
    return table


@pytest.fixture
def lending(stack: Stack) -> Iterator[str]:
    """A bay whose camera is a browser's; its kiosk's address."""
    service = services.bay(stack.chain, BAY)
    stack.stop_service(service.name)
    mode = {"BAY_CAMERA": "browser", "BAY_KIOSK_NAMES": '["bay.test"]'}
    stack.launch(dataclasses.replace(service, env={**service.env, **mode}))
    yield stack.chain.kiosk_url(BAY)
    stack.stop_service(service.name)
    stack.launch(service)


@pytest.fixture
def order(shop: Shop) -> WorkOrder:
    return shop.receive()


@pytest.fixture
def launch(browser: Browser) -> Iterator[Callable[..., Browser]]:
    """Another browser, with flags of its own."""
    running: list[Browser] = []

    def start(*flags: str) -> Browser:
        running.append(
            browser.browser_type.launch(
                executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, *flags]
            )
        )
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture
def seeing(
    launch: Callable[..., Browser], shop: Shop, order: WorkOrder, tmp_path: Path
) -> Browser:
    """A browser before whose camera somebody holds a badge and the order's sheet."""
    papers = film(
        tmp_path / "papers.mjpeg", shop.badge(shop.login("technician")), order.sheet
    )
    return launch(CAMERA, ALLOWED, f"--use-file-for-fake-video-capture={papers}")


def film(target: Path, badge: bytes, sheet: bytes) -> Path:
    """What a camera sees of both papers, as motion JPEG; Chromium plays it over."""
    pages = [
        make_page(name, np.asarray(cv2.imdecode(_bytes(image), 1), np.uint8))
        for name, image in (("badge.png", badge), ("sheet.png", sheet))
    ]
    scene = Scene(5)
    with target.open("wb") as file:
        for number in range(HANDS):
            frame = scene.hold(pages, number)
            file.write(cv2.imencode(".jpg", frame)[1].tobytes())
    return target


def _bytes(image: bytes) -> np.ndarray:
    return np.frombuffer(image, np.uint8)


def opened(browser: Browser, address: str, lang: str) -> Page:
    page = browser.new_page(viewport=KIOSK, reduced_motion="reduce")
    page.goto(f"{address}/?lang={lang}")
    page.wait_for_selector("#app header")
    return page


def test_a_sheet_before_a_laptops_camera_is_scanned_at_the_bay(
    lending: str, seeing: Browser, order: WorkOrder, shots: Path
) -> None:
    page = opened(seeing, lending, "en_US")
    # Read by the agent from the pictures that the page sent, and by nothing else.
    page.wait_for_selector("main.order", timeout=60_000)
    expect(page.locator(".head-lines")).to_contain_text(order.name)
    expect(page.locator(".person-name")).to_be_visible()
    page.screenshot(path=shots / "kiosk-browser-camera.png")


def test_a_second_page_waits_until_the_first_is_closed(
    lending: str, seeing: Browser, shots: Path
) -> None:
    first = opened(seeing, lending, "en_US")
    first.wait_for_selector("main.order", timeout=60_000)
    first.evaluate(
        """() => fetch("/api/leave", {method: "POST", body: "{}",
            headers: {"Content-Type": "application/json"}})"""
    )
    second = opened(seeing, lending, "zh_CN")
    dark = second.locator(".live-dark p")
    expect(dark).to_have_text(words("zh_CN")["lens_elsewhere"])
    second.screenshot(path=shots / "kiosk-browser-camera-elsewhere-zh.png")
    first.close()
    expect(dark).to_have_count(0)


@pytest.mark.parametrize("lang", ["en_US", "zh_CN"])
def test_a_covered_lens_is_said(
    launch: Callable[..., Browser], lending: str, lang: str, shots: Path, tmp_path: Path
) -> None:
    cap = cv2.imencode(".jpg", np.zeros((720, 1280, 3), np.uint8))[1].tobytes()
    (tmp_path / "cap.mjpeg").write_bytes(cap * HANDS)
    covered = f"--use-file-for-fake-video-capture={tmp_path / 'cap.mjpeg'}"
    page = opened(launch(CAMERA, ALLOWED, covered), lending, lang)
    expect(page.locator(".live-dark p")).to_have_text(words(lang)["camera_black"])
    suffix = "-zh" if lang == "zh_CN" else ""
    page.screenshot(path=shots / f"kiosk-camera-black{suffix}.png")


@pytest.mark.parametrize("lang", ["en_US", "zh_CN"])
@pytest.mark.parametrize(
    ("flags", "host", "word"),
    [
        pytest.param((), "127.0.0.1", "lens_missing", id="no camera"),
        pytest.param((CAMERA,), "127.0.0.1", "lens_denied", id="not allowed"),
        # Any name but localhost, resolved to the same kiosk.
        pytest.param((CAMERA, ALLOWED, NAMED), "bay.test", "lens_insecure", id="http"),
    ],
)
def test_what_is_in_the_way_is_said(
    launch: Callable[..., Browser],
    lending: str,
    lang: str,
    shots: Path,
    flags: tuple[str, ...],
    host: str,
    word: str,
) -> None:
    port = lending.rpartition(":")[2]
    page = opened(launch(*flags), f"http://{host}:{port}", lang)
    expect(page.locator(".live-dark p")).to_have_text(words(lang)[word])
    suffix = "-zh" if lang == "zh_CN" else ""
    page.screenshot(path=shots / f"kiosk-{word.replace('_', '-')}{suffix}.png")
