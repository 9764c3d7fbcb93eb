"""Files that are kept: in a folder, or in an S3-compatible store, by configuration alone.

Written and read piece by piece. Whatever is written under a key that nobody knows yet is harmless:
whoever uses this writes the file first, and the row that names it in one transaction after that.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import NamedTuple

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from shared.clock import HasInfo
from shared.refusals import Unavailable
from shared.settings import Settings

PIECE = 256 * 1024


class Written(NamedTuple):
    """What came in: how much, and the SHA-256 of it."""

    size: int
    sha256: str


class FileDamaged(Exception):
    """What is in the store is not what was put there; the answer breaks off."""


def store_of(session: HasInfo) -> "Store":
    """The store of the session's service."""
    store: Store = session.info["files"]
    return store


class Store:
    """One store. The library's own threads are not used: they outlive the interpreter."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: ObjectStore | None = None

    @property
    def _store(self) -> ObjectStore:
        if self._opened is None:
            told = self._settings
            if told.s3_bucket is None:
                folder = told.evidence_dir
                self._opened = LocalStore(folder, mkdir=True)
            else:
                secret = told.s3_secret_access_key
                self._opened = S3Store(
                    told.s3_bucket,
                    endpoint=told.s3_endpoint,
                    region=told.s3_region,
                    access_key_id=told.s3_access_key_id,
                    secret_access_key=secret.get_secret_value() if secret else None,
                    virtual_hosted_style_request=False,
                    client_options={"allow_http": (told.s3_endpoint or "").startswith("http://")},
                )
        return self._opened

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> Written:
        """Put what comes under `key`; what breaks off is not there. Refuses with `Unavailable`.

        Errors of `pieces` itself come through.
        """
        told, size = hashlib.sha256(), 0
        try:
            writer = await asyncio.to_thread(obstore.open_writer, self._store, key)
            async for piece in pieces:
                told.update(piece)
                size += len(piece)
                await asyncio.to_thread(writer.write, piece)
            await asyncio.to_thread(writer.close)
        except (BaseError, OSError) as error:
            raise Unavailable from error
        return Written(size, told.hexdigest())

    async def read(self, key: str, *, sha256: str) -> AsyncIterator[bytes]:
        """The file piece by piece; `FileDamaged` before its last one if it is not what it was."""
        told = hashlib.sha256()
        try:
            found = await asyncio.to_thread(obstore.get, self._store, key)
            pieces = iter(found.stream(min_chunk_size=PIECE))
            held: bytes | None = None
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                if held is not None:
                    yield held
                held = bytes(piece)
                told.update(held)
        except (BaseError, OSError) as error:
            raise Unavailable from error
        if told.hexdigest() != sha256:
            raise FileDamaged(key)
        if held is not None:
            yield held

    async def remove(self, key: str) -> None:
        """Take it out; nothing happens if it is not there."""
        try:
            await asyncio.to_thread(obstore.delete, self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise Unavailable from error
