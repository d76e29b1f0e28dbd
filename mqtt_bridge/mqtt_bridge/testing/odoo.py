"""An Odoo of a few lines: answers over real HTTP what a test tells it to."""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from workbay_contract.media import LENGTH

Method = Callable[..., Any]

KEY = "0123456789abcdef-key"


class HttpError(Exception):
    """Raised by a method to make Odoo answer with that status."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class FakeOdoo:
    """``on("ingest", function)`` sets what a method does; calls are noted."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.keys = {KEY}
        self.media: dict[str, bytes] = {}
        self.media_status = [201]
        self.media_code = ""
        self.pictures: dict[str, bytes] = {}
        self.picture_status = 200
        self.wanted: dict[str, tuple[str, int]] = {}
        self.given_up: list[str] = []
        self._methods: dict[str, Method] = {}
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.on("ingest", lambda batches: {"answers": [], "boards": []})
        self.on("hello", lambda hellos: {"answers": [], "boards": []})
        self.on("state", lambda states: None)
        self.on("device_list", lambda: [])
        self.on("poll", lambda partitions, published: [])
        self.on("release", lambda bridge: None)
        self.on("acquire", self.grant(range(64)))

    @staticmethod
    def grant(partitions: Any) -> Method:
        return lambda bridge, ttl_ms: {
            "partitions": list(partitions),
            "taken": [],
            "ttl_ms": ttl_ms,
        }

    def on(self, method: str, function: Method) -> None:
        self._methods[method] = function

    def made(self, method: str) -> list[dict[str, Any]]:
        """The arguments of the calls of a method, in order."""
        with self._lock:
            return [arguments for name, arguments in self.calls if name == method]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = fake.answer(
                    self.path, json.loads(body), dict(self.headers)
                )
                self._say(status, json.dumps(answer).encode())

            def do_PUT(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = fake.take(self.path, body, dict(self.headers))
                code = fake.media_code
                self._say(status, json.dumps({"code": code}).encode() if code else b"")

            def do_GET(self) -> None:  # noqa: N802
                self._say(*fake.picture(self.path, dict(self.headers)))

            def do_HEAD(self) -> None:  # noqa: N802
                status, headers = fake.asked(self.path)
                self.send_response(status)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.end_headers()

            def do_DELETE(self) -> None:  # noqa: N802
                fake.given_up.append(self.path)
                self._say(200, b"")

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(
        self, path: str, arguments: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, Any]:
        if headers.get("Authorization") not in {f"bearer {key}" for key in self.keys}:
            return 401, {"message": "wrong key"}
        method = path.rpartition("/")[2]
        with self._lock:
            self.headers.append(headers)
            self.calls.append((method, arguments))
        try:
            return 200, self._methods[method](**arguments)
        except HttpError as error:
            return error.status, {"message": "as the test wants it"}
        except KeyError:
            return 404, {"message": f"no method {method}"}

    def picture(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """A picture, as the route of ``workshop_edge`` gives it."""
        named = {name.lower(): text for name, text in headers.items()}
        with self._lock:
            self.calls.append(("picture", {"path": path}))
            if named.get("authorization") not in {f"bearer {key}" for key in self.keys}:
                return 401, b""
            found = self.pictures.get(path.removeprefix("/workshop/picture/"))
            if found is None:
                return 404, b""
            return self.picture_status, found if self.picture_status == 200 else b""

    def asked(self, path: str) -> tuple[int, dict[str, str]]:
        """Whether a file is wanted, as the route of ``workshop_edge`` says it."""
        name = path.rpartition("/")[2]
        with self._lock:
            if name in self.media:
                return 200, {}
            if name not in self.wanted:
                return 404, {"Content-Length": "0"}
            kind, size = self.wanted[name]
        return 204, {"Content-Type": kind, LENGTH: str(size)}

    def take(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        with self._lock:
            self.headers.append(headers)
            status = self.media_status
            code = status.pop(0) if len(status) > 1 else status[0]
            if code in (200, 201):
                self.media[path.rpartition("/")[2]] = body
                assert hashlib.sha256(body).hexdigest() in path
            return code


class Gate:
    """Holds calls back until they are let through; counts who waits."""

    def __init__(self) -> None:
        self._open = threading.Semaphore(0)
        self._lock = threading.Lock()
        self.waiting = 0
        self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        assert self._open.acquire(timeout=10)

    def __exit__(self, *failure: object) -> None:
        with self._lock:
            self.waiting -= 1

    def let(self, number: int = 1) -> None:
        self._open.release(number)


def now_ms() -> int:
    return round(time.time() * 1000)
