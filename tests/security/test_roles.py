"""Every operation to every role: the permission decides, before anything is looked up.

The matrix is read from the OpenAPI documents and the permission tables; it has no list of its own.
"""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from shared.access.actor import ADMINISTRATORS, Role
from shared.web.openapi import permission_of
from tests.security.operations import Operation, operations
from tests.security.people import DOMAIN, OWN_CODE
from tests.security.rows import random_id
from tests.servers import SERVICES, ServiceUnderTest

# What is open without a token: nothing of it belongs to anybody.
OPEN = {
    "GET /{service}/v1/vocabulary",
    "GET /{service}/v1/event-schemas/{type}",
    "GET /{service}/health/live",
    "GET /{service}/health/ready",
    # Hashes and signatures; a cosignature proves itself.
    "GET /{service}/v1/ledger",
    *(f"GET /{{service}}/v1/ledger/{what}" for what in ("checkpoint", "proof", "consistency")),
    "GET /{service}/v1/ledger/tile/{level}/{n}",
    "POST /{service}/v1/ledger/cosignatures",
}
# What the law publishes; `tests/registry/test_public_register.py` holds that it is no more.
PUBLISHED = {
    "oversight": {
        "GET /{service}/v1/public/documents/{code}",
        "GET /{service}/v1/public/annual-statistics",
        "GET /{service}/v1/public/annual-statistics/{id}/file",
    },
    "escalation": {
        "GET /{service}/v1/public/packages/{link}",
        "GET /{service}/v1/public/packages/{link}/documents/{place}",
        "POST /{service}/v1/public/packages/{link}/confirm",
    },
    "registry": {
        f"GET /{{service}}/v1/public/{what}" for what in ("subjects", "subjects/{id}", "officers")
    },
}
# For whoever holds the link that the sender made to one package, as a password would be.
BY_LINK = {
    "escalation": {
        "GET /{service}/v1/public/packages/{link}",
        "GET /{service}/v1/public/packages/{link}/documents/{place}",
        "POST /{service}/v1/public/packages/{link}/confirm",
    },
}
# Outside the documents: the documents themselves, and what the operator's network may read.
UNDOCUMENTED = {
    "/{service}/openapi.json",
    "/{service}/asyncapi.json",
    "/{service}/docs",
    "/{service}/docs/assets",
    "/{service}/docs/assets/{path}",
    "/{service}/metrics",
}
# No business of theirs: they run, guard and audit the system.
OF_ADMINISTRATORS = {
    *("me:read", "event:read", "event:audit", "development:clock"),
    *("division:read", "policy:read", "rule_set:read", "programme:read"),
    # Who runs the system is told of what it gave up, and sees to channels and to the directory.
    *("message:read", "message:acknowledge", "contact:manage", "vacancy:read", "gateway:manage"),
    "dead_letter:read",
}


async def call(
    service: ServiceUnderTest, operation: Operation, token: str | None
) -> httpx2.Response:
    """The operation on rows that do not exist, with the document's own example."""
    path = operation.path
    for name in ("{id}", "{code}", "{type}"):
        path = path.replace(name, "500106" if name == "{code}" else random_id())
    body = operation.example
    return await service.request(
        operation.method,
        path,
        as_=token,
        headers={"If-Match": "*"} if operation.method == "PATCH" else None,
        **({} if body is None else {"json": body}),
    )


@pytest.mark.parametrize("name", SERVICES)
async def test_the_permission_decides_and_nothing_else(
    name: str, service: ServiceUnderTest, tallies: dict[str, Any]
) -> None:
    table = service.definition.all_permissions
    wrong, cells = [], 0
    for operation in operations(service.app, name):
        if operation.permission is None:
            continue
        holders = table[operation.permission]
        for role in Role:
            token = service.token(
                role,
                "50",
                organisation=OWN_CODE,
                domains=[DOMAIN],
                ttl_s=1 if operation.streams and role in holders else 600,
            )
            answer = await call(service, operation, token)
            cells += 1
            forbidden = answer.status_code == 403 and answer.json()["code"] == "forbidden"
            if forbidden != (role not in holders) or answer.status_code in (401, 500):
                wrong.append(f"{operation} as {role}: {answer.status_code} {answer.text[:200]}")
            if forbidden and answer.json()["details"] != {"permission": operation.permission}:
                wrong.append(f"{operation} as {role}: names {answer.json()['details']}")
    assert wrong == []
    tallies[f"role matrix, {name}"] = {"cells": cells}


@pytest.mark.parametrize("name", SERVICES)
async def test_without_a_token_only_what_belongs_to_nobody_is_open(
    name: str, service: ServiceUnderTest
) -> None:
    is_open = set()
    for operation in operations(service.app, name):
        answer = await call(service, operation, None)
        if answer.status_code != 401:
            is_open.add(str(operation).replace(f"/{name}/", "/{service}/", 1))
        else:
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
    assert is_open == OPEN | PUBLISHED.get(name, set()) | BY_LINK.get(name, set())


@pytest.mark.parametrize("name", SERVICES)
def test_a_route_outside_the_document_is_known(name: str, applications: dict[str, FastAPI]) -> None:
    app = applications[name]
    documented = {operation.path for operation in operations(app, name)}
    paths = {getattr(context, "path_format", None) for context in iter_route_contexts(app.routes)}
    paths |= {getattr(route, "path", None) for route in app.routes}
    others = {path for path in paths if path} - documented
    assert {path.replace(f"/{name}/", "/{service}/", 1) for path in others} == UNDOCUMENTED


@pytest.mark.parametrize("name", SERVICES)
def test_table_and_routes_name_the_same_permissions(name: str, service: ServiceUnderTest) -> None:
    used = set()
    for context in iter_route_contexts(service.app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and (permission := permission_of(route)) is not None:
            used.add(permission.permission)
    table = service.definition.all_permissions
    # Told apart behind the same route: what an answer shows, or what a step of a state needs.
    beyond = {"event:audit", "subject:change"} & table.keys()
    assert used | beyond == set(table)


@pytest.mark.parametrize("name", SERVICES)
def test_administrators_hold_no_business_permission(name: str, service: ServiceUnderTest) -> None:
    held = {
        permission
        for permission, roles in service.definition.all_permissions.items()
        if roles & ADMINISTRATORS
    }
    assert held <= OF_ADMINISTRATORS


@pytest.mark.parametrize("name", SERVICES)
async def test_a_refused_caller_learns_nothing_of_the_body(
    name: str, service: ServiceUnderTest
) -> None:
    """Whoever may not write is not told what a body should look like, nor what is there."""
    token = service.token("auditor")
    for operation in operations(service.app, name):
        own = {None, *OF_ADMINISTRATORS}  # or open to everybody
        if operation.method != "GET" and operation.permission not in own:
            path = operation.path.replace("{id}", random_id()).replace("{code}", "no-code")
            answer = await service.request(
                operation.method, path, as_=token, headers={"If-Match": "*"}, json={"nonsense": 1}
            )
            assert answer.status_code == 403, f"{operation}: {answer.text}"
