"""The OpenAPI document of a service, and its pages: every operation says its permission, who holds
it, and how it can fail."""

import asyncio
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.staticfiles import StaticFiles

from shared.access.actor import Permission, Permissions
from shared.web.problems import MEDIA_TYPE, Problem
from shared.web.rate_limit import RateLimited

EXPLAINED = {
    "400": "The request cannot be parsed",
    "401": "No valid token",
    "403": "The caller's roles do not include the permission",
    "404": "No such resource, or not the caller's",
    "409": "The rules or the state do not allow it, or another write came first",
    "412": "If-Match names an older version",
    "413": "The body is too large",
    "422": "The input is not valid",
    "428": "If-Match is missing",
    "429": "Too many requests from this address; try again after Retry-After",
    "503": "A part that the answer needs is down; try again after Retry-After",
}
WRITES = {"post", "put", "patch", "delete"}
SSE = "text/event-stream"


def sse_schema(data: dict[str, Any]) -> dict[str, Any]:
    """One server-sent event whose `data` is JSON of a schema."""
    text = {"type": "string"}
    told = {**text, "contentMediaType": "application/json", "contentSchema": data}
    return {"type": "object", "properties": {"id": text, "event": text, "data": told}}


def permission_of(route: Any) -> Permission | None:
    """The permission that a route's signature names, if any."""
    return next(_permissions(route.dependant), None)


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Permission):
            yield dependency.call
        yield from _permissions(dependency)


def install(app: FastAPI, service: str, permissions: Permissions) -> None:
    """Serve `/<service>/openapi.json` and, without any outside address, `/<service>/docs`."""
    app.openapi = lambda: _document(app, permissions)  # type: ignore[method-assign]
    static = Path(fastapi_offline.__file__).parent / "static"
    app.mount(f"/{service}/docs/assets", StaticFiles(directory=static), name="docs-assets")

    making = asyncio.Lock()

    @functools.cache
    def written() -> bytes:
        return json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()

    @app.get(f"/{service}/openapi.json", include_in_schema=False)
    async def openapi_document() -> Response:
        async with making:  # takes seconds the first time: once, and beside the other requests
            return Response(await asyncio.to_thread(written), media_type="application/json")

    @app.get(f"/{service}/docs", include_in_schema=False)
    async def docs_page(request: Request) -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=f"/{service}/openapi.json",
            title=app.title,
            swagger_js_url=f"/{service}/docs/assets/swagger-ui-bundle.js",
            swagger_css_url=f"/{service}/docs/assets/swagger-ui.css",
            swagger_favicon_url=f"/{service}/docs/assets/favicon.png",
        )


def _document(app: FastAPI, permissions: Permissions) -> dict[str, Any]:
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        separate_input_output_schemas=app.separate_input_output_schemas,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs", {}))
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                operation = document["paths"][context.path_format][method.lower()]
                _complete(operation, method.lower(), route, permissions)
    app.openapi_schema = document
    return document


def _complete(
    operation: dict[str, Any], method: str, route: APIRoute, permissions: Permissions
) -> None:
    failures = {"400", "422", "503"}
    if (permission := permission_of(route)) is not None:
        operation["security"] = [{"bearer": []}]
        operation["x-permission"] = permission.permission
        operation["x-roles"] = sorted(permissions.get(permission.permission, ()))
        failures |= {"401", "403"}
        named = {parameter["name"] for parameter in operation.get("parameters", ())}
        if permission.ticket and "ticket" not in named:
            told = "A one-use ticket instead of the token"
            _parameter(operation, "query", "ticket", told, TOKEN)
    else:
        operation["security"] = []
    if any(isinstance(dependency.call, RateLimited) for dependency in route.dependant.dependencies):
        failures.add("429")
    if "{" in route.path_format:
        failures.add("404")
    if method in WRITES:
        failures |= {"404", "409", "412", "413"}
        told = "The ETag (or `*`) of the resource this changes"
        _parameter(operation, "header", "If-Match", told, TEXT, required=method == "patch")
    if method == "patch":
        failures.add("428")
    if method == "post":
        told = "Makes a retry safe: same key and body, same answer"
        _parameter(operation, "header", "Idempotency-Key", told, TOKEN)
    if method == "get":
        told = "An ETag you have: 304 if nothing changed"
        _parameter(operation, "header", "If-None-Match", told, TEXT)
        operation["responses"]["304"] = {"description": "Nothing changed"}
    operation["responses"].pop("422", None)
    for status in sorted(failures):
        operation["responses"][status] = _problem(EXPLAINED[status])
    operation["responses"]["default"] = _problem("Anything else")


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


# Any text may be sent as a tag; one that is not ours just matches nothing.
TEXT: Mapping[str, Any] = {"type": "string"}
TOKEN: Mapping[str, Any] = {"type": "string", "pattern": "^[!-~]{1,200}$"}


def _parameter(
    operation: dict[str, Any],
    place: str,
    name: str,
    description: str,
    schema: Mapping[str, Any],
    *,
    required: bool = False,
) -> None:
    operation.setdefault("parameters", []).append(
        {
            "name": name,
            "in": place,
            "required": required,
            "description": description,
            "schema": dict(schema),
        }
    )
