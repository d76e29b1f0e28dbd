"""What stands between a bridge and Odoo: answers for it, repeats, withholds."""

import http.client
import json
import sys
import threading
from collections import Counter, deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from workbay_contract.media import LENGTH, OFFSET
from workbay_contract.types import sha256

INGEST = "/json/2/workshop.device/ingest"
ACQUIRE = "/json/2/workshop.lease/acquire"
KEPT = 20
OF_THE_HOP = ("host", "connection", "transfer-encoding", "accept-encoding")
PASSED_ON = ("Content-Type", LENGTH, OFFSET)
"""Of what Odoo says beside the body."""


class Gateway:
    """An HTTP proxy in front of Odoo for one bridge.

    :ivar trouble: what befalls calls of ingest: ``error`` (500, Odoo never asked),
        ``late`` (504 once Odoo has committed), ``broken`` (the connection ends there),
        ``duplicate`` (Odoo gets the call twice), ``reordered`` (older calls come once
        more before it); ``all_partitions`` befalls leases: the bridge is told that it
        holds every partition.
    :ivar seen: how often each did something; ``http_401`` and the like count Odoo's
        own answers, ``unanswered`` the calls that broke off.
    :ivar in_flight: calls of ingest that Odoo is at.
    """

    def __init__(self, odoo: str) -> None:
        self._address = odoo.removeprefix("http://")
        self.trouble = "none"
        self.in_flight = 0
        self.seen: Counter[str] = Counter()
        self.batches: dict[str, int] = {}
        self._bodies: deque[tuple[bytes, dict[str, str]]] = deque(maxlen=KEPT)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:  # noqa: N802 - the library's name
                gateway.pass_on(self)

            do_PUT = do_GET = do_HEAD = do_DELETE = do_POST  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the run says what counts."""

        return Handler

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        body = _body(request)
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in OF_THE_HOP
        }
        if body:
            headers["Content-Length"] = str(len(body))
        trouble = self.trouble
        if request.path == INGEST:
            for batch in json.loads(body)["batches"]:
                self.batches[sha256(batch.encode())] = (
                    self.batches.get(sha256(batch.encode()), 0) + 1
                )
            if self._fails(request, body, headers, trouble):
                return
            self._bodies.append((body, headers))
        answer = self._ask(request.command, request.path, body, headers)
        if answer is None:
            self._answer(request, 502, b"")
            return
        status, content, said = answer
        if request.path == ACQUIRE and trouble == "all_partitions" and status == 200:
            content = _everything(content)
            self.seen[trouble] += 1
        self._answer(request, status, content, said)

    def _fails(
        self,
        request: BaseHTTPRequestHandler,
        body: bytes,
        headers: dict[str, str],
        trouble: str,
    ) -> bool:
        if trouble == "error":
            self.seen[trouble] += 1
            self._answer(request, 500, b"the gateway says so")
            return True
        if trouble in ("late", "broken"):
            answer = self._ask("POST", INGEST, body, headers)
            if answer is not None and answer[0] == 200:
                self.seen[trouble] += 1
            if trouble == "late":
                self._answer(request, 504, b"")
            else:
                request.close_connection = True
                request.connection.close()
            return True
        if trouble == "duplicate":
            answer = self._ask("POST", INGEST, body, headers)
            if answer is not None and answer[0] == 200:
                self.seen[trouble] += 1
        elif trouble == "reordered":
            for older, its_headers in list(self._bodies)[-3:]:
                answer = self._ask("POST", INGEST, older, its_headers)
                if answer is not None and answer[0] == 200:
                    self.seen[trouble] += 1
        return False

    def _ask(
        self, command: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]] | None:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        self.in_flight += path == INGEST
        try:
            connection.request(command, path, body, headers)
            response = connection.getresponse()
            self.seen[f"http_{response.status}"] += 1
            return (
                response.status,
                response.read(),
                {name: response.getheader(name) or "" for name in PASSED_ON},
            )
        except (OSError, http.client.HTTPException):
            self.seen["unanswered"] += 1
            return None
        finally:
            self.in_flight -= path == INGEST
            connection.close()

    def _answer(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        content: bytes,
        said: Mapping[str, str] | None = None,
    ) -> None:
        try:
            request.send_response(status)
            for name, value in (said or {}).items():
                if value:
                    request.send_header(name, value)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)
        except OSError:
            request.close_connection = True  # the bridge has gone meanwhile


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, address: Any) -> None:
        """A bridge that is gone is what the run is about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, address)


def _body(request: BaseHTTPRequestHandler) -> bytes:
    if "chunked" not in request.headers.get("Transfer-Encoding", ""):
        return request.rfile.read(int(request.headers.get("Content-Length") or 0))
    parts = []
    while size := int(request.rfile.readline().split(b";")[0], 16):
        parts.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(parts)


def _everything(content: bytes) -> bytes:
    lease = json.loads(content)
    return json.dumps({**lease, "partitions": list(range(64))}).encode()
