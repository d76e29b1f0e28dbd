"""A network of its own for a few bays, in which packets truly get lost.

``python -m tests.faults.site PORT=SOCKET…`` runs inside ``unshare --user --net``: what
comes to a local port goes on to a unix socket, which reaches out of the namespace.
"""

import asyncio
import subprocess
import sys

MTU = "1400"
"""As on a real link, so that a rate limit works on packets and not on whole batches."""


async def main(ways: list[str]) -> None:
    subprocess.run(["ip", "link", "set", "lo", "mtu", MTU, "up"], check=True)
    for way in ways:
        port, _, path = way.partition("=")
        await asyncio.start_server(_to(path), "127.0.0.1", int(port))
    print("ready", flush=True)  # noqa: T201
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _to(path: str):  # type: ignore[no-untyped-def]
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(path)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.wait(
            [
                asyncio.ensure_future(_pump(reader, far_writer)),
                asyncio.ensure_future(_pump(far_reader, writer)),
            ],
            return_when=asyncio.FIRST_COMPLETED,
        )
        for each in (writer, far_writer):
            each.transport.abort()

    return serve


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(16 * 1024):
            writer.write(data)
            await writer.drain()
    except OSError:
        return


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
