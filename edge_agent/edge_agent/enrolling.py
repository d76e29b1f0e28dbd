"""A unit that is nobody's device yet: it waits for an enrolment code, and follows it.

One thread does the network; the camera's thread only hands over what it read.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from edge_agent import identity, server_time
from edge_agent.changes import Changes
from edge_agent.errors import IdentityError
from edge_agent.tls import pinned_context, unverified_context
from workbay_contract.enrolment import (
    AUTHORITY_PATH,
    ENROL_PATH,
    VALID_SECONDS,
    EnrolAnswer,
    EnrolmentCode,
    EnrolRequest,
    fingerprint,
    read_enrolment_code,
)

POLL_SECONDS = 1.5
RETRY_SECONDS = 3.0
BUSY_SECONDS = 60.0
MAX_CA_BYTES = 16 * 1024
SHOWN_SECONDS = 3.0
"""So long the screen says that it is done, before the bay begins to work."""

Phase = Literal["show", "working", "waiting", "refused", "done"]

_logger = logging.getLogger(__name__)


class _RefusedError(Exception):
    """It does not go with this code; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _LaterError(_RefusedError):
    """It does not go now; it is tried again by itself."""

    def __init__(self, code: str, seconds: float = RETRY_SECONDS) -> None:
        super().__init__(code)
        self.seconds = seconds


@dataclass(frozen=True)
class Progress:
    """What the screen shows.

    :ivar code: a key of ``wording.WORDING``, with its parameters.
    """

    phase: Phase
    code: str | None = None
    host: str = ""
    store: str = ""
    bay: str = ""

    @property
    def params(self) -> dict[str, Any]:
        return {"host": self.host}


class Enroller:
    """:param finished: is called once the folder holds a device, from its thread."""

    def __init__(
        self,
        folder: Path,
        finished: Callable[[], None],
        code: EnrolmentCode | None = None,
    ) -> None:
        self._folder = folder
        self._finished = finished
        self._codes: SimpleQueue[EnrolmentCode] = SimpleQueue()
        if code is not None:
            self._codes.put(code)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="enroller", daemon=True)
        self.changes = Changes()
        self.progress = Progress("show")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def scanned(self, text: str) -> None:
        """A code was held up; only an enrolment code means something here."""
        code = read_enrolment_code(text)
        if code is not None:
            self._codes.put(code)
        elif self.progress.phase in ("show", "refused"):
            self._show(Progress("refused", "foreign_code"))

    def crowded(self) -> None:
        """More codes were held up at once than can be meant."""
        if self.progress.phase in ("show", "refused"):
            self._show(Progress("refused", "many_codes"))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                code = self._codes.get(timeout=0.2)
            except Empty:
                continue
            try:
                if self._follow(code):
                    self._stopping.wait(SHOWN_SECONDS)
                    self._finished()
                    return
            except Exception:  # whatever it was, another code may be shown
                _logger.exception("Enrolment stumbled")
                self._show(Progress("refused", "enrol_request"))

    def _follow(self, code: EnrolmentCode) -> bool:
        """Do as a code says, until it is done, is refused, or another one is shown."""
        host = urlsplit(code.url).netloc
        ends = time.monotonic() + VALID_SECONDS
        self._show(Progress("working", host=host))
        while not self._stopping.is_set() and self._codes.empty():
            try:
                return self._attempt(code, host)
            except _LaterError as error:
                _logger.info("Enrolment waits: %s", error.code)
                self._show(Progress("waiting", error.code, host))
                if time.monotonic() > ends:
                    self._show(Progress("refused", "enrol_expired", host))
                    return False
                self._stopping.wait(error.seconds)
            except _RefusedError as error:
                _logger.warning("Enrolment refused: %s", error.code)
                self._show(Progress("refused", error.code, host))
                return False
        return False

    def _attempt(self, code: EnrolmentCode, host: str) -> bool:
        try:
            ca = self._authority(code)
            with httpx.Client(
                verify=pinned_context(ca), timeout=10, trust_env=False
            ) as client:
                return self._enrol(client, code, ca, host)
        except httpx.ConnectError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise _RefusedError("enrol_wrong_ca") from error
            raise _LaterError("enrol_unreachable") from error
        except httpx.HTTPError as error:
            raise _LaterError("enrol_unreachable") from error
        except IdentityError as error:
            _logger.exception("The unit's folder is not usable")
            raise _RefusedError("enrol_disk") from error
        except OSError as error:
            _logger.exception("The unit's folder cannot be written")
            raise _RefusedError("enrol_disk") from error

    def _authority(self, code: EnrolmentCode) -> str:
        """The CA's certificate, from anybody: its hash is on the code."""
        with httpx.Client(
            verify=unverified_context(), timeout=10, trust_env=False
        ) as client:
            answer = client.get(code.url + AUTHORITY_PATH)
        if answer.status_code in (429, 502, 503):
            raise _LaterError("enrol_busy", BUSY_SECONDS)
        try:
            found = fingerprint(answer.content[:MAX_CA_BYTES])
        except ValueError as error:
            raise _RefusedError("enrol_wrong_ca") from error
        if found != code.ca:
            raise _RefusedError("enrol_wrong_ca")
        return answer.text

    def _enrol(
        self, client: httpx.Client, code: EnrolmentCode, ca: str, host: str
    ) -> bool:
        renewed_key = False
        while not self._stopping.is_set() and self._codes.empty():
            answer = self._ask(client, code)
            if answer.status == "issued" and answer.issued is not None:
                who = identity.complete(self._folder, answer.issued, ca)
                server_time.keep(self._folder / server_time.FILE, answer.server_time)
                _logger.info("Enrolled as device %s of bay %s", who.device, who.bay)
                self._show(
                    Progress(
                        "done",
                        host=host,
                        store=answer.issued.store,
                        bay=answer.issued.bay_name,
                    )
                )
                return True
            if answer.code == "enrol_new_key" and not renewed_key:
                identity.set_aside(self._folder)
                renewed_key = True
                continue
            if answer.code in ("enrol_office", "enrol_busy"):
                pause = BUSY_SECONDS if answer.code == "enrol_busy" else RETRY_SECONDS
                raise _LaterError(answer.code, pause)
            if answer.status == "refused":
                raise _RefusedError(answer.code or "enrol_request")
            self._stopping.wait(POLL_SECONDS)
        return False

    def _ask(self, client: httpx.Client, code: EnrolmentCode) -> EnrolAnswer:
        device = identity.device_id(self._folder)
        request = identity.keygen(self._folder, device).read_text()
        asked = EnrolRequest(secret=code.secret, csr=request)
        answer = client.post(
            code.url + ENROL_PATH,
            content=asked.model_dump_json(),
            headers={"Content-Type": "application/json"},
        )
        try:
            return EnrolAnswer.model_validate_json(answer.content)
        except ValueError as error:
            raise _LaterError("enrol_office") from error

    def _show(self, progress: Progress) -> None:
        if progress != self.progress:
            self.progress = progress
            self.changes.bump()
