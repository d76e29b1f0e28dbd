"""A network that breaks: a TCP relay that cuts each connection after a random while."""

import contextlib
import random
import socket
import threading
from typing import Self

CHUNK = 16 * 1024


class CuttingRelay:
    """Passes bytes on to a port of this machine, and breaks off where chance says.

    :param mean: bytes of a connection until it is cut, on average (exponential).
    :ivar cuts: connections cut so far.
    """

    def __init__(self, port: int, mean: float, seed: str) -> None:
        self.cuts = 0
        self._target = port
        self._mean = mean
        self._chance = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            left = int(self._chance.expovariate(1 / self._mean))
            for source, target, most in ((near, far, left), (far, near, None)):
                threading.Thread(
                    target=self._pass_on, args=(source, target, most), daemon=True
                ).start()

    def _pass_on(
        self, source: socket.socket, target: socket.socket, left: int | None
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if left is not None and len(data) >= left:
                    target.sendall(data[:left])
                    self.cuts += 1
                    break
                target.sendall(data)
                left = left and left - len(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
