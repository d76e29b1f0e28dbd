"""Ways to make up, alter and replay what Odoo says to a bay, each by its name.

A way takes the chance and a scene and returns a message that no bay may take. Which
ways there are is told by ``OUTCOMES`` and ``BOARDS``.
"""

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.identity import Identity
from workbay_contract.batch import Batch
from workbay_contract.board import Board, sign_board
from workbay_contract.signed import Purpose, sign
from workbay_contract.succession import announce
from workbay_contract.types import sha256

from . import making

ORDER_OF_ED25519 = 2**252 + 27742317777372353535851937790883648493
"""RFC 8032: adding it to a signature's S gives another one that naive code takes."""


@dataclass(frozen=True)
class Scene:
    """A bay with one batch on its way, and what lies about for whoever forges.

    :ivar batch: the one on its way; ``settled``: the one before it.
    :ivar board: version 2, which the bay holds; version 3 is under way to it.
    """

    odoo: Ed25519PrivateKey
    former: Ed25519PrivateKey
    device: Identity
    other: Identity
    batch: Batch
    settled: Batch
    board: Board
    under_way: Board

    def outcomes(self) -> bytes:
        """The genuine answer to the batch on its way."""
        return making.signed(self.odoo, making.outcomes(self.batch))

    def next_board(self) -> bytes:
        """The genuine board under way."""
        return making.board_message(self.odoo, self.under_way)


Way = Callable[[Random, Scene], bytes]
Genuine = Callable[[Scene], bytes]


def _key(chance: Random) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))


def _with(message: bytes, **values: object) -> bytes:
    return json.dumps({**json.loads(message), **values}).encode()


def _body(message: bytes) -> bytes:
    return zlib.decompress(base64.b64decode(json.loads(message)["body"]))


def _packed(body: bytes) -> str:
    return base64.b64encode(zlib.compress(body)).decode()


def _alterations(genuine: Genuine) -> dict[str, Way]:
    """What may be done to any signed message."""

    def byte_anywhere(chance: Random, scene: Scene) -> bytes:
        data = bytearray(genuine(scene))
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        return bytes(data)

    def byte_of_the_body(chance: Random, scene: Scene) -> bytes:
        message = genuine(scene)
        body = bytearray(_body(message))
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(7)
        return _with(message, body=_packed(bytes(body)))

    def digit_of_the_signature(chance: Random, scene: Scene) -> bytes:
        message = genuine(scene)
        sig = list(json.loads(message)["sig"])
        place = chance.randrange(len(sig))
        sig[place] = chance.choice([d for d in "0123456789abcdef" if d != sig[place]])
        return _with(message, sig="".join(sig))

    def second_form_of_the_signature(chance: Random, scene: Scene) -> bytes:
        message = genuine(scene)
        sig = bytes.fromhex(json.loads(message)["sig"])
        scalar = int.from_bytes(sig[32:], "little") + ORDER_OF_ED25519
        return _with(message, sig=(sig[:32] + scalar.to_bytes(32, "little")).hex())

    def cut_off(chance: Random, scene: Scene) -> bytes:
        message = genuine(scene)
        return message[: chance.randrange(len(message))]

    def something_behind(chance: Random, scene: Scene) -> bytes:
        return genuine(scene) + chance.choice([b"{}", b"\0", b"]", b'"', b"1"])

    def body_packed_anew(chance: Random, scene: Scene) -> bytes:
        """The same words, but not the bytes that were signed."""
        message = genuine(scene)
        packed = zlib.compress(_body(message), chance.choice([0, 1, 2, 3]))
        return _with(message, body=base64.b64encode(packed).decode())

    def no_signature(chance: Random, scene: Scene) -> bytes:
        values = json.loads(genuine(scene))
        del values["sig"]
        return json.dumps(values).encode()

    def bare_body(chance: Random, scene: Scene) -> bytes:
        return _body(genuine(scene))

    ways = (
        byte_anywhere,
        byte_of_the_body,
        digit_of_the_signature,
        second_form_of_the_signature,
        cut_off,
        something_behind,
        body_packed_anew,
        no_signature,
        bare_body,
    )
    return {way.__name__: way for way in ways}


def _signed_by_others(genuine: Genuine, purpose: Purpose) -> dict[str, Way]:
    """The right words under another signature."""

    def another_key(chance: Random, scene: Scene) -> bytes:
        return sign(_key(chance), purpose, _body(genuine(scene))).encode()

    def the_bays_own_key(chance: Random, scene: Scene) -> bytes:
        return sign(scene.device.key, purpose, _body(genuine(scene))).encode()

    def another_bays_key(chance: Random, scene: Scene) -> bytes:
        return sign(scene.other.key, purpose, _body(genuine(scene))).encode()

    def odoos_former_key(chance: Random, scene: Scene) -> bytes:
        return sign(scene.former, purpose, _body(genuine(scene))).encode()

    def another_purpose(chance: Random, scene: Scene) -> bytes:
        others: list[Purpose] = ["answer", "board", "key"]
        others.remove(purpose)
        made = sign(scene.odoo, chance.choice(others), _body(genuine(scene)))
        return made.encode()

    def a_successor_of_nobody(chance: Random, scene: Scene) -> bytes:
        """Another key's word that it follows Odoo's, so as to sign from then on."""
        key = _key(chance)
        return announce(key, key.public_key(), making.SERVER_MS).encode()

    ways = (
        another_key,
        the_bays_own_key,
        another_bays_key,
        odoos_former_key,
        another_purpose,
        a_successor_of_nobody,
    )
    return {way.__name__: way for way in ways}


def _another_bays_outcomes(chance: Random, scene: Scene) -> bytes:
    answer = making.outcomes(scene.batch).model_copy(
        update={"device": scene.other.device}
    )
    return making.signed(scene.odoo, answer)


def _outcomes_of_an_older_batch(chance: Random, scene: Scene) -> bytes:
    return making.signed(scene.odoo, making.outcomes(scene.settled))


def _seal_of_another_batch(chance: Random, scene: Scene) -> bytes:
    """Odoo's word about these numbers, but as another batch had them."""
    answer = making.outcomes(scene.batch).model_copy(
        update={"seal": sha256(chance.randbytes(8))}
    )
    return making.signed(scene.odoo, answer)


def _answers_of_two_batches_mixed(chance: Random, scene: Scene) -> bytes:
    """One's body under the other's signature."""
    older = json.loads(_outcomes_of_an_older_batch(chance, scene))
    return _with(scene.outcomes(), sig=older["sig"])


def _welcome_to_an_older_hello(chance: Random, scene: Scene) -> bytes:
    answer = making.welcome(
        making.hello(scene.device.device, sha256(chance.randbytes(8))),
        scene.batch.last,
        scene.batch.seal,
    )
    return making.signed(scene.odoo, answer)


def _board_as_outcomes(chance: Random, scene: Scene) -> bytes:
    return scene.next_board()


def _another_bays_board(chance: Random, scene: Scene) -> bytes:
    values = {"device": scene.other.device, "bay": scene.other.bay}
    if chance.random() < 0.5:
        del values[chance.choice(["device", "bay"])]
    made = scene.under_way.model_copy(update=values)
    return making.board_message(scene.odoo, made)


def _older_board(chance: Random, scene: Scene) -> bytes:
    version = chance.randrange(1, scene.board.version)
    return making.board_message(
        scene.odoo, scene.board.model_copy(update={"version": version})
    )


def _same_version_over_again(chance: Random, scene: Scene) -> bytes:
    return making.board_message(
        scene.odoo, scene.board.model_copy(update={"store": "Another"})
    )


def _boards_of_two_versions_mixed(chance: Random, scene: Scene) -> bytes:
    older = json.loads(sign_board(scene.odoo, scene.board))
    return _with(scene.next_board(), sig=older["sig"])


def _outcomes_as_board(chance: Random, scene: Scene) -> bytes:
    return scene.outcomes()


def _altered_board(chance: Random, scene: Scene) -> bytes:
    """A person more, with a badge of one's own, under the old signature."""
    values = json.loads(_body(scene.next_board()))
    values["persons"][0]["badge"] = sha256(chance.randbytes(8))
    return _with(scene.next_board(), body=_packed(json.dumps(values).encode()))


def _altered_outcomes(chance: Random, scene: Scene) -> bytes:
    values = json.loads(_body(scene.outcomes()))
    values["outcomes"][0]["result"] = "rejected"
    return _with(scene.outcomes(), body=_packed(json.dumps(values).encode()))


OUTCOMES: dict[str, Way] = {
    **_alterations(Scene.outcomes),
    **_signed_by_others(Scene.outcomes, "answer"),
    **{
        way.__name__.strip("_"): way
        for way in (
            _another_bays_outcomes,
            _outcomes_of_an_older_batch,
            _seal_of_another_batch,
            _answers_of_two_batches_mixed,
            _welcome_to_an_older_hello,
            _board_as_outcomes,
            _altered_outcomes,
        )
    },
}
BOARDS: dict[str, Way] = {
    **_alterations(Scene.next_board),
    **_signed_by_others(Scene.next_board, "board"),
    **{
        way.__name__.strip("_"): way
        for way in (
            _another_bays_board,
            _older_board,
            _same_version_over_again,
            _boards_of_two_versions_mixed,
            _outcomes_as_board,
            _altered_board,
        )
    },
}
SIGNATURE_ALONE = {
    "byte_of_the_body",
    "digit_of_the_signature",
    "second_form_of_the_signature",
    "body_packed_anew",
    "another_key",
    "the_bays_own_key",
    "another_bays_key",
    "odoos_former_key",
    "another_purpose",
}
"""Ways that nothing but the look at the signature finds out."""
