"""Odoo's methods that services may call, over ``POST /json/2/<model>/<method>``."""

import json
import random
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from workbay_contract.enrolment import EnrolAnswer
from workbay_contract.types import DeviceId, Partition

_Result = TypeVar("_Result")


class OdooError(Exception):
    """Odoo did not do it. Each kind says how long to wait before asking again."""

    first_pause: ClassVar[float]
    longest_pause: ClassVar[float]


class OdooUnavailableError(OdooError):
    """Nobody answered, or nobody who could: the same call may succeed at once."""

    first_pause = 0.2
    longest_pause = 5.0


class OdooFaultError(OdooUnavailableError):
    """Odoo failed while at it: something within this very call may be the cause."""


class OdooRefusedError(OdooError):
    """Odoo does not let us, or knows no such method; somebody has to change that."""

    first_pause = 2.0
    longest_pause = 30.0


class Backoff:
    """How long to wait after each failure in a row."""

    def __init__(self) -> None:
        self._pause = 0.0

    def failed(self, error: OdooError) -> float:
        self._pause = min(max(self._pause * 2, error.first_pause), error.longest_pause)
        return self._pause * random.uniform(0.8, 1.2)  # noqa: S311

    def succeeded(self) -> None:
        self._pause = 0.0


class _Row(BaseModel):
    # A newer Odoo may tell more than we ask for.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Answer(_Row):
    """A signed text for the bay's ``outcomes`` topic."""

    device: DeviceId
    bay: UUID
    partition: Partition
    message: str


class Board(_Row):
    """A signed text for the bay's ``board`` topic."""

    device: DeviceId
    bay: UUID
    partition: Partition
    version: int
    message: str


class Reply(_Row):
    """What ingest and hello answer with."""

    answers: tuple[Answer, ...]
    boards: tuple[Board, ...] = ()


class KnownDevice(_Row):
    """An active device."""

    device: DeviceId
    bay: UUID
    partition: Partition
    public_key: str


class Lease(_Row):
    """The partitions that this bridge holds for ``ttl_ms`` from now."""

    partitions: frozenset[Partition]
    taken: frozenset[Partition] = frozenset()
    ttl_ms: int


_REPLY = TypeAdapter(Reply)
_BOARDS = TypeAdapter(tuple[Board, ...])
_DEVICES = TypeAdapter(tuple[KnownDevice, ...])
_LEASE = TypeAdapter(Lease)
_ENROL = TypeAdapter(EnrolAnswer)
_NOTHING: TypeAdapter[Any] = TypeAdapter(Any)

Observer = Callable[[str, str], None]
"""Is told each call's method and how it ended."""


class ApiKey(httpx.Auth):
    """The key in a file, read anew when the file changes.

    Odoo lets the former key live on for a while, so that a rotation is no gap.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = ((0, 0), "")

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"bearer {self._key()}"
        yield request

    def _key(self) -> str:
        mark, key = self._known
        try:
            stat = self._file.stat()
            if (stat.st_mtime_ns, stat.st_ino) != mark:
                key = self._file.read_text().strip()
                self._known = ((stat.st_mtime_ns, stat.st_ino), key)
        except OSError:
            if not key:
                raise
        return key


def headers(database: str) -> dict[str, str]:
    """What every request to Odoo carries beside its key."""
    return {"X-Odoo-Database": database}


class Client:
    """Calls methods; may be shared by threads."""

    def __init__(
        self,
        url: str,
        database: str,
        key_file: Path,
        observe: Observer = lambda method, result: None,
    ) -> None:
        self._observe = observe
        self._http = httpx.Client(
            base_url=url,
            auth=ApiKey(key_file),
            headers={
                **headers(database),
                "Content-Type": "application/json; charset=utf-8",
            },
            limits=httpx.Limits(max_keepalive_connections=8, keepalive_expiry=30),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        model: str,
        method: str,
        result: TypeAdapter[_Result],
        *,
        timeout: float = 10.0,
        **arguments: Any,
    ) -> _Result:
        """:raises OdooError: it did not happen, as far as we know."""
        try:
            value = self._call(model, method, result, timeout, arguments)
        except OdooError as error:
            self._observe(method, type(error).__name__)
            raise
        self._observe(method, "ok")
        return value

    def _call(
        self,
        model: str,
        method: str,
        result: TypeAdapter[_Result],
        timeout: float,
        arguments: dict[str, Any],
    ) -> _Result:
        body = json.dumps(arguments, ensure_ascii=False, default=str).encode()
        path = f"/json/2/{model}/{method}"
        try:
            response = self._post(path, body, timeout)
        except httpx.HTTPError as error:
            raise OdooUnavailableError(f"{method}: {error!r}") from error
        _check(method, response)
        try:
            return result.validate_json(response.content)
        except ValidationError as error:
            raise OdooFaultError(f"{method}: unexpected answer: {error}") from error

    def _post(self, path: str, body: bytes, timeout: float) -> httpx.Response:
        limits = httpx.Timeout(timeout, connect=min(timeout, 3.0))
        try:
            return self._http.post(path, content=body, timeout=limits)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # A kept connection that Odoo had closed meanwhile. Every method of ours
            # may be called twice.
            return self._http.post(path, content=body, timeout=limits)


class BridgeOdoo:
    """The methods that the bridge's user may call."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def ingest(self, batches: list[str]) -> Reply:
        return self._client.call(
            "workshop.device", "ingest", _REPLY, timeout=60, batches=batches
        )

    def hello(self, hellos: list[str]) -> Reply:
        return self._client.call(
            "workshop.device", "hello", _REPLY, timeout=20, hellos=hellos
        )

    def state(self, states: list[str]) -> None:
        self._client.call("workshop.device", "state", _NOTHING, states=states)

    def device_list(self) -> tuple[KnownDevice, ...]:
        return self._client.call("workshop.device", "device_list", _DEVICES)

    def acquire(self, bridge: str, ttl_ms: int, timeout: float) -> Lease:
        return self._client.call(
            "workshop.lease",
            "acquire",
            _LEASE,
            timeout=timeout,
            bridge=bridge,
            ttl_ms=ttl_ms,
        )

    def release(self, bridge: str) -> None:
        self._client.call(
            "workshop.lease", "release", _NOTHING, timeout=3, bridge=bridge
        )

    def enrol(self, secret: str, csr: str) -> EnrolAnswer:
        return self._client.call(
            "workshop.device", "enrol", _ENROL, secret=secret, csr=csr
        )

    def renew(self, device: str, csr: str, held: str) -> EnrolAnswer:
        return self._client.call(
            "workshop.device", "renew", _ENROL, device=device, csr=csr, held=held
        )

    def poll_boards(
        self, partitions: Iterable[int], published: Iterable[tuple[str, int]]
    ) -> tuple[Board, ...]:
        return self._client.call(
            "workshop.board",
            "poll",
            _BOARDS,
            timeout=20,
            partitions=sorted(partitions),
            published=[list(pair) for pair in published],
        )


def _check(method: str, response: httpx.Response) -> None:
    status = response.status_code
    if status < 300:
        return
    text = f"{method}: HTTP {status}: {response.text[:300]}"
    if status in (408, 429, 502, 503, 504):
        raise OdooUnavailableError(text)
    if status >= 500:
        raise OdooFaultError(text)
    raise OdooRefusedError(text)
