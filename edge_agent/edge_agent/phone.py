"""Phones paired with a bay: each has a token of its own that ends with the job."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.bay import Bay
from edge_agent.filming import Film, Filming
from edge_agent.sitting import AtHand
from edge_agent.view import Refusal
from workbay_contract.events import MediaRef
from workbay_contract.process import FINISHED
from workbay_contract.types import sha256

OFFER_SECONDS = 120.0
MOST_PHONES = 2
"""Whoever pairs one more takes the place of the first."""
MOST_TRIES = 10
"""Wrong codes after which an offer is withdrawn."""


@dataclass
class _Offer:
    code: str  # SHA-256
    to: AtHand
    until: float
    tries: int = 0


class Phones:
    """Thread-safe. Nothing is kept that could be read out: codes and tokens as hashes.

    A token ends when the person leaves, another person or order comes up, the session
    runs out, or the job that it was given for is done.
    """

    def __init__(self, bay: Bay, clock: Callable[[], float] = time.monotonic) -> None:
        self._bay = bay
        self._clock = clock
        self._lock = threading.Lock()
        self._offer: _Offer | None = None
        self._tokens: dict[str, AtHand] = {}

    @property
    def count(self) -> int:
        """Phones that are paired now."""
        hand = self._bay.at_hand()
        with self._lock:
            self._forget(hand)
            return len(self._tokens)

    def offer(self) -> str | Refusal:
        """A code for one phone, good once and for two minutes; it ends the one before.

        Refused while there is nobody, or no order.
        """
        hand = self._bay.at_hand()
        if isinstance(hand, Refusal):
            return hand
        code = secrets.token_urlsafe(16)
        until = self._clock() + OFFER_SECONDS
        with self._lock:
            self._offer = _Offer(sha256(code.encode()), hand, until)
        return code

    def pair(self, code: str) -> str | None:
        """The phone's own token for a code; None for any other."""
        hand = self._bay.at_hand()
        with self._lock:
            offer = self._offer
            if (
                offer is None
                or offer.until < self._clock()
                or not _holds(offer.to, hand)
            ):
                self._offer = None
                return None
            if not secrets.compare_digest(offer.code, sha256(code.encode())):
                offer.tries += 1
                if offer.tries >= MOST_TRIES:
                    self._offer = None
                return None
            self._offer = None
            self._forget(hand)
            while len(self._tokens) >= MOST_PHONES:
                del self._tokens[next(iter(self._tokens))]
            token = secrets.token_urlsafe(32)
            self._tokens[sha256(token.encode())] = offer.to
        self._bay.announce()
        return token

    def at_hand(self, token: str) -> AtHand | None:
        """What the token is for; None once it has ended, or never was."""
        hand = self._bay.at_hand()
        with self._lock:
            self._forget(hand)
            return self._tokens.get(sha256(token.encode()))

    def expect_video(
        self, token: str, filming: Filming, size: int
    ) -> tuple[Film | Refusal, AtHand] | None:
        """A phone is about to send so many bytes; None: the token has ended."""
        hand = self.at_hand(token)
        return (filming.expect(hand, size), hand) if hand else None

    def add_photo(self, token: str, picture: bytes) -> MediaRef | Refusal | None:
        """Keep a photo for what is confirmed next; None: the token has ended."""
        hand = self.at_hand(token)
        return self._bay.add_photo(picture, hand) if hand else None

    def _forget(self, hand: AtHand | Refusal) -> None:
        self._tokens = {
            token: to for token, to in self._tokens.items() if _holds(to, hand)
        }


def _holds(to: AtHand, hand: AtHand | Refusal) -> bool:
    if isinstance(hand, Refusal) or hand.owner != to.owner:
        return False
    before, now = to.phases.get(to.job), hand.phases.get(to.job)
    return now is not None and (now == before or now not in FINISHED)
