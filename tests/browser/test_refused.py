"""A refused message, as the store's manager looks at it and replays it."""

import json
from collections.abc import Callable

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.support.shop import Shop
from workbay_contract.batch import GENESIS, seal_batch
from workbay_deploy.stack import Stack


def _forge(stack: Stack) -> None:
    """Bring Odoo a batch in the first bay's name that its device did not seal."""
    folder = stack.chain.paths.bay(1)
    device = json.loads((folder / "device.json").read_text())["device"]
    batch = seal_batch(Ed25519PrivateKey.generate(), device, 1, GENESIS, [b"{}"])
    key = stack.chain.api_key("bridge").read_text().strip()
    answer = httpx.post(
        f"{stack.chain.odoo_internal_url}/json/2/workshop.device/ingest",
        json={"batches": [batch.encode().decode()]},
        headers={"Authorization": f"bearer {key}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text


def test_a_refused_message_is_replayed_and_stays_refused(
    stack: Stack, at_desk: Callable[[str], Screen], shop: Shop, english: frozenset[str]
) -> None:
    _forge(stack)
    screen = at_desk(shop.login("store_manager"))
    page = screen.open("/odoo/refused-messages", ".o_list_view .o_data_row")
    page.click(".o_data_row >> nth=0")
    page.click("button[name=action_replay]")
    page.click(".modal-footer .btn-primary")
    dialog = page.locator(".modal .o_form_view")
    expect(dialog.locator("[name=result]")).to_be_visible()
    screen.check("refused-replayed", english)
    page.click(".modal-footer .btn-primary")
    expect(page.locator("[name=replay_ids] .o_data_row").first).to_be_visible()
    screen.check("refused-message", english)
