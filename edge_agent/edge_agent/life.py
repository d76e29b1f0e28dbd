"""What a unit is in turn: nobody's, then a bay, and nobody's again if it has to be."""

import errno
import logging
import time
from threading import Event

from edge_agent import identity
from edge_agent.agent import Agent
from edge_agent.errors import AgentError
from edge_agent.settings import Settings
from edge_agent.unit import Unit
from edge_agent.watch import Watch
from workbay_contract.enrolment import EnrolmentCode

PORT_SECONDS = 5.0
"""How long the kiosk's own port may take to be free again between the two."""

_logger = logging.getLogger(__name__)


class Life:
    """One process of the agent."""

    def __init__(self, settings: Settings, watch: Watch | None = None) -> None:
        self._settings = settings
        self._watch = watch or Watch()
        self._turn = Event()
        self._ending = False
        self._code: EnrolmentCode | None = None

    def end(self) -> None:
        """From a signal's handler."""
        self._ending = True
        self._turn.set()

    def run(self) -> None:
        """Until told to end.

        :raises AgentError: it cannot start as things are.
        """
        first = True
        while not self._ending:
            self._turn.clear()
            now = self._next()
            self._start(now, patience=0.0 if first else PORT_SECONDS)
            first = False
            self._watch.ready()
            while not self._turn.wait(self._watch.seconds):
                now.look()  # waits where the bay is stuck, and nothing is said
                self._watch.lives()
            if self._ending:
                self._watch.stopping()
            now.stop()

    def _next(self) -> Agent | Unit:
        code, self._code = self._code, None
        if code is None and identity.is_enrolled(self._settings.data_dir):
            return Agent(self._settings, self._enrol)
        self._settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Unit(self._settings, self._turn.set, code)

    def _enrol(self, code: EnrolmentCode) -> None:
        self._code = code
        self._turn.set()

    def _start(self, now: Agent | Unit, patience: float) -> None:
        deadline = time.monotonic() + patience
        while True:
            try:
                now.start()
            except OSError as error:
                if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                    self._turn.wait(0.1)
                    continue
                host, port = self._settings.kiosk_host, self._settings.kiosk_port
                raise AgentError(
                    f"The kiosk cannot listen at {host}:{port} ({error.strerror}); "
                    "free it or set BAY_KIOSK_PORT."
                ) from error
            return
