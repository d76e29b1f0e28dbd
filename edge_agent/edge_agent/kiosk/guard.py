"""Who may talk to the kiosk: its own page, nobody else's.

A page from elsewhere that a browser on this machine opened must reach nothing here,
neither by form and script (Origin) nor under a name that it had resolve to this
machine (Host).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 16 * 1024


@dataclass(frozen=True)
class Upload:
    """What a path takes: a media type that no form can send, and so many bytes."""

    media_type: str = "application/json"
    most_bytes: int = MAX_BODY_BYTES


SAFE_METHODS = frozenset({"GET", "HEAD"})

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
        " media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


def allowed_hosts(host: str, port: int, further: Iterable[str] = ()) -> frozenset[str]:
    """What a browser may put into ``Host``.

    :param host: the address listened at.
    :param further: names; one without a port is meant with ``port``.
    """
    names = [*_LOCAL, *further]
    if host not in _EVERYWHERE:
        names.append(f"[{host}]" if ":" in host else host)
    return frozenset(
        name.lower() if _has_port(name) else f"{name.lower()}:{port}" for name in names
    )


def _has_port(name: str) -> bool:
    return name.rpartition("]")[2].rpartition(":")[1] == ":"


class Guard:
    """Refuses before anything of the kiosk runs, and adds the security headers.

    :param uploads: what paths take that do not take JSON.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str],
        uploads: Mapping[str, Upload] | None = None,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._uploads = uploads or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        app = self._app
        if refused:
            status, reason = refused
            app = JSONResponse({"detail": reason}, status)
        await app(scope, receive, send_guarded)

    def _refusal(
        self, method: str, path: str, headers: Headers
    ) -> tuple[int, str] | None:
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return 421, "not a name of this kiosk"
        origin = headers.get("origin", "").lower()
        own = origin in (f"http://{host}", f"https://{host}")
        if origin and not own:
            return 403, "not from this kiosk's page"
        if method in SAFE_METHODS:
            return None
        if not own:
            return 403, "not from this kiosk's page"
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        upload = self._uploads.get(path, Upload())
        if media_type != upload.media_type:
            return 415, f"{upload.media_type} only"
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > upload.most_bytes:
            return 413, "too large, or of unknown length"
        return None
