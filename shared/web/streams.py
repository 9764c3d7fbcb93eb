"""Server-sent events that end at once when the server is asked to stop, not when its grace is over.

The reader comes back after `retry` with the last id, to this process's successor or to a replica.
"""

import asyncio
import socket
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from starlette.types import Send

from shared.retries import end
from shared.web.openapi import SSE


class EventStream(StreamingResponse):
    """`lines` as they come, until they end or `stopping` is set."""

    def __init__(self, lines: AsyncIterator[bytes], stopping: asyncio.Event) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(lines, media_type=SSE, headers=headers)
        self._stopping = stopping

    async def stream_response(self, send: Send) -> None:
        streaming = asyncio.create_task(super().stream_response(send))
        asked = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({streaming, asked}, return_when=asyncio.FIRST_COMPLETED)
            if streaming.done():
                streaming.result()
                return
            await end(streaming)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            streaming.cancel()
            asked.cancel()


class Server(uvicorn.Server):
    """A server that does not wait for its open streams and long polls when it is asked to stop."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        app.state.stopping.clear()  # it may have been served, and stopped, before

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.stopping.set()
        self._app.state.spine.news.ring()  # a long poll looks once more, and answers
        await super().shutdown(sockets)
