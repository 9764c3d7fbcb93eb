"""The processes that are measured: `python -m tests.bench.server service NAME PORT`, or
`baseline FILE PORT`. Both run under the same server, set up as `xiejian serve` does it.
"""

import gc
import os
import pickle
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uuid_utils.compat
import uvicorn
from pydantic_core import from_json, to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.access.tokens import Tokens
from shared.migrations import service_of
from shared.service import create_service
from shared.settings import Environment, Settings
from shared.telemetry import log_to_stdout


def service(name: str) -> ASGIApp:
    """A service with production's settings; only the keys of its tokens are the local issuer's."""
    settings = Settings.load()
    log_to_stdout(name, settings.log_level)
    definition = service_of(name)
    app = create_service(definition, settings)
    development = {
        "environment": Environment.TEST,
        "oidc_issuer": None,
        "development_key_file": Path(os.environ["BENCH_KEY_FILE"]),
    }
    app.state.tokens = Tokens(settings.model_copy(update=development), definition.all_permissions)
    return app


Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Recorded:
    """The statements of one request as the service sent them, and the issue it was about."""

    statements: Sequence[Statement]
    issue_id: UUID | None
    given: frozenset[UUID]
    """Ids that came with the request: all others are made anew for each."""


class Replay:
    """The same statements for another issue: new ids, keys and texts, everything else as it was."""

    def __init__(self, recorded: Recorded) -> None:
        self._texts = [sql for sql, _ in recorded.statements]
        self._values = [list(values) for _, values in recorded.statements]
        self._id = recorded.issue_id
        self._new: list[tuple[int, int, Callable[[UUID], Any]]] = []
        for statement, values in enumerate(self._values):
            for place, value in enumerate(values):
                if make := self._maker(value, recorded.given):
                    self._new.append((statement, place, make))

    def _maker(self, value: Any, given: frozenset[UUID]) -> Callable[[UUID], Any] | None:
        id = self._id
        if id is None or value in (None, True, False):
            return None
        if value == id:
            return lambda new: new
        if isinstance(value, UUID) and value not in given:
            return lambda new: uuid_utils.compat.uuid7()
        if isinstance(value, str) and (id.hex in value or str(id) in value):
            return lambda new: value.replace(id.hex, new.hex).replace(str(id), str(new))
        if isinstance(value, bytes) and len(value) == 32:  # the hash of an Idempotency-Key
            return lambda new: secrets.token_bytes(32)
        if isinstance(value, int) and abs(value) > 2**32:  # the lock of one
            return lambda new: secrets.randbits(62)
        return None

    def statements(self, new: UUID) -> list[tuple[str, list[Any]]]:
        values = [list(one) for one in self._values]
        for statement, place, make in self._new:
            values[statement][place] = make(new)
        return list(zip(self._texts, values, strict=True))


def baseline(path: Path) -> ASGIApp:
    """The same statements with asyncpg alone.

    In it: reading the request and its JSON, new ids and the fact's text, the statements, the answer
    as JSON. Not in it: token, scope, validation, deadline, ETag, telemetry, problems.
    """
    recorded: dict[str, Recorded] = pickle.loads(path.read_bytes())
    replays = {name: Replay(one) for name, one in recorded.items()}
    pool: asyncpg.Pool

    async def keep(connection: Any) -> None:
        """Nothing that would have to be put back has been changed."""

    async def lifespan(receive: Receive, send: Send) -> None:
        nonlocal pool
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                url = os.environ["XIEJIAN_DATABASE_URL"]
                pool = await asyncpg.create_pool(url, min_size=5, max_size=5, reset=keep)
            else:
                await pool.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def raised(body: bytes, key: bool) -> bytes:
        issue, new = from_json(body), uuid_utils.compat.uuid7()
        statements = replays["create_issue_with_key" if key else "create_issue"].statements(new)
        async with pool.acquire() as connection:
            if key:
                async with connection.transaction():
                    for sql, values in statements:
                        await connection.fetch(sql, *values)
            else:
                await connection.fetch(statements[0][0], *statements[0][1])
        return to_json({**issue, "id": new})

    async def found(path: str) -> bytes:
        if path.endswith("/issues"):
            sql, values = replays["list_issues"].statements(UUID(int=0))[0]
        else:
            sql, values = replays["get_issue"].statements(UUID(path.rpartition("/")[2]))[0]
        async with pool.acquire() as connection:
            rows = await connection.fetch(sql, *values)
        return to_json([dict(row) for row in rows], bytes_mode="base64")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body, message = b"", await receive()
        body += message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        if scope["method"] == "POST":
            key = any(name == b"idempotency-key" for name, _ in scope["headers"])
            answer = await raised(body, key)
        else:
            answer = await found(scope["path"])
        start: Message = {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(answer)).encode()),
            ],
        }
        await send(start)
        await send({"type": "http.response.body", "body": answer})

    return app


def main(kind: str, what: str, port: str) -> None:
    app = service(what) if kind == "service" else baseline(Path(what))
    gc.freeze()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
        forwarded_allow_ips="",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
