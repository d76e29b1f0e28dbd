"""What a bay says about itself is its own word."""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbay_contract import state
from workbay_contract.batch import GENESIS
from workbay_contract.errors import MalformedError, SealError
from workbay_contract.types import canonical

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
HEALTH = state.Health(agent="1", waiting=0)
BOOT = UUID(int=5)
HELLO = state.Hello(
    device="dev-one-0001",
    nonce="a" * 64,
    board=0,
    last_seq=0,
    last_seal=GENESIS,
    boot=BOOT,
    mono=1,
    health=HEALTH,
)
BEAT = state.Beat(device=HELLO.device, boot=BOOT, mono=1, health=HEALTH)
GONE = state.Gone(device=HELLO.device)
SAID = (HELLO, BEAT, GONE)


@pytest.mark.parametrize("message", SAID)
def test_a_device_is_known_by_its_word(message: state.Hello) -> None:
    sent = state.seal(KEY, message)
    said = state.read_state(sent)
    state.check(KEY.public_key(), said)
    assert said.model_copy(update={"sig": None}) == message
    assert state.seal(KEY, said) == sent


@pytest.mark.parametrize("message", SAID)
def test_no_other_word_passes_for_its_own(message: state.Hello) -> None:
    sealed = state.read_state(state.seal(KEY, message))
    forged = [
        message,
        state.read_state(state.seal(OTHER, message)),
        sealed.model_copy(update={"device": "dev-two-0002"}),
        *(each.model_copy(update={"sig": sealed.sig}) for each in SAID),
    ]
    if not isinstance(message, state.Gone):
        forged.append(sealed.model_copy(update={"mono": 2}))
        fuller = HEALTH.model_copy(update={"disk_free_mb": 9})
        forged.append(sealed.model_copy(update={"health": fuller}))
    forged.remove(sealed)
    for each in forged:
        with pytest.raises(SealError):
            state.check(KEY.public_key(), each)


def test_it_signs_nothing_else() -> None:
    """Nor does a seal over a batch or an export pass for a word on its state."""
    bare = KEY.sign(canonical(GONE.model_dump(mode="json"))).hex()
    with pytest.raises(SealError):
        state.check(KEY.public_key(), GONE.model_copy(update={"sig": bare}))
    with pytest.raises(MalformedError):
        state.read_state(canonical({"v": 1, "kind": "gone", "device": "x", "sig": ""}))
