"""Which roles may do what in notify."""

from services.notify.messages.rules import Reach
from shared.access.actor import Actor, Permissions, Role
from shared.access.visibility import sees_scope
from shared.db import Scope

SUPERVISORS = frozenset(
    {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.TOWNSHIP_SUPERVISION_OFFICE}
)
# Whoever can be addressed has an inbox; what is in it is decided by the addressing alone.
ADDRESSEES = SUPERVISORS | {
    Role.TOWNSHIP_ENFORCEMENT,
    Role.AGENCY_USER,
    Role.LINE_DEPARTMENT,
    Role.LAY_MONITOR,
}
# Who runs the system is told of what it gave up, and of nothing else.
OPERATORS = frozenset({Role.SYSTEM_ADMIN})
# Offices and bodies: a circular goes to them.
RECIPIENTS = SUPERVISORS | {Role.TOWNSHIP_ENFORCEMENT, Role.AGENCY_USER}

PERMISSIONS: Permissions = {
    "message:read": ADDRESSEES | OPERATORS,
    "message:acknowledge": ADDRESSEES | OPERATORS,
    "message:receipts": SUPERVISORS,
    "duty:read": ADDRESSEES,
    "duty:oversee": SUPERVISORS,
    "circular:read": RECIPIENTS,
    "circular:draft": SUPERVISORS,
    "circular:review": SUPERVISORS,
    "circular:issue": SUPERVISORS,
    "circular:acknowledge": RECIPIENTS,
    "circular:report": SUPERVISORS,
    "contact:manage": ADDRESSEES | OPERATORS,
    "directory:load": frozenset(
        {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.INTEGRATION}
    ),
    "vacancy:read": frozenset({Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR}) | OPERATORS,
    "gateway:manage": OPERATORS,
    "template:write": frozenset({Role.BUREAU_SUPERVISOR}),
    "template:activate": frozenset({Role.BUREAU_SUPERVISOR}),
    "webhook:read": SUPERVISORS | {Role.INTEGRATION},
    "webhook:manage": frozenset(
        {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.INTEGRATION}
    ),
}


def oversees(actor: Actor, division: str, scope: Scope) -> bool:
    """Whether a division is the one whose supervisor `actor` is, or lies below it."""
    return (
        not actor.roles.isdisjoint(SUPERVISORS)
        and len(actor.division) <= len(division)
        and sees_scope(actor, scope.district, scope.township)
    )


def reaches_within(division: str) -> frozenset[Reach]:
    """What was addressed in a division and not above it: who its supervisors may ask after.

    A township does not learn whom an inspection of it was given to.
    """
    reaches = {Reach.TOWNSHIP, Reach.ORGANISATION}
    if len(division) <= 6:
        reaches |= {Reach.DISTRICT, Reach.PERSON}
    if len(division) == 2:
        reaches.add(Reach.CITY)
    return frozenset(reaches)
