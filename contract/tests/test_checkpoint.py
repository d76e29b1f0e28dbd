from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbay_contract import keys, merkle
from workbay_contract.checkpoint import (
    GENESIS,
    Checkpoint,
    agrees,
    read_checkpoint,
    read_held,
    seal_held,
    sign_checkpoint,
)
from workbay_contract.errors import MalformedError, SealError
from workbay_contract.state import Health, Mark
from workbay_contract.types import sha256

KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
DEVICE = Ed25519PrivateKey.from_private_bytes(b"d" * 32)


def leaves(count: int) -> list[str]:
    return [
        merkle.order_leaf(number, 1, sha256(b"%d" % number)) for number in range(count)
    ]


def checkpoint(
    number: int = 1, prev: str = GENESIS, root: str = "a" * 64
) -> Checkpoint:
    return sign_checkpoint(KEY, number, prev, root, 3, 1_777_627_800_000)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 13, 64, 65])
def test_every_leaf_leads_to_the_root_and_no_other_does(count: int) -> None:
    tree = leaves(count)
    root = merkle.root(tree)
    for position, leaf in enumerate(tree):
        path = merkle.path(tree, position)
        assert merkle.climb(leaf, position, count, path) == root
        other = merkle.order_leaf(position, 2, sha256(b"%d" % position))
        assert merkle.climb(other, position, count, path) != root


def test_siblings_that_do_not_fit_are_refused() -> None:
    tree = leaves(5)
    path = merkle.path(tree, 1)
    for siblings in (path[:-1], (*path, "0" * 64)):
        with pytest.raises(ValueError, match="sibling"):
            merkle.climb(tree[1], 1, 5, siblings)
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.climb(tree[1], 5, 5, path)


def test_the_order_of_leaves_and_their_kind_count() -> None:
    tree = leaves(4)
    assert merkle.root(tree) != merkle.root(tree[::-1])
    assert merkle.root([]) == merkle.EMPTY
    assert merkle.order_leaf(1, 1, "a" * 64) != merkle.device_leaf("1", 1, "a" * 64)


def test_a_checkpoint_holds_under_the_key_that_it_names() -> None:
    made = checkpoint()
    made.verify()
    assert made.key == keys.public_hex(KEY)
    for change in (
        {"root": "b" * 64},
        {"number": 2},
        {"prev": "1" * 64},
        {"count": 4},
        {"made_at": 1},
        {"key": keys.public_hex(DEVICE)},
        {"key": "f" * 64},
    ):
        with pytest.raises(SealError):
            made.model_copy(update=change).verify()
    assert read_checkpoint(made.model_dump(mode="json")) == made
    with pytest.raises(MalformedError):
        read_checkpoint({"number": 0})


def test_what_is_held_contradicts_another_root_and_a_broken_link() -> None:
    first = checkpoint()
    second = checkpoint(2, first.hash)
    held = {1: first.hash}
    assert agrees({}, second)
    assert agrees(held, first)
    assert agrees(held, second)
    assert agrees({1: first.hash, 2: second.hash}, second)
    assert not agrees(held, checkpoint(root="b" * 64))
    assert not agrees(held, checkpoint(2, "1" * 64))
    assert agrees(held, checkpoint(9, "1" * 64)), "what lies between is not known here"


def test_a_bays_export_is_its_own_word() -> None:
    first = checkpoint()
    other = checkpoint(root="b" * 64)
    held = seal_held(DEVICE, "dev-00000001", UUID(int=1), 5, [first], [other])
    again = read_held(held.encode())
    again.verify(DEVICE.public_key())
    assert (again.checkpoints, again.contradictions) == ((first,), (other,))
    with pytest.raises(SealError):
        again.model_copy(update={"contradictions": ()}).verify(DEVICE.public_key())
    with pytest.raises(SealError):
        again.verify(KEY.public_key())
    with pytest.raises(MalformedError):
        read_held("[]")


def test_health_says_of_checkpoints_only_what_there_is() -> None:
    assert "checkpoint" not in Health(agent="1", waiting=0).model_dump(mode="json")
    mark = Mark(number=3, hash="a" * 64)
    said = Health(agent="1", waiting=0, checkpoint=mark, contradicted=2)
    assert Health.model_validate(said.model_dump(mode="json")) == said
