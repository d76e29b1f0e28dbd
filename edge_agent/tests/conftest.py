"""A device enrolled by an authority of the session, and its outbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ImageFile
from playwright.sync_api import Browser

from edge_agent.identity import Identity
from edge_agent.outbox import FILE, Outbox
from tests.support.chromium import chromium

from .authority import Authority
from .browsing import Site, board


@pytest.fixture(autouse=True)
def whole_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at a bay: Odoo, where it runs in the same process, has Pillow take halves."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def device(authority: Authority, tmp_path: Path) -> Identity:
    return authority.enrol(tmp_path / "bay", "dev-00000001", [1])


@pytest.fixture
def outbox(device: Identity) -> Iterator[Outbox]:
    outbox = Outbox(device.folder / FILE, device)
    yield outbox
    outbox.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A bay and its page, with a board."""
    site = Site(tmp_path)
    site.world.send_board(**board())
    yield site
    site.close()
