"""A bay follows Odoo's signing key, over restarts, and follows nobody else."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent import identity
from edge_agent.identity import Identity
from edge_agent.outbox import FILE, Outbox
from workbay_contract import keys, succession
from workbay_contract.batch import GENESIS
from workbay_contract.board import read_board

from . import making
from .authority import Authority
from .test_conversation import Wire

SECOND, THIRD = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def announced(former: Ed25519PrivateKey, key: Ed25519PrivateKey) -> bytes:
    return succession.announce(former, key.public_key(), making.SERVER_MS).encode()


def test_a_bay_at_work_follows_and_sends_again(
    authority: Authority, device: Identity, outbox: Outbox
) -> None:
    wire = Wire(device, outbox, authority)
    wire.up()
    hello = wire.hello()
    assert hello.key == keys.public_hex(authority.odoo)
    answer = making.welcome(hello, 0, GENESIS)
    wire.got("outcomes", making.signed(authority.odoo, answer))
    wire.record()
    [(leaf, batch)] = wire.act()
    assert leaf == "events"
    # Odoo has another key, and has answered with it already: the bay asks at once.
    outcomes = making.signed(SECOND, making.outcomes(batch))
    assert [leaf for leaf, _ in wire.got("outcomes", outcomes)] == ["state"]
    assert outbox.counts().events == 1
    sent = wire.got("outcomes", announced(authority.odoo, SECOND))
    assert ("events", batch) in sent, "the very batch again"
    wire.got("outcomes", outcomes)
    assert outbox.counts().events == 0


def test_a_bay_that_was_off_catches_up_by_the_line(
    authority: Authority, device: Identity, outbox: Outbox
) -> None:
    wire = Wire(device, outbox, authority)
    wire.up()
    hello = wire.hello()
    wire.got("outcomes", announced(authority.odoo, SECOND))
    wire.got("outcomes", announced(SECOND, THIRD))
    wire.got("outcomes", making.signed(THIRD, making.welcome(hello, 0, GENESIS)))
    assert wire.talk.heard
    again = identity.load(device.folder)
    assert keys.public_hex(again.odoo) == keys.public_hex(THIRD)
    assert len(again.former) == 2


def test_only_the_key_itself_names_its_successor(
    authority: Authority, device: Identity, outbox: Outbox
) -> None:
    wire = Wire(device, outbox, authority)
    wire.up()
    thief = Ed25519PrivateKey.generate()
    wire.got("outcomes", announced(thief, SECOND))
    wire.got("outcomes", announced(device.key, SECOND))
    wire.got("board", announced(authority.odoo, SECOND))
    assert keys.public_hex(wire.talk.identity.odoo) == keys.public_hex(authority.odoo)
    assert not (device.folder / identity.ODOO_KEYS).exists()
    # And a key that was followed by another names none any more.
    wire.got("outcomes", announced(authority.odoo, SECOND))
    wire.got("outcomes", announced(authority.odoo, THIRD))
    assert keys.public_hex(wire.talk.identity.odoo) == keys.public_hex(SECOND)


def test_forged_messages_do_not_make_a_bay_chatter(
    authority: Authority, device: Identity, outbox: Outbox
) -> None:
    wire = Wire(device, outbox, authority)
    wire.up()
    before = len(wire.out)
    forged = making.signed(SECOND, making.welcome(wire.hello(), 0, GENESIS))
    for _ in range(1000):
        wire.got("outcomes", forged)
    assert len(wire.out) - before <= 1


def test_the_board_stays_readable_over_a_change_and_a_restart(
    authority: Authority, device: Identity, outbox: Outbox, tmp_path: Path
) -> None:
    message = making.board_message(authority.odoo, making.board(device, 3))
    outbox.store_board(message, read_board(device.odoo, message))
    identity.succeed(device, announced(authority.odoo, SECOND))
    outbox.close()
    again = Outbox(device.folder / FILE, identity.load(device.folder))
    assert again.board_version == 3
    again.close()


def test_an_announcement_that_a_broker_stretched_is_kept_in_one_line(
    authority: Authority, device: Identity, outbox: Outbox
) -> None:
    """White space is outside the signature, and lines are what the file is read by."""
    wire = Wire(device, outbox, authority)
    wire.up()
    stretched = announced(authority.odoo, SECOND).replace(b",", b" ,\n\n ")
    wire.got("outcomes", stretched)
    assert keys.public_hex(wire.talk.identity.odoo) == keys.public_hex(SECOND)
    again = identity.load(device.folder)
    assert keys.public_hex(again.odoo) == keys.public_hex(SECOND)
