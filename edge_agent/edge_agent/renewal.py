"""Gets the next certificate well before the present one ends."""

import logging
from collections.abc import Callable
from threading import Event, Thread

import httpx

from edge_agent import identity
from edge_agent.errors import IdentityError
from edge_agent.identity import Identity
from edge_agent.server_time import ServerTime
from workbay_contract.enrolment import (
    RENEW_PATH,
    EnrolAnswer,
    RenewRequest,
    sign_renewal,
)

LOOK_SECONDS = 600.0
WAIT_SECONDS = 5.0
"""Between two questions while the certificate is being signed."""
SHARE = 3
"""The next one is asked for when a third of the present one's time is left."""

_logger = logging.getLogger(__name__)


class Renewal:
    """One thread; mostly it sleeps.

    :param renewed: is told that another identity lies in the folder.
    """

    def __init__(
        self,
        who: Identity,
        server_time: ServerTime,
        renewed: Callable[[], None],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._who = who
        self._server_time = server_time
        self._renewed = renewed
        self._look_seconds = look_seconds
        self._client = httpx.Client(
            verify=who.media_tls(server_time), timeout=10, trust_env=False
        )
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="renewal", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._client.close()

    def step(self) -> float:
        """Ask if it is time to.

        :return: seconds until the next look.
        """
        at = self._server_time.known()
        if at is None:
            return WAIT_SECONDS
        begin, end = self._who.valid
        if end - at > (end - begin) // SHARE or at > end:
            return self._look_seconds
        answer = self._ask(at)
        if answer is None or answer.status == "refused":
            _logger.warning(
                "No new certificate yet: %s", answer.code if answer else "no answer"
            )
            return min(60.0, self._look_seconds)
        if answer.issued is None:
            return WAIT_SECONDS
        self._who = identity.renew(self._who, answer.issued)
        self._renewed()
        _logger.info("The certificate is renewed until %s", self._who.until)
        return self._look_seconds

    def _ask(self, at: int) -> EnrolAnswer | None:
        who = self._who
        request = RenewRequest(csr=identity.request(who), held=who.fingerprint)
        body = request.model_dump_json().encode()
        try:
            answer = self._client.post(
                who.media_url + RENEW_PATH,
                content=body,
                headers=sign_renewal(who.key, who.device, body, at),
            )
            return EnrolAnswer.model_validate_json(answer.content)
        except (httpx.HTTPError, ValueError) as error:
            _logger.info("Renewal waits: %s", error)
            return None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self.step()
            except (IdentityError, OSError):
                _logger.exception("The new certificate was not taken")
                pause = 60.0
            self._stopping.wait(pause)
