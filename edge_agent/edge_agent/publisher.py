"""Keeps a link to a broker and the conversation with Odoo over it.

Two threads per bay: paho's network thread only posts into a queue, and one worker does
everything else, SQLite included. Waiting is for the queue, with a deadline.
"""

import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread

from edge_agent import __version__
from edge_agent.brokers import Brokers
from edge_agent.clock import Clock, SystemClock
from edge_agent.conversation import NEVER, Conversation
from edge_agent.errors import IdentityError
from edge_agent.identity import Broker, Identity
from edge_agent.link import Acked, Down, Got, Link, LinkEvent, Up
from edge_agent.outbox import Outbox
from edge_agent.server_time import FILE, ServerTime
from edge_agent.settings import Timers
from edge_agent.view import ConnectionState
from workbay_contract.errors import ContractError
from workbay_contract.state import Health, read_command

RECOVER_SECONDS = 5.0
"""After an unexpected error of the worker, a full disk for instance."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Wake:
    """Something was recorded."""


@dataclass(frozen=True)
class _Stop:
    """The agent ends."""


@dataclass(frozen=True)
class _Renewed:
    """Another certificate lies in the data folder."""


_Item = LinkEvent | _Wake | _Stop | _Renewed


class Publisher:
    """One bay's publisher; many may live in one process.

    :ivar server_time: Odoo's clock as known here; shared with whoever needs it.
    """

    def __init__(
        self,
        identity: Identity,
        outbox: Outbox,
        *,
        clock: Clock | None = None,
        timers: Timers | None = None,
        keepalive: int = 10,
        health: Callable[[], Health] | None = None,
        reload: Callable[[], Identity] | None = None,
        on_online: Callable[[], None] | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """:param reload: reads the identity again, on the command ``rotate``.
        :param on_online: called whenever Odoo's side has answered a new connection; it
            must not block.
        """
        self._identity = identity
        self._outbox = outbox
        self._clock = clock or SystemClock()
        self._timers = timers or Timers()
        self._keepalive = keepalive
        self._reload = reload
        self._on_online = on_online
        self._uniform = uniform
        self.server_time = ServerTime(self._clock, identity.folder / FILE)
        self._talk = Conversation(
            identity,
            outbox,
            self._clock,
            self.server_time,
            self._timers,
            health or self._plain_health,
            uniform,
        )
        self._brokers = Brokers(identity.brokers, self._timers, uniform)
        self._tls: ssl.SSLContext | None = None
        self._link: Link | None = None
        self._opening: Link | None = None
        self._inbox: SimpleQueue[_Item] = SimpleQueue()
        self._stopping = Event()
        self._thread = Thread(
            target=self._run, name=f"publisher-{identity.device}", daemon=True
        )
        self._connection: ConnectionState = "offline"
        self._unsubscribe = outbox.changes.subscribe(self._wake)

    @property
    def connection(self) -> ConnectionState:
        return self._connection

    @property
    def identity(self) -> Identity:
        """Who we are, as last read and as far as we have followed Odoo's key."""
        return self._talk.identity

    @property
    def broker(self) -> Broker | None:
        """The broker that we are connected to."""
        link = self._link
        return link.broker if link else None

    @property
    def ignored(self) -> int:
        """Messages that Odoo did not sign for this device."""
        return self._talk.ignored

    @property
    def batches_sent(self) -> int:
        """Batches handed to a broker, those sent again included."""
        return self._talk.sent

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End orderly: the office is told that the bay is gone."""
        self._unsubscribe()
        self._stopping.set()
        self._inbox.put(_Stop())
        if self._thread.is_alive():
            self._thread.join()

    def renewed(self) -> None:
        """Show the new certificate from the next connection on."""
        self._inbox.put(_Renewed())

    def _wake(self) -> None:
        # With a batch in flight its outcome makes us look again anyway.
        if not self._talk.in_flight:
            self._inbox.put(_Wake())

    def _plain_health(self) -> Health:
        counts = self._outbox.counts()
        return Health(
            agent=__version__, waiting=counts.events, media_waiting=counts.media
        )

    # The worker

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work()
            except Exception:
                _logger.exception("Publisher of %s stumbled", self._identity.device)
                self._stopping.wait(RECOVER_SECONDS)
        self._close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            now = self._now()
            self._connect(now)
            self._talk.act(now)
            self._show(now)
            item = self._next(self._deadline(now))
            if item is not None:
                self._take(item, self._now())

    def _next(self, deadline: float) -> _Item | None:
        if deadline == NEVER:
            return self._inbox.get()
        try:
            return self._inbox.get(timeout=max(0.0, deadline - self._now()))
        except Empty:
            return None

    def _now(self) -> float:
        return self._clock.mono_ms() / 1000

    def _take(self, item: _Item, now: float) -> None:
        if isinstance(item, _Wake):
            self._talk.recorded()
        elif isinstance(item, _Renewed):
            self._take_renewed(now)
        elif isinstance(item, Up):
            self._up(item.link, now)
        elif isinstance(item, Down):
            self._down(item, now)
        elif isinstance(item, _Stop) or item.link is not self._link:
            return
        elif isinstance(item, Acked):
            self._talk.acked(item.mid, item.code, now)
        elif item.leaf == "commands" and _is_rotate(item):
            self._rotate(now)
        else:
            self._talk.got(item.leaf, item.payload, item.mono_ms, now)

    # Links

    def _connect(self, now: float) -> None:
        if self._opening is not None:
            return
        if self._link is None:
            if self._brokers.next_at(now) <= now:
                self._open(self._brokers.choose(now))
        elif self._unheard(now):
            _logger.warning("Nobody listens at %s", self._link.broker)
            if self._link.broker == self._brokers.preferred:
                self._brokers.prefer_unheard()
            self._leave(now)
        elif self._brokers.prefer_at is not None and self._brokers.prefer_at <= now:
            # The link that works is kept until the preferred one works too.
            self._open(self._brokers.preferred)

    def _unheard(self, now: float) -> bool:
        since = self._talk.unheard_since
        return (
            self._brokers.several
            and since is not None
            and now - since >= self._timers.unheard
        )

    def _open(self, broker: Broker) -> None:
        if self._tls is None:
            self._tls = self._identity.tls(self.server_time)
        self._opening = Link(
            broker,
            self._identity,
            self._tls,
            self._keepalive,
            self._clock,
            self._inbox.put,
        )
        self._opening.open()

    def _up(self, link: Link, now: float) -> None:
        if link is not self._opening:
            return
        if self._link is not None:
            self._link.close()
        self._link, self._opening = link, None
        self._brokers.connected(link.broker, now)
        _logger.info("Connected to %s", link.broker)
        self._talk.up(link.publish, now)

    def _down(self, event: Down, now: float) -> None:
        link = event.link
        if event.not_authorized:
            self._brokers.not_authorized(link.broker, now)
        if link is self._opening:
            self._opening = None
            if self._link is not None:
                self._brokers.prefer_failed(now)
                return
            self._brokers.lost(link.broker, was_up=False, now=now)
        elif link is self._link:
            self._link = None
            self._talk.down()
            self._brokers.lost(link.broker, was_up=True, now=now)
        else:
            return
        _logger.info("No connection to %s: %s", link.broker, event.reason)

    def _leave(self, now: float) -> None:
        """Give up the link in favour of the next broker."""
        if self._link is not None:
            self._link.close()
            self._talk.down()
            self._brokers.lost(self._link.broker, was_up=True, now=now)
            self._link = None

    def _take_renewed(self, now: float) -> None:
        """The link that stands may go on; a new list of brokers cannot wait."""
        brokers = self._identity.brokers
        if self._read_again() and self._identity.brokers != brokers:
            self._rotate(now)

    def _read_again(self) -> bool:
        """Take the identity from the data folder; False where it is not usable."""
        if self._reload is None:
            return True
        try:
            identity = self._reload()
        except IdentityError:
            _logger.exception("Identity not taken")
            return False
        if identity.device != self._identity.device:
            _logger.error("Identity not taken: it is another device's")
            return False
        self._identity = self._talk.identity = identity
        self._tls = None
        return True

    def _rotate(self, now: float) -> None:
        """The office renewed our certificate or the list of brokers."""
        if not self._read_again():
            return
        if self._reload is not None:
            self._brokers = Brokers(self._identity.brokers, self._timers, self._uniform)
        for link in (self._opening, self._link):
            if link is not None:
                link.close()
        self._opening = self._link = self._tls = None
        self._talk.down()

    def _close(self) -> None:
        for link in (self._opening, self._link):
            if link is not None:
                link.close(gone=True)
                link.wait_closed()

    # What there is to wait for and to show

    def _deadline(self, now: float) -> float:
        deadline = self._talk.deadline()
        if self._opening is not None:
            return deadline
        if self._link is None:
            return min(deadline, self._brokers.next_at(now))
        if self._brokers.prefer_at is not None:
            deadline = min(deadline, self._brokers.prefer_at)
        return deadline

    def _show(self, now: float) -> None:
        connection: ConnectionState = self._talk.talk
        if self._link is None:
            refused = self._brokers.none_admits(now)
            connection = "not_authorized" if refused else "offline"
            if self._certificate_ended():
                connection = "expired"
        elif self._talk.heard and self._link.broker == self._brokers.preferred:
            self._brokers.prefer_serves()
        if connection != self._connection:
            self._connection = connection
            self._outbox.changes.bump()
            if connection == "online" and self._on_online is not None:
                self._on_online()

    def _certificate_ended(self) -> bool:
        least = self.server_time.now().least
        return least is not None and self._identity.valid[1] < least


def _is_rotate(message: Got) -> bool:
    try:
        return read_command(message.payload).command == "rotate"
    except ContractError:
        return False  # counted where every other message is read
