"""What files are taken in from people: which types, how large. What they say they are proves
nothing, so no file is ever shown, only saved."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import PurePath
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import timers
from shared.clock import now
from shared.db import Database
from shared.files.store import Written, store_of
from shared.refusals import Refused

ALLOWED = {
    "application/pdf": {".pdf"},
    "image/jpeg": {".jpg", ".jpeg"},
    "image/png": {".png"},
    "audio/mpeg": {".mp3"},
    "audio/wav": {".wav"},
    "video/mp4": {".mp4"},
    "text/plain": {".txt"},
    "text/csv": {".csv"},
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {".docx"},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {".xlsx"},
}
"""Media types, and the endings of names that fit each."""
MOST_BYTES = 32 * 1024 * 1024

_BINARY = {"schema": {"type": "string", "format": "binary"}}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The file itself, not a form: at most {MOST_BYTES // 1024 // 1024} MiB",
        "content": dict.fromkeys(ALLOWED, _BINARY),
    }
}
"""The `openapi_extra` of a route that takes a file."""
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": dict.fromkeys(ALLOWED, _BINARY)}
}
"""The `responses` of a route that gives one out."""


class FileTypeNotAllowed(Refused):
    code = "evidence-type-not-allowed"
    status = 415
    zh = "不接受该类型的文件（{media_type}，{name}）。"
    en = "Files of the type {media_type} called {name} are not taken."


class FileEmpty(Refused):
    code = "evidence-empty"
    status = 422
    zh = "文件为空。"
    en = "The file is empty."


class FileTooLarge(Refused):
    code = "evidence-too-large"
    status = 413
    zh = "文件超过 {most} 字节。"
    en = "The file is larger than {most} bytes."


def media_type_of(content_type: str) -> str:
    """The type that a header names, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def may_keep(*, name: str, media_type: str) -> None:
    """A type of the list, with a name that ends as it should."""
    if PurePath(name).suffix.lower() not in ALLOWED.get(media_type, ()):
        raise FileTypeNotAllowed(name=name, media_type=media_type)


async def limited(pieces: AsyncIterator[bytes], *, most: int) -> AsyncIterator[bytes]:
    """The pieces of a file; refuses with `FileTooLarge` beyond `most` bytes."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > most:
            raise FileTooLarge(most=most)
        if piece:
            yield piece


SWEEP_AFTER = timedelta(hours=1)


async def take_in(
    database: Database,
    session: AsyncSession,
    key: str,
    *,
    name: str,
    media_type: str,
    pieces: AsyncIterator[bytes],
    may: Callable[[AsyncSession], Awaitable[None]],
    sweep: tuple[str, UUID],
) -> Written:
    """Keep a file under `key`, before the request's own transaction makes it known.

    `may` refuses before anything is read, in a transaction that is over when the file comes: none
    is open for as long as an upload takes, so the caller asks once more. A crash in between leaves
    a file that nobody knows, and `sweep`, a timer (kind and id) that takes it out again.
    """
    may_keep(name=name, media_type=media_type)
    async with database.sessions() as before:
        await may(before)
        await timers.schedule(before, *sweep, now(before) + SWEEP_AFTER)
        await before.commit()
    written = await store_of(session).write(key, limited(pieces, most=MOST_BYTES))
    if written.size == 0:
        raise FileEmpty
    await timers.cancel(session, *sweep)
    return written
