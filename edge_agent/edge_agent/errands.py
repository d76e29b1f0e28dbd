"""What a bay asks of its bridge over HTTPS in the background, one thing at a time."""

import logging
import socket
import time
from abc import ABC, abstractmethod
from threading import Event, Thread

import httpx

from edge_agent.identity import Identity
from edge_agent.outbox import Outbox
from edge_agent.server_time import ServerTime

FIRST_WAIT = 2.0
LONGEST_WAIT = 300.0
PATIENCE = 5
"""So many times the wait that a busy bridge asks for."""
IDLE_SECONDS = 60.0
CHUNK = 64 * 1024

SOCKET = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    # What the kernel holds already, an event waits for.
    (socket.SOL_SOCKET, socket.SO_SNDBUF, CHUNK),
    # CS1, "lower effort" (RFC 4594): a wireless network's background class.
    (socket.IPPROTO_IP, socket.IP_TOS, 0x20),
)

_logger = logging.getLogger(__name__)


class StoppedError(Exception):
    """The agent ends; what is on its way will go on after its next start."""


class Backoff:
    """Waits that double; time is given.

    :ivar asked: the other side is there and asked for the wait.
    """

    def __init__(self) -> None:
        self._wait = FIRST_WAIT
        self.until = 0.0
        self.asked = False

    def failed(self, now: float, least: float = 0.0) -> None:
        """:param least: seconds that the other side asked for; then it is there, only
        busy, and the wait grows to a few times that and no further."""
        most = min(PATIENCE * least, LONGEST_WAIT) if least else LONGEST_WAIT
        self.until = now + max(min(self._wait, most), min(least, LONGEST_WAIT))
        self._wait = min(self._wait * 2, LONGEST_WAIT)
        self.asked = least > 0


class Errands(ABC):
    """One thread and one connection, marked as background for the network.

    :param name: of the thread.
    """

    def __init__(
        self,
        name: str,
        identity: Identity,
        outbox: Outbox,
        server_time: ServerTime,
        timeout: httpx.Timeout,
    ) -> None:
        self._identity = identity
        self._outbox = outbox
        self._server_time = server_time
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(
                verify=identity.media_tls(server_time), socket_options=SOCKET
            ),
            timeout=timeout,
            trust_env=False,
        )
        self._later: dict[str, Backoff] = {}
        self._all = Backoff()
        self._linked = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def linked(self) -> None:
        """The bay is online again: whoever could not be reached is tried at once.

        From any thread. A bridge that was reached and asked for time keeps it.
        """
        self._linked.set()
        self._outbox.changes.bump()

    def stop(self) -> None:
        self._stopping.set()
        self._outbox.changes.bump()
        self._client.close()  # ends what is under way
        self._thread.join()

    @abstractmethod
    def step(self, now: float) -> bool:
        """Do one errand if one can be done; False: wait for a change or a back-off."""

    def _may_ask(self, now: float) -> bool:
        """Whether requests can be signed, and nothing is waited for."""
        if self._linked.is_set():
            self._linked.clear()
            if not self._all.asked:
                self._all = Backoff()
        return self._server_time.known() is not None and self._all.until <= now

    def _run(self) -> None:
        while not self._stopping.is_set():
            version = self._outbox.changes.version
            try:
                if self.step(time.monotonic()):
                    continue
            except Exception:
                if self._stopping.is_set():
                    return
                _logger.exception("%s stumbled", self._thread.name)
                self._all.failed(time.monotonic())
            self._outbox.changes.wait(version, self._pause(time.monotonic()))

    def _pause(self, now: float) -> float:
        untils = [self._all.until, *(wait.until for wait in self._later.values())]
        return min([IDLE_SECONDS, *(until - now for until in untils if until > now)])
