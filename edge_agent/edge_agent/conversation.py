"""What bay and Odoo say to each other over whatever link there is.

No thread and no waiting here: the publisher calls in with the time, asks ``deadline``
when to come again, and sends what is handed to ``send``.
"""

import logging
import random
import secrets
from collections.abc import Callable
from typing import Literal

from edge_agent import identity
from edge_agent.clock import Clock, event_time
from edge_agent.delivery import Delivery
from edge_agent.identity import Identity
from edge_agent.link import NOT_AUTHORIZED
from edge_agent.outbox import OpenBatch, Outbox
from edge_agent.server_time import ServerTime
from edge_agent.settings import Timers
from workbay_contract import keys, state, steps
from workbay_contract.answers import Outcomes, Refused, Welcome, read_answer
from workbay_contract.board import read_board
from workbay_contract.errors import ContractError, SealError
from workbay_contract.state import Health
from workbay_contract.topics import Leaf
from workbay_contract.types import sha256

Send = Callable[[Leaf, bytes], int]
Trouble = Literal["version", "not_authorized", "alarm"]
Talk = Literal["connecting", "online", "version", "not_authorized", "alarm"]
_Kind = Literal["hello", "beat", "batch"]

NEVER = float("inf")
SUSPECT_SECONDS = 10.0
"""A message that Odoo did not sign as we know it makes us ask no more often."""
_TROUBLE: dict[str, Trouble] = {"version": "version", "device": "not_authorized"}

_logger = logging.getLogger(__name__)


class Conversation:
    """Stop and wait: one batch in flight, the next one only when it is settled.

    :ivar identity: who we are; Odoo's key in it follows Odoo's announcements.
    :ivar ignored: messages whose signature or addressee was wrong.
    :ivar unheard_since: since when the broker finds nobody who listens to us.
    """

    def __init__(
        self,
        who: Identity,
        outbox: Outbox,
        clock: Clock,
        server_time: ServerTime,
        timers: Timers,
        health: Callable[[], Health],
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.identity = who
        self._outbox = outbox
        self._clock = clock
        self._server_time = server_time
        self._timers = timers
        self._health = health
        self._send: Send | None = None
        self._mids: dict[int, _Kind] = {}
        self._hello = Delivery(timers, uniform)
        self._nonce = ""
        self._is_overtaken = False
        self._beat_at = NEVER
        self._batch: OpenBatch | None = None
        self._delivery = Delivery(timers, uniform)
        self._look = True
        self._welcomed = False
        self._stuck = False
        self._refused_seal: str | None = None
        self._suspect_at = 0.0
        self._trouble: Trouble | None = None
        self._heard = False
        self.unheard_since: float | None = None
        self.ignored = 0
        self.sent = 0

    @property
    def talk(self) -> Talk:
        """How the talk goes while there is a link."""
        return self._trouble or ("online" if self._heard else "connecting")

    @property
    def heard(self) -> bool:
        """Odoo answered over the link that we have."""
        return self._heard

    @property
    def in_flight(self) -> bool:
        return self._batch is not None

    def up(self, send: Send, now: float) -> None:
        """There is a link; whatever the last one carried may be lost."""
        self._send = send
        self._mids.clear()
        self._heard = False
        self.unheard_since = None
        self._say_hello(now)
        self._beat_at = now + self._timers.health
        if self._batch is not None:
            self._delivery.start(now)

    def down(self) -> None:
        self._send = None
        self._heard = False

    def recorded(self) -> None:
        """There may be events waiting."""
        self._look = True

    def deadline(self) -> float:
        """When to call ``act`` again at the latest."""
        if self._send is None:
            return NEVER
        dues = [self._hello.due, self._beat_at]
        if self._may_send:
            dues.append(self._delivery.due)
        return min((due for due in dues if due is not None), default=NEVER)

    def act(self, now: float) -> None:
        """Send whatever is due."""
        if self._send is None:
            return
        if self._hello.due is not None and self._hello.due <= now:
            self._publish(self._send, "hello", "state", self._hello_bytes())
            self._hello.sent(now)
        if self._beat_at <= now:
            self._publish(self._send, "beat", "state", self._beat_bytes())
            self._beat_at = now + self._timers.health
        if self._may_send:
            self._act_on_batch(self._send, now)

    def _act_on_batch(self, send: Send, now: float) -> None:
        if self._batch is None and self._look:
            self._look = False
            self._batch = self._outbox.open_batch()
            if self._batch is not None:
                self._delivery.start(now)
        if self._batch is None or self._delivery.due is None:
            return
        if self._delivery.due > now:
            return
        if self._delivery.attempts:
            self._heard = False
            _logger.info("Batch from %s sent again", self._batch.first)
        self._publish(send, "batch", "events", self._batch.payload)
        steps.reached("agent.batch.handed_over")
        self._delivery.sent(now)
        self.sent += 1

    @property
    def _may_send(self) -> bool:
        # Before the first welcome we cannot know whether our numbers are free.
        return self._welcomed and not self._stuck

    # The broker's word

    def acked(self, mid: int, code: int, now: float) -> None:
        """Success says only that somebody subscribes: nothing is settled by it."""
        kind = self._mids.pop(mid, None)
        if kind is None or code == 0:
            return
        if code == NOT_AUTHORIZED:
            self._trouble = "not_authorized"
        elif self.unheard_since is None:
            self.unheard_since = now
        self._heard = False
        if kind == "beat":
            self._say_hello(now)
        delivery = self._delivery if kind == "batch" else self._hello
        if delivery.due is None:
            return
        if code == NOT_AUTHORIZED:
            delivery.refused(now)
        else:
            delivery.not_sent(now)

    # Odoo's word

    def got(self, leaf: Leaf, payload: bytes, mono_ms: int, now: float) -> None:
        """Take a message; what Odoo did not sign for this device is ignored."""
        try:
            if leaf == "outcomes":
                self._take_answer(payload, mono_ms, now)
            elif leaf == "board":
                self._take_board(payload)
            elif leaf == "commands":
                self._take_command(payload, now)
        except SealError as error:
            if leaf != "outcomes" or not self._follow(payload, now):
                self._ignore(leaf, str(error))
                self._suspect(now)
        except ContractError as error:
            self._ignore(leaf, str(error))

    def _follow(self, payload: bytes, now: float) -> bool:
        """Whether Odoo's key named its successor by this message."""
        try:
            self.identity = identity.succeed(self.identity, payload)
        except ContractError:
            return False
        _logger.info("Odoo signs with another key from now on")
        self._delivery.soon(now)
        return True

    def _suspect(self, now: float) -> None:
        """Odoo may have another key: the answer to a hello leads to it."""
        if now >= self._suspect_at:
            self._suspect_at = now + SUSPECT_SECONDS
            self._say_hello(now)

    def _take_answer(self, payload: bytes, mono_ms: int, now: float) -> None:
        answer = read_answer(self.identity.odoo, payload)
        if answer.device != self.identity.device:
            self._ignore("outcomes", f"for {answer.device}")
        elif isinstance(answer, Welcome):
            self._take_welcome(answer, mono_ms, now)
        elif isinstance(answer, Refused):
            self._take_refused(answer, now)
        else:
            self._take_outcomes(answer, mono_ms, now)

    def _take_outcomes(self, answer: Outcomes, mono_ms: int, now: float) -> None:
        if self._batch is None or answer.seal != self._batch.seal:
            return  # of an earlier sending; settled already
        settled = self._outbox.settle(answer)
        for final in settled.finals:
            _logger.info(
                "Settled",
                extra={
                    "event": final.uuid,
                    "result": final.result,
                    "code": final.code,
                },
            )
        self._server_time.pair(answer.server_time, mono_ms)
        self._hear()
        self._trouble = self._refused_seal = None
        if settled.closed:
            self._is_overtaken = True
            self._forget_batch()
        else:
            self._delivery.retry(now)

    def _take_refused(self, answer: Refused, now: float) -> None:
        batch = self._batch
        if batch is None or answer.payload != sha256(batch.payload):
            return
        _logger.error("Batch from %s refused: %s", batch.first, answer.code)
        self._hear()
        self._delivery.refused(now)
        if answer.code in ("seal", "gap"):
            self._refused_seal = batch.seal
            self._say_hello(now)
        else:
            self._trouble = _TROUBLE.get(answer.code, "alarm")

    def _take_welcome(self, answer: Welcome, mono_ms: int, now: float) -> None:
        if answer.nonce != self._nonce or self._hello.due is None:
            self._ignore("outcomes", "a welcome to another hello")
            return
        self._server_time.pair(answer.server_time, mono_ms)
        self._hear()
        self._hello.done()
        self._welcomed = True
        standing = self._outbox.standing(
            answer.last_seq, answer.last_seal, refused=self._refused_seal is not None
        )
        if standing == "stuck" and self._is_overtaken:
            # What Odoo had when it answered may be older than what it told us since
            # we asked: only an answer that nothing overtakes says that it lost it.
            self._say_hello(now)
            return
        self._stuck = standing == "stuck"
        if standing == "behind":
            _logger.error("Behind Odoo's %s: rows were lost here", answer.last_seq)
            self._outbox.continue_above(
                answer.last_seq, answer.last_seal, event_time(self._clock)
            )
            self._forget_batch()
        if self._stuck:
            _logger.error("Odoo's %s does not fit: standing still", answer.last_seq)
            self._hello.refused(now)
            self._nonce = secrets.token_hex(32)
        refused = self._refused_seal is not None
        self._trouble = "alarm" if self._stuck or refused else None

    def _take_board(self, payload: bytes) -> None:
        board = read_board(self.identity.odoo, payload)
        if board.device != self.identity.device or board.bay != self.identity.bay:
            self._ignore("board", f"for {board.device}")
        elif self._outbox.store_board(payload, board):
            _logger.info("Board %s", board.version)

    def _take_command(self, payload: bytes, now: float) -> None:
        command = state.read_command(payload).command
        if command == "resend":
            self._delivery.soon(now)
        elif command == "hello_please":
            self._say_hello(now)
            self._hello.soon(now)

    def _hear(self) -> None:
        self._heard = True
        self.unheard_since = None

    def _ignore(self, leaf: str, why: str) -> None:
        self.ignored += 1
        _logger.warning("Message on %s ignored: %s", leaf, why)

    def _forget_batch(self) -> None:
        self._batch = self._refused_seal = None
        self._delivery.done()
        self._look = True

    # Our own words

    def _say_hello(self, now: float) -> None:
        self._nonce = secrets.token_hex(32)
        self._is_overtaken = False
        self._hello.start(now)

    def _hello_bytes(self) -> bytes:
        position = self._outbox.position()
        return state.seal(
            self.identity.key,
            state.Hello(
                device=self.identity.device,
                nonce=self._nonce,
                board=position.board,
                last_seq=position.last_seq,
                last_seal=position.last_seal,
                boot=self._clock.boot(),
                mono=self._clock.mono_ms(),
                key=keys.public_hex(self.identity.odoo),
                health=self._health(),
            ),
        )

    def _beat_bytes(self) -> bytes:
        return state.seal(
            self.identity.key,
            state.Beat(
                device=self.identity.device,
                boot=self._clock.boot(),
                mono=self._clock.mono_ms(),
                health=self._health(),
            ),
        )

    def _publish(self, send: Send, kind: _Kind, leaf: Leaf, payload: bytes) -> None:
        self._mids[send(leaf, payload)] = kind
