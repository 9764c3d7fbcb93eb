"""Receivers of webhooks, good and bad, on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

GARBAGE = b"\x00\x01 this is no HTTP\r\n\r\n"


class Receivers:
    """One server; the path says how it behaves: /ok, /fail, /gone, /redirect, /garbage, /hang,
    /trickle, /endless. `dead` makes it close every connection at once."""

    def __init__(self) -> None:
        self.url = ""
        self.dead = False
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.hanging = 0
        self.released = asyncio.Event()

    def arrived(self, path: str = "/ok") -> list[str]:
        """Ids of the facts, in the order in which they came."""
        return [json.loads(body)["id"] for at, _, body in self.got if at == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self.dead:
                await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        path = first.split()[1]
        self.got.append((path, headers, body))
        match path.split("?")[0]:
            case "/hang":
                self.hanging += 1
                await self.released.wait()
            case "/trickle":
                for byte in b"HTTP/1.1 200 OK\r\n" * 1000:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.05)
            case "/garbage":
                writer.write(GARBAGE)
            case "/endless":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                    await writer.drain()
            case "/redirect":
                location = f"Location: {self.url}/ok\r\n"
                writer.write(f"HTTP/1.1 302 F\r\n{location}Content-Length: 0\r\n\r\n".encode())
            case name:
                status = {"/ok": 204, "/fail": 500, "/gone": 410}[name]
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def receivers() -> AsyncIterator[Receivers]:
    found = Receivers()
    server: Any = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        found.released.set()
        server.close()
