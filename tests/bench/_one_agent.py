"""One agent as a process whose camera shows a film; ``agent`` measures it."""

import sys
from collections.abc import Iterator
from pathlib import Path

from edge_agent import frugal

frugal.begin()  # as the agent's own command does, before numpy comes

import numpy as np  # noqa: E402

from edge_agent import __main__, agent  # noqa: E402
from edge_agent.camera.pace import Pacer  # noqa: E402
from edge_agent.camera.source import FRAME_RATE, CameraError, Frame  # noqa: E402


class FilmSource:
    """Hands a film's frames over as a driver does, each in memory of its own.

    :param film: frames × height × width × 3, ``numpy.save``'s; shown over and over.
    """

    def __init__(self, film: Path, rate: float = FRAME_RATE) -> None:
        self._pacer = Pacer(rate)
        with film.open("rb") as file:
            np.lib.format.read_magic(file)
            self._shape, _, _ = np.lib.format.read_array_header_1_0(file)
            self._start = file.tell()
        self._film = film
        self._shown: Frame | None = None

    def frames(self) -> Iterator[Frame]:
        count, *size = self._shape
        bytes_each = int(np.prod(size))
        with self._film.open("rb") as file:
            while True:
                file.seek(self._start)
                for _ in range(count):
                    if not self._pacer.wait():
                        return
                    data = np.fromfile(file, np.uint8, bytes_each)
                    self._shown = data.reshape(size)
                    yield self._shown

    def snapshot(self) -> Frame:
        if self._shown is None:
            raise CameraError("nothing was shown yet")
        return self._shown

    def close(self) -> None:
        self._pacer.stop()


def main() -> int:
    film = Path(sys.argv[1])
    # Only the camera is exchanged; all else is the agent's own command.
    agent.build_camera = lambda *_: FilmSource(film)
    return __main__.main(["run"])


if __name__ == "__main__":
    sys.exit(main())
