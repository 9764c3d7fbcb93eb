"""The caller: identity, roles and reach, as the signature of every route names them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from fastapi import Depends, Request

from shared.db import without_token
from shared.refusals import Forbidden, Unauthenticated


class Role(StrEnum):
    """The roles of the field; `docs/glossary.md` has the Chinese terms."""

    BUREAU_SUPERVISOR = "bureau_supervisor"
    DISTRICT_SUPERVISOR = "district_supervisor"
    TOWNSHIP_SUPERVISION_OFFICE = "township_supervision_office"
    TOWNSHIP_ENFORCEMENT = "township_enforcement"
    AGENCY_USER = "agency_user"
    LINE_DEPARTMENT = "line_department"
    LAY_MONITOR = "lay_monitor"
    AUDITOR = "auditor"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    INTEGRATION = "integration"


# Separation of the three administrators (三权分立): whoever runs, guards or audits the system
# holds no other of these roles and reads no business data.
ADMINISTRATORS = frozenset({Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})

# Roles that see whole divisions, and the length of the codes they can be held for: a district's
# supervisor whose token names the city is a mistake of the identity provider and sees nothing.
REACH = {
    Role.BUREAU_SUPERVISOR: {2},
    Role.DISTRICT_SUPERVISOR: {6},
    Role.TOWNSHIP_SUPERVISION_OFFICE: {9},
    Role.TOWNSHIP_ENFORCEMENT: {9},
    Role.INTEGRATION: {2, 6, 9},
}

Permissions = Mapping[str, frozenset[Role]]
"""Which roles hold a permission; one table a service."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A verified caller."""

    sub: str
    name: str
    roles: frozenset[Role]
    division: str
    """Whole code: `50` for the city, six digits for a district, nine for a township."""
    organisation: str | None
    """Credit code of the body the caller works for."""
    domains: frozenset[str]
    """Domains of enforcement a line department answers for, over all divisions."""
    expires_at: datetime
    permissions: frozenset[str]
    """What the roles allow in this service."""

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    @property
    def expired(self) -> bool:
        """Whether the token's time is over (real time, whatever the service's clock says)."""
        return datetime.now(UTC) >= self.expires_at


def permissions_of(roles: frozenset[Role], table: Permissions) -> frozenset[str]:
    """What `roles` may do by `table`."""
    return frozenset(name for name, holders in table.items() if roles & holders)


def kept(actor: Actor) -> dict[str, Any]:
    """Who `actor` is, as JSON: for what goes on when the request is over."""
    return {
        "sub": actor.sub,
        "name": actor.name,
        "roles": sorted(actor.roles),
        "division": actor.division,
        "organisation": actor.organisation,
        "domains": sorted(actor.domains),
        "expires_at": actor.expires_at.isoformat(),
    }


def kept_actor(told: Mapping[str, Any], table: Permissions) -> Actor:
    """The actor that `kept` was told of, with what the roles allow by `table`."""
    roles = frozenset(Role(name) for name in told["roles"])
    return Actor(
        sub=told["sub"],
        name=told["name"],
        roles=roles,
        division=told["division"],
        organisation=told["organisation"],
        domains=frozenset(told["domains"]),
        expires_at=datetime.fromisoformat(told["expires_at"]),
        permissions=permissions_of(roles, table),
    )


class Permission:
    """The dependency behind `May`; the OpenAPI document reads `permission` from it."""

    def __init__(self, permission: str, *, ticket: bool = False) -> None:
        self.permission = permission
        self.ticket = ticket

    async def __call__(self, request: Request) -> Actor:
        ticket = request.query_params.get("ticket") if self.ticket else None
        if ticket is not None:
            actor: Actor = await request.app.state.tickets.redeem(ticket)
        else:
            actor = await caller(request)
        if self.permission not in actor.permissions:
            raise Forbidden(permission=self.permission)
        request.state.actor = actor
        return actor


def May(permission: str, *, ticket: bool = False) -> Any:  # noqa: N802 - read as a marker
    """A caller who holds `permission`: `actor: Annotated[Actor, May("issue:raise")]`.

    With `ticket`, a one-use ticket in the query stands for the bearer token (an EventSource cannot
    send a header).
    """
    return Depends(Permission(permission, ticket=ticket))


async def caller(request: Request) -> Actor:
    """The holder of the request's bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(reason="Authorization: Bearer …")
    actor: Actor = await request.app.state.tokens.verify(token.strip())
    return actor


async def _nobody() -> None:
    without_token.set(True)  # reset by `web.concurrency.Route`


Public = Depends(_nobody)
"""Marks a route that needs no token: `dependencies=[Public]`."""
