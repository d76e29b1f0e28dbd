"""Running the kiosk beside the agent's other threads."""

import socket
import threading

import uvicorn
from fastapi import FastAPI

from edge_agent.kiosk.events import Pushes


class KioskServer:
    """A web server for ``build_app``'s kiosk, in a thread of its own."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._pushes: Pushes = app.state.pushes
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._config = self._server.config
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen, then serve in the background.

        :raises OSError: the port is taken, or the address is not ours.
        """
        sock = _listening(self._config.host, self._config.port)
        self._thread = threading.Thread(
            target=self._server.run, args=([sock],), name="kiosk", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._pushes.end()
        if self._thread:
            self._thread.join()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.create_server((host, port), family=family, backlog=64)
    # asyncio does so on sockets of its own making alone. Without it, an answer's body
    # waits until the browser has acknowledged its head, for up to 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
