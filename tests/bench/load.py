"""The client: raw sockets kept open, so that what it costs leaves the cores to the servers."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"


@dataclass
class Load:
    """What came of a time of asking."""

    requests: int = 0
    cpu_us: float = 0.0
    """CPU time of the server's process, a request."""
    refused: Counter[str] = field(default_factory=Counter)
    """Answers that were no success, by their status."""


class Caller:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> "Caller":
        return cls(*await asyncio.open_connection(HOST, port))

    async def ask(self, request: bytes) -> tuple[str, bytes]:
        """Status and body of the answer."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        start = head.index(b"content-length:") + len(b"content-length:")
        length = int(head[start : head.index(b"\r", start)])
        return head[9:12].decode(), await self._reader.readexactly(length)

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def ask_for(
    port: int, pid: int, requests: Iterator[bytes], *, seconds: float, callers: int = 8
) -> Load:
    """Send `requests` for so long from several connections at once; each waits for its answer."""
    connections = [await Caller.connect(port) for _ in range(callers)]
    load = Load()

    async def call(caller: Caller, until: float) -> None:
        while time.monotonic() < until:
            status, body = await caller.ask(next(requests))
            load.requests += 1
            if not status.startswith("2"):
                load.refused[f"{status} {body[:200].decode(errors='replace')}"] += 1

    before = cpu_us(pid)
    until = time.monotonic() + seconds
    await asyncio.gather(*(call(caller, until) for caller in connections))
    load.cpu_us = (cpu_us(pid) - before) / load.requests
    for connection in connections:
        await connection.close()
    return load


def cpu_us(pid: int) -> float:
    """CPU time of all threads of a process so far."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1000


def request(method: str, path: str, token: str, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of a request; a header `If_None_Match` is sent as If-None-Match."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Authorization: Bearer {token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
