"""Refusals and faults as RFC 9457 problems, in the caller's language."""

import logging
from collections.abc import Mapping
from contextvars import Context, copy_context
from http import HTTPStatus
from typing import Any

from asyncpg import PostgresError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.refusals import Conflict, Refused, Unauthenticated, Unavailable
from shared.telemetry import OBSERVED
from shared.web.field_errors import sentence

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """What is wrong with one field."""

    pointer: str = Field(
        description="JSON pointer (RFC 6901) into the body, or the name of a parameter"
    )
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457: why a request was not carried out. `code` is stable; sentences are for people."""

    type: str = Field(description="urn of the code")
    title: str
    status: int
    code: str = Field(description="Stable; one of the catalogue in docs/api.md")
    detail: str
    errors: list[FieldError] | None = None
    details: dict[str, Any] | None = Field(default=None, description="Values behind the sentence")


class InvalidInput(Refused):
    """Fields are missing, unknown or of the wrong form."""

    code = "invalid-input"
    status = 422
    zh = "输入有误，共 {count} 处。"
    en = "Mistakes in the input: {count}."


class UnknownPath(Refused):
    code = "no-such-path"
    status = 404
    zh = "没有这个路径。"
    en = "There is no such path."


class MethodNotAllowed(Refused):
    code = "method-not-allowed"
    status = 405
    zh = "此路径不支持该方法。"
    en = "This path does not support the method."


class BodyTooLarge(Refused):
    code = "body-too-large"
    status = 413
    zh = "请求内容过大。"
    en = "The request's body is too large."


class BadRequest(Refused):
    code = "bad-request"
    status = 400
    zh = "请求无法解析。"
    en = "The request cannot be parsed."


class InternalError(Refused):
    code = "internal-error"
    status = 500
    zh = "系统内部错误，已记录。"
    en = "Something went wrong here; it has been recorded."


class ValueNotStorable(Refused):
    code = "value-not-storable"
    status = 422
    zh = "输入中有无法保存的字符或数值。"
    en = "The input holds a character or number that cannot be stored."


class TooManyConnections(Unavailable):
    """The pool was busy for two seconds."""

    code = "busy"
    zh = "系统繁忙，请稍后重试。"
    en = "The service is busy; try again shortly."


class QueryTimeout(Unavailable):
    """A statement or a lock took longer than it may."""

    code = "query-timeout"
    zh = "查询超时，请缩小范围或稍后重试。"
    en = "The query took too long; narrow it or try again shortly."


BY_STATUS: dict[int, type[Refused]] = {
    400: BadRequest,
    401: Unauthenticated,
    404: UnknownPath,
    405: MethodNotAllowed,
    413: BodyTooLarge,
}


def language_of(request: Request) -> str:
    """zh or en, by Accept-Language; Chinese unless English is preferred."""
    best, chosen = -1.0, "zh"
    for item in request.headers.get("accept-language", "").lower().split(","):
        tag, _, quality = item.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if tag[:2] in {"zh", "en"} and weight > best:
            best, chosen = weight, tag[:2]
    return chosen


def problem_response(
    request: Request,
    refused: Refused,
    *,
    errors: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """The answer to a refused request."""
    out = {"Cache-Control": "no-store", **(headers or {})}
    if refused.retry_after is not None:
        out["Retry-After"] = str(refused.retry_after)
    if refused.status == 401:
        out["WWW-Authenticate"] = "Bearer"
    language = language_of(request)
    out["Content-Language"] = "zh-CN" if language == "zh" else "en"
    problem = Problem(
        type=f"urn:xiejian:problem:{refused.code}",
        title=HTTPStatus(refused.status).phrase,
        status=refused.status,
        code=refused.code,
        detail=refused.sentence(language),
        errors=errors,
        details=refused.details or None,
    )
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status_code=refused.status,
        media_type=MEDIA_TYPE,
        headers=out,
    )


class DeclaredTooLarge:
    """Middleware (pure ASGI): a body whose Content-Length is over the limit is not even read.

    The framework's own limit counts the rest, but would answer this case in plain text. `larger`
    says the limits of the paths that take files.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int]) -> None:
        self.app = app
        self.limit = limit
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            declared = Headers(scope=scope).get("content-length", "0")
            if declared.isdecimal() and int(declared[:20]) > self.larger.get(
                scope["path"], self.limit
            ):
                response = problem_response(Request(scope), BodyTooLarge())
                response.headers["Connection"] = "close"
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


def install(app: FastAPI, metadatas: list[MetaData]) -> None:
    """Answer every refusal and fault of `app` as a problem."""
    by_constraint = {
        name: refusal for metadata in metadatas for name, refusal in refusals_of(metadata).items()
    }

    async def refused(request: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, Refused)
        return problem_response(request, exc)

    async def invalid(request: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, RequestValidationError)
        errors = [_field_error(error, language_of(request)) for error in exc.errors()]
        if any(error.code == "json-invalid" for error in errors):
            return problem_response(request, BadRequest())
        return problem_response(request, InvalidInput(count=len(errors)), errors=errors)

    async def http(request: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, HTTPException)
        kind = BY_STATUS.get(exc.status_code, BadRequest)
        headers = dict(exc.headers or {})
        if exc.status_code == 405:
            headers["Allow"] = ", ".join(_methods(request))
        return problem_response(request, kind(), headers=headers)

    async def stale(request: Request, exc: Exception) -> JSONResponse:
        return problem_response(request, Conflict())

    async def database(request: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, DBAPIError)
        kind = refusal_of(exc, by_constraint)
        if kind is None:
            raise exc
        if issubclass(kind, Unavailable):
            log.warning("database: %s", exc.orig)
        return problem_response(request, kind())

    async def busy(request: Request, exc: Exception) -> JSONResponse:
        return problem_response(request, TooManyConnections())

    async def unreachable(request: Request, exc: Exception) -> JSONResponse:
        log.warning("unreachable: %r", exc)
        return problem_response(request, Unavailable())

    async def fault(request: Request, exc: Exception) -> JSONResponse:
        ids: Context = request.scope.get(OBSERVED) or copy_context()
        ids.run(log.exception, "unhandled", exc_info=exc)
        return problem_response(request, InternalError())

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(StaleDataError, stale)
    app.add_exception_handler(DBAPIError, database)
    app.add_exception_handler(PoolTimeout, busy)
    app.add_exception_handler(OSError, unreachable)
    app.add_exception_handler(PostgresError, unreachable)
    app.add_exception_handler(TimeoutError, unreachable)
    app.add_exception_handler(Exception, fault)


def refusals_of(metadata: MetaData) -> dict[str, type[Refused]]:
    """What it means that a constraint or a unique index was violated, by its name."""
    return {
        str(getattr(item, "name", None)): item.info["refusal"]
        for table in metadata.tables.values()
        for item in (*table.constraints, *table.indexes)
        if "refusal" in item.info
    }


def refusal_of(exc: DBAPIError, by_constraint: dict[str, type[Refused]]) -> type[Refused] | None:
    """What a database error means to the caller; None where it is a fault of ours."""
    cause = exc.orig.__cause__ if exc.orig is not None else None
    state = str(getattr(exc.orig, "sqlstate", None) or getattr(cause, "sqlstate", None) or "")
    if isinstance(exc, IntegrityError):
        return by_constraint.get(str(getattr(cause, "constraint_name", None)))
    if state in {"57014", "55P03"}:
        return QueryTimeout
    if state in {"40001", "40P01"}:
        return Conflict
    if state.startswith("22") or type(cause).__name__ == "DataError":
        return ValueNotStorable
    if (
        exc.connection_invalidated
        or isinstance(exc, InterfaceError)
        or state[:2] in {"08", "53", "57"}
    ):
        return Unavailable
    return None


def _methods(request: Request) -> list[str]:
    """All methods of a path; the framework names those of one of its routes only."""
    found: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        pattern, methods = getattr(context, "path_regex", None), getattr(context, "methods", None)
        if pattern and methods and pattern.match(request.url.path):
            found |= methods
    return sorted(found)


def _field_error(error: Any, language: str) -> FieldError:
    kind, *path = error["loc"]
    # RFC 6901: the whole body is "".
    pointer = "".join(f"/{part}" for part in path)
    if kind != "body":
        pointer = str(path[0] if path else kind)
    code = str(error["type"]).replace("_", "-")
    return FieldError(pointer=pointer, code=code, detail=sentence(error, language))
