"""Two callers at once, and one caller twice: ETag, If-Match and Idempotency-Key.

`Route` does all of it around a handler, inside the handler's transaction:
- a GET answers with an ETag (the version, and a hash of everything else that shapes the answer) and
  with 304 when the caller has that already;
- a write compares If-Match (PATCH must bring it); If-Match that met no resource fails the write;
- a POST with Idempotency-Key stores its final 2xx answer with the effect itself, so a retry gets
  the same answer; the same key with another body is refused; refusals are never stored.
"""

import asyncio
import functools
import hashlib
import inspect
import logging
import re
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import LargeBinary, SmallInteger, Table, bindparam, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.access.actor import Actor
from shared.db import Database, EveryService, in_request, without_token
from shared.refusals import Invalid, Refused
from shared.sealing import Seal, sealed_as
from shared.web.preconditions import (
    PreconditionFailed,
    PreconditionRequired,
    Preconditions,
    preconditions,
)

log = logging.getLogger(__name__)

KEY = re.compile(r"[!-~]{1,200}")
SEALED_AS = "idempotent_answer.answer"


class IdempotencyKeyReused(Refused):
    """The key stands for another request of this caller, or for one made in another role."""

    code = "idempotency-key-reused"
    status = 422
    zh = "该 Idempotency-Key 已用于其他请求。"
    en = "This Idempotency-Key was used for another request."


class IdempotencyKeyInFlight(Refused):
    """The first request with this key has not finished."""

    code = "idempotency-key-in-flight"
    status = 409
    zh = "使用该 Idempotency-Key 的请求仍在处理中。"
    en = "The first request with this Idempotency-Key is still being handled."
    retry_after = 1


class IdempotentAnswer(EveryService):
    """The stored answer to a POST with Idempotency-Key; kept for a day at least."""

    __tablename__ = "idempotent_answer"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """Hash of caller, route and key."""
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    media_type: Mapped[str]
    headers: Mapped[dict[str, Any]]
    answer: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as(SEALED_AS))
    """Sealed (`shared.sealing`): it may show the caller what the row itself keeps sealed."""
    answered_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), index=True)


@dataclass(slots=True)
class _InHand:
    request: Request
    key: str | None
    version: int | None = None
    session: AsyncSession | None = None
    stored: bytes | None = None
    """Hash under which the answer is to be stored."""
    body_hash: bytes = b""


_in_hand: ContextVar[_InHand | None] = ContextVar("in_hand", default=None)


class Route(APIRoute):
    """A route whose answers can be cached, guarded and repeated."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        id = inspect.signature(endpoint).parameters.get("id")
        if id is not None and id.annotation is UUID:
            # What is no id is another path: `/things/summary` is not the thing "summary".
            path = path.replace("{id}", "{id:uuid}")
        if not inspect.isasyncgenfunction(endpoint):
            endpoint = _around(endpoint)
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def with_preconditions(request: Request) -> Response:
            method, headers = request.method, request.headers
            if_match = headers.get("if-match")
            if method == "PATCH" and if_match is None:
                raise PreconditionRequired
            asked = Preconditions(_resource(request), if_match)
            key = headers.get("idempotency-key") if method == "POST" else None
            in_hand = _InHand(request, key)
            resets = (
                (in_request, in_request.set(True)),
                (without_token, without_token.set(False)),
                (preconditions, preconditions.set(asked)),
                (_in_hand, _in_hand.set(in_hand)),
            )
            try:
                response = await handle(request)
                if method == "GET":
                    return _tagged(response, in_hand)
                if if_match is not None and not asked.checked:
                    raise PreconditionFailed
                if response.status_code < 300:
                    if in_hand.version is not None:
                        response.headers["ETag"] = etag(in_hand.version, bytes(response.body))
                    if in_hand.stored is not None and in_hand.session is not None:
                        await _store(in_hand.session, in_hand, response)
                return response
            finally:
                for variable, token in resets:
                    variable.reset(token)  # type: ignore[arg-type]

        return with_preconditions


def _resource(request: Request) -> str | None:
    id = request.path_params.get("id")
    return None if id is None else str(id)


def etag(version: int, body: bytes) -> str:
    """`"<version>-<hash of the answer>"`; If-Match compares the version only."""
    return f'"{version}-{hashlib.blake2b(body, digest_size=8).hexdigest()}"'


def _around(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint with the retry check before it; its view's version is noted for the ETag."""

    @functools.wraps(endpoint)
    async def around(**values: Any) -> Any:
        in_hand = _in_hand.get()
        if in_hand is None:
            return await endpoint(**values)
        if in_hand.key is not None and not KEY.fullmatch(in_hand.key):
            raise Invalid(reason="Idempotency-Key: 1-200 printable ASCII characters")
        asked = preconditions.get()
        if asked and asked.if_match and asked.resource is None and in_hand.request.method != "GET":
            raise PreconditionFailed  # it can meet no resource; some handlers commit by themselves
        session, actor = values.get("session"), values.get("actor")
        if isinstance(session, AsyncSession) and isinstance(actor, Actor):
            session.info["actor"] = actor.sub
            if in_hand.key is not None:
                answered = await _answered(session, actor, in_hand)
                if answered is not None:
                    # The precondition was the first call's.
                    if asked is not None:
                        asked.checked = True
                    return answered
        view = await endpoint(**values)
        in_hand.version = getattr(view, "version", None)
        return view

    return around


def _tagged(response: Response, in_hand: _InHand) -> Response:
    if response.status_code != 200 or not hasattr(response, "body"):
        return response
    tag = etag(in_hand.version or 0, bytes(response.body))
    response.headers["ETag"] = tag
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization, Accept-Language"
    known = in_hand.request.headers.get("if-none-match")
    if known is not None and (
        known.strip() == "*"
        or tag in {item.strip().removeprefix("W/") for item in known.split(",")}
    ):
        names = ("ETag", "Cache-Control", "Vary")
        headers = {name: response.headers[name] for name in names if name in response.headers}
        return Response(status_code=304, headers=headers)
    return response


async def _answered(session: AsyncSession, actor: Actor, in_hand: _InHand) -> Response | None:
    assert in_hand.key is not None
    request = in_hand.request
    name = f"{actor.sub}\n{request.method} {request.url.path}\n{in_hand.key}"
    key = hashlib.sha256(name.encode()).digest()
    seal: Seal = session.info["seal"]
    # With where the caller stands: an answer is shown to nobody who may see less by now.
    place = [*sorted(actor.roles), actor.division, actor.organisation, *sorted(actor.domains)]
    in_hand.body_hash = seal.digest(f"{place}\n".encode() + await request.body())
    lock = int.from_bytes(key[:8], "big", signed=True)
    if not await session.scalar(_LOCK, {"lock": lock}):
        raise IdempotencyKeyInFlight
    stored = (await session.execute(_FIND, {"sought": key})).one_or_none()
    if stored is None:
        in_hand.session, in_hand.stored = session, key
        return None
    if stored.body_hash != in_hand.body_hash:
        raise IdempotencyKeyReused
    return Response(
        session.info["seal"].open(stored.answer, SEALED_AS),
        stored.status,
        media_type=stored.media_type or None,
        headers={**stored.headers, "Idempotency-Replayed": "true"},
    )


async def _store(session: AsyncSession, in_hand: _InHand, response: Response) -> None:
    names = ("etag", "location", "cache-control")
    kept = {name: response.headers[name] for name in names if name in response.headers}
    await session.execute(
        _KEEP,
        {
            "key": in_hand.stored,
            "body_hash": in_hand.body_hash,
            "status": response.status_code,
            "media_type": response.headers.get("content-type", ""),
            "headers": kept,
            "answer": session.info["seal"].seal(bytes(response.body).decode(), SEALED_AS),
        },
    )


async def forget_answers(database: Database) -> None:
    """Drop the answers that are older than a day, each hour."""
    while True:
        try:
            async with database.readers() as session:
                await session.execute(_FORGET)
        except (SQLAlchemyError, OSError) as error:
            log.warning("old answers were not dropped: %s", error)
        await asyncio.sleep(3_600)


# Made once, of the table and not of its entity: they run within every write that has a key.
_answers: Table = IdempotentAnswer.__table__  # type: ignore[assignment]
_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
_FIND = select(_answers).where(_answers.c.key == bindparam("sought"))
_KEEP = insert(_answers)
_FORGET = text(
    "DELETE FROM idempotent_answer WHERE answered_at < clock_timestamp() - interval '1 day'"
)
