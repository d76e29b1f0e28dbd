"""A bay without room for photos does not stop the work; the lead answers for them."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_agent.media import FOLDER
from tests.support.shop import PATIENCE, Shop
from workbay_contract.media import NO_ROOM
from workbay_contract.wording import WORDING
from workbay_deploy.stack import Stack
from workbay_deploy.story.errors import StoryError

MORE_THAN_ANY_BUDGET = 2**40


@pytest.fixture
def full(stack: Stack) -> Iterator[Path]:
    """Bay 1's media budget is spent: a file without content counts in full."""
    filler = stack.chain.paths.bay(1) / FOLDER / "filler"
    filler.touch()
    os.truncate(filler, MORE_THAN_ANY_BUDGET)
    yield filler
    filler.unlink(missing_ok=True)


def test_a_bay_without_room_goes_on_and_the_release_waits_for_a_signature(
    shop: Shop, full: Path
) -> None:
    order, bay = shop.receive(), shop.bay(1)
    technician = shop.login("technician")
    inspector = shop.login("qc", other_than=[technician])
    shop.present(bay, technician, order)
    bay.outcome(bay.confirm(order.job, "start"))
    # Of its own: what was uploaded once is here all the same.
    pixels = np.frombuffer(secrets.token_bytes(480 * 640 * 3), np.uint8)
    taken = cv2.imencode(".jpg", pixels.reshape(480, 640, 3))[1].tobytes()
    bay.hold_up("photo-1.jpg", taken)
    sha256 = bay.photo()
    bay.put_away()
    [photo] = bay.view()["photos"]
    assert (photo["sha256"], photo["kept"]) == (sha256, False)
    bay.outcome(bay.confirm(order.job, "finish"))
    bay.wait("that all is told", lambda view: not view["waiting"]["media"], PATIENCE)
    media = _media(shop, sha256)
    assert (media["state"], media["reason"]) == ("quarantined", NO_ROOM)
    assert media["message"] in WORDING[NO_ROOM].values()
    with pytest.raises(StoryError):
        shop.confirm(inspector, order.job, "qc_pass")
    note = "I looked at the work at the car"
    shop.manager.call("workshop.media", "sign_absence", [media["id"]], note)
    shop.confirm(inspector, order.job, "qc_pass")
    assert [event["node"] for event in shop.events(order.id)][-1] == "qc_pass"
    bay.leave()
    # With room again the next one is kept.
    full.unlink()
    shop.present(bay, technician, shop.receive())
    shop.photo(bay)
    assert bay.view()["photos"][0]["kept"]
    bay.leave()


def _media(shop: Shop, sha256: str) -> dict[str, Any]:
    [media] = shop.manager.call(
        "workshop.media",
        "search_read",
        [("sha256", "=", sha256)],
        ["state", "reason", "message"],
    )
    return dict(media)
