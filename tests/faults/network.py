"""Connections that can be cut, held, slowed and torn: TCP and TLS pass through."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Trouble = Literal[
    "none", "down", "up_only", "down_only", "delay", "reset", "half_open", "slow"
]
DELAY_SECONDS = 2.0
SLOW_BYTES_PER_SECOND = 3000
CHUNK = 16 * 1024


@dataclass(eq=False)
class Gate:
    """One client's way to one server, and what is wrong with it.

    :ivar seen: what the trouble did: ``refused``, ``cut``, ``held``, ``delayed``,
        ``torn``, ``slowed``, and ``resumed`` connections.
    """

    name: str
    host: str
    port: int
    trouble: Trouble = "none"
    seen: Counter[str] = field(default_factory=Counter)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    listening: int = 0

    def holds(self, upward: bool) -> bool:
        return self.trouble == "half_open" or (
            self.trouble == ("down_only" if upward else "up_only")
        )


class Network:
    """Every gate of the run, in one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def gate(self, name: str, port: int, at: Path | None = None) -> Gate:
        """Listen for connections to a local port.

        :param at: a unix socket to listen at; else a free port of ``localhost``.
        """
        gate = Gate(name, "127.0.0.1", port)
        future = asyncio.run_coroutine_threadsafe(self._listen(gate, at), self._loop)
        gate.listening = future.result(10)
        return gate

    def change(self, gate: Gate, trouble: Trouble) -> None:
        """Let a trouble begin, or end by ``none``; ``down`` cuts what is open."""
        gate.trouble = trouble
        if trouble == "down":
            self.cut(gate)

    def cut(self, gate: Gate) -> int:
        """Reset every open connection; how many there were."""

        async def cut() -> int:
            writers = list(gate.writers)
            for writer in writers:
                _abort(writer)
            return len(writers) // 2

        return asyncio.run_coroutine_threadsafe(cut(), self._loop).result(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _listen(self, gate: Gate, at: Path | None) -> int:
        async def connected(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await self._serve(gate, reader, writer)

        if at is not None:
            await asyncio.start_unix_server(connected, at)
            return 0
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    async def _serve(
        self, gate: Gate, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if gate.trouble == "down":
            gate.seen["refused"] += 1
            _abort(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(gate.host, gate.port)
        except OSError:
            _abort(writer)
            return
        pair = {writer, far_writer}
        gate.writers |= pair
        try:
            await asyncio.gather(
                self._pump(gate, reader, far_writer, upward=True),
                self._pump(gate, far_reader, writer, upward=False),
            )
        except OSError:
            gate.seen["cut"] += 1
        finally:
            gate.writers -= pair
            for each in pair:
                _abort(each)

    async def _pump(
        self,
        gate: Gate,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upward: bool,
    ) -> None:
        while data := await reader.read(CHUNK):
            if gate.trouble == "delay":
                gate.seen["delayed"] += 1
                await asyncio.sleep(DELAY_SECONDS)
            elif gate.trouble == "slow":
                gate.seen["slowed"] += 1
                await asyncio.sleep(len(data) / SLOW_BYTES_PER_SECOND)
            elif gate.trouble == "reset" and upward and len(data) > 64:
                gate.seen["torn"] += 1
                gate.trouble = "none"
                writer.write(data[: len(data) // 2])
                await writer.drain()
                raise ConnectionResetError
            while gate.holds(upward):
                gate.seen["held"] += 1
                await asyncio.sleep(0.1)
            writer.write(data)
            await writer.drain()
        # One direction is at its end: so is the connection, for MQTT and HTTP here.
        raise ConnectionResetError


def _abort(writer: asyncio.StreamWriter) -> None:
    """Reset, as a router that forgot the connection does."""
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
