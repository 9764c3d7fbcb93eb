"""Who may do what, by role; and which of it a caller may do to one row."""

from services.oversight.db import AboutSubject
from shared.access.actor import Actor, Permissions, Role
from shared.access.visibility import sees_scope
from shared.refusals import Refused

SUPERVISORS = frozenset(
    {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.TOWNSHIP_SUPERVISION_OFFICE}
)
SUPERVISED = frozenset({Role.AGENCY_USER, Role.TOWNSHIP_ENFORCEMENT})
READERS = SUPERVISORS | SUPERVISED | {Role.LINE_DEPARTMENT, Role.INTEGRATION}

PERMISSIONS: Permissions = {
    "subject:read": READERS,
    "inspection:read": READERS,
    "inspection:assign": SUPERVISORS,
    "inspection:conduct": SUPERVISORS,
    "finding:read": READERS,
    "finding:record": SUPERVISORS,
    "finding:comment": SUPERVISED,
    "finding:decide": SUPERVISORS,
    "finding:link": SUPERVISORS,
    "rectification:read": READERS,
    "rectification:order": SUPERVISORS,
    "rectification:answer": SUPERVISED,
    "rectification:judge": SUPERVISORS,
}

OF_SUPERVISORS = frozenset(name for name, roles in PERMISSIONS.items() if roles == SUPERVISORS)
OF_SUPERVISED = frozenset(name for name, roles in PERMISSIONS.items() if roles == SUPERVISED)


class NotInCharge(Refused):
    """The role would allow it, but this one is in other hands."""

    code = "not-the-supervisor"
    status = 403
    zh = "该事项不由您所在单位办理。"
    en = "This one is not in the hands of your body."


def supervises(actor: Actor, row: AboutSubject) -> bool:
    """Whether the caller is of the body that handles the row or of one above it.

    Nobody supervises the body they work for or speak for.
    """
    return (
        not actor.roles.isdisjoint(SUPERVISORS)
        and len(actor.division) <= len(row.authority)
        and actor.organisation != row.credit_code
        and not answers(actor, row)
        and (sees_scope(actor, row.district, row.township) or actor.division in row.parties)
    )


def answers(actor: Actor, row: AboutSubject) -> bool:
    """Whether the caller speaks for the subject."""
    if Role.AGENCY_USER in actor.roles and actor.organisation == row.credit_code:
        return True
    return (
        Role.TOWNSHIP_ENFORCEMENT in actor.roles
        and row.township is not None
        and actor.division == row.township
        and actor.organisation in (None, row.credit_code)
    )


def permissions_towards(
    actor: Actor, row: AboutSubject, *, recused: bool = False
) -> frozenset[str]:
    """What the caller's roles allow, less what their place towards this row forbids.

    `recused` says that the caller was taken off the inspection that the row comes from.
    """
    allowed = actor.permissions
    if recused or not supervises(actor, row):
        allowed -= OF_SUPERVISORS
    if not answers(actor, row):
        allowed -= OF_SUPERVISED
    return allowed


def require(actor: Actor, row: AboutSubject, permission: str) -> None:
    """Refuse what `permissions_towards` leaves out."""
    if permission not in permissions_towards(actor, row):
        raise NotInCharge
