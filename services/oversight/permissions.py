"""Who may do what, by role; and which of it a caller may do to one row."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.db import InHands
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor, Permissions, Role
from shared.access.visibility import sees_scope, unscoped
from shared.db import Scope
from shared.law.places import CITY
from shared.refusals import Refused

SUPERVISORS = frozenset(
    {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.TOWNSHIP_SUPERVISION_OFFICE}
)
SUPERVISED = frozenset({Role.AGENCY_USER, Role.TOWNSHIP_ENFORCEMENT})
READERS = SUPERVISORS | SUPERVISED | {Role.LINE_DEPARTMENT, Role.INTEGRATION}
# The legal offices of county level and above: they appraise, and issue documents.
OFFICES = frozenset({Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR})
# The offices that speak for the government of their division towards the level above.
GOVERNMENTS = frozenset({Role.DISTRICT_SUPERVISOR, Role.TOWNSHIP_SUPERVISION_OFFICE})

PERMISSIONS: Permissions = {
    "subject:read": READERS,
    "act_source:read": READERS,
    "act_source:register": OFFICES,
    "act_batch:read": READERS,
    # A system account of an agency, or one of its people; `act_sources.actions` says for which.
    "act:send": SUPERVISED | {Role.INTEGRATION},
    "act:read": READERS,
    # The rules are the same for the whole city.
    "warning_rule:read": READERS,
    "warning_rule:draft": frozenset({Role.BUREAU_SUPERVISOR}),
    "warning_rule:adopt": frozenset({Role.BUREAU_SUPERVISOR}),
    "warning:read": READERS,
    "warning:answer": SUPERVISED,
    "warning:handle": SUPERVISORS,
    "coverage:read": READERS,
    "indicator:read": SUPERVISORS | {Role.INTEGRATION},
    "statistics:read": READERS,
    # Whole tables of a division, before they are public.
    "annual_statistics:read": SUPERVISORS | {Role.INTEGRATION},
    "statistics:compile": OFFICES,
    "statistics:confirm": OFFICES,
    "statistics:publish": OFFICES,
    "sharing:read": READERS,
    "sharing:enter": OFFICES,
    "campaign:read": READERS,
    "campaign:plan": SUPERVISORS,
    "campaign:decide": SUPERVISORS,
    "campaign:conduct": SUPERVISORS,
    "campaign:read_report": SUPERVISORS,
    "draw:read": SUPERVISORS | {Role.LINE_DEPARTMENT, Role.INTEGRATION},
    "draw:conduct": SUPERVISORS,
    "inspection:read": READERS,
    "inspection:assign": SUPERVISORS,
    "inspection:conduct": SUPERVISORS,
    "inspection:challenge": SUPERVISORS | SUPERVISED,
    "checklist:read": READERS,
    "checklist:draft": frozenset({Role.BUREAU_SUPERVISOR}),
    "checklist:publish": frozenset({Role.BUREAU_SUPERVISOR}),
    "checklist:fill": SUPERVISORS,
    "participant:read": READERS | {Role.LAY_MONITOR},
    "participant:invite": SUPERVISORS,
    "participant:answer": SUPERVISORS | {Role.LAY_MONITOR},
    "finding:read": READERS,
    "finding:record": SUPERVISORS,
    "finding:comment": SUPERVISED,
    "finding:decide": SUPERVISORS,
    "finding:link": SUPERVISORS,
    "file_request:read": READERS,
    "file_request:ask": SUPERVISORS,
    "file_request:answer": SUPERVISED,
    "risk:read": READERS,
    "risk:identify": SUPERVISORS | SUPERVISED,
    "risk:assess": SUPERVISORS,
    "risk:treat": SUPERVISORS | SUPERVISED,
    "conduct_check:read": READERS,
    "conduct_check:record": SUPERVISORS,
    "conduct_check:decide": SUPERVISORS,
    "measure:read": READERS,
    "measure:propose": SUPERVISORS,
    "measure:decide": SUPERVISORS,
    # By its executor alone: the unit, or the supervising body, as the rule of its kind says.
    "measure:execute": SUPERVISORS | SUPERVISED,
    "measure:judge": SUPERVISORS,
    "rectification:read": READERS,
    "rectification:order": SUPERVISORS,
    "rectification:answer": SUPERVISED,
    "rectification:judge": SUPERVISORS,
    "document:read": READERS,
    "evidence:read": READERS,
    "evidence:add": SUPERVISORS | SUPERVISED,
    "evidence:seal": SUPERVISORS,
    "document:draft": OFFICES,
    "document:review": OFFICES,
    "document:sign": OFFICES,
    "document:serve": OFFICES,
    "document:answer": SUPERVISED,
    "document:judge": OFFICES,
    "document_issuer:keep": OFFICES,
    "re_examination:request": SUPERVISED,
    "re_examination:decide": OFFICES,
    "appraisal_scheme:read": SUPERVISORS | {Role.INTEGRATION},
    "appraisal_scheme:draft": OFFICES,
    "appraisal_scheme:adopt": OFFICES,
    "appraisal:read": READERS,
    "appraisal:open": OFFICES,
    "appraisal:answer": SUPERVISED | GOVERNMENTS,
    "appraisal:review": OFFICES,
    "appraisal:publish": OFFICES,
    "case_review:read": READERS,
    "case_review:manage": OFFICES,
    "case_review:answer": SUPERVISED,
    "case_file:score": OFFICES,
    "commendation:read": READERS,
    "commendation:nominate": OFFICES | SUPERVISED,
    "commendation:vet": OFFICES,
    "commendation:concern": OFFICES,
    "commendation:grant": OFFICES,
    "experience:read": READERS,
    "experience:submit": OFFICES,
    "experience:review": frozenset({Role.BUREAU_SUPERVISOR}),
    "experience:publish": frozenset({Role.BUREAU_SUPERVISOR}),
    "experience:adopt": OFFICES,
    "evaluation:read": READERS,
    "evaluation:organise": frozenset({Role.BUREAU_SUPERVISOR}),
    "evaluation:score": OFFICES | {Role.AGENCY_USER},
}

OF_SUPERVISORS = frozenset(name for name, roles in PERMISSIONS.items() if roles <= SUPERVISORS)
OF_SUPERVISED = frozenset(
    {
        *(name for name, roles in PERMISSIONS.items() if roles <= SUPERVISED),
        "appraisal:answer",  # of a government: by its own supervisors
    }
)


class NotInCharge(Refused):
    """The role would allow it, but this one is in other hands."""

    code = "not-the-supervisor"
    status = 403
    zh = "该事项不由您所在单位办理。"
    en = "This one is not in the hands of your body."


def supervises(actor: Actor, row: InHands) -> bool:
    """Whether the caller is of the body that handles the row or of one above it.

    Nobody supervises the body they work for or speak for.
    """
    return (
        not actor.roles.isdisjoint(SUPERVISORS)
        and len(actor.division) <= len(row.authority)
        and (row.credit_code is None or actor.organisation != row.credit_code)
        and not answers(actor, row)
        and (sees_scope(actor, row.district, row.township) or actor.division in row.parties)
    )


def oversees(actor: Actor, division: str, scope: Scope) -> bool:
    """Whether a division lies in the caller's, a legal office's of county level or above."""
    return (
        not actor.roles.isdisjoint(OFFICES)
        and len(actor.division) <= len(division)
        and sees_scope(actor, scope.district, scope.township)
    )


def answers(actor: Actor, row: InHands) -> bool:
    """Whether the caller speaks for whom the row is about: a subject, or a government."""
    if row.credit_code is None:
        own = actor.division == (row.township or row.district)
        return own and not actor.roles.isdisjoint(GOVERNMENTS)
    return speaks_for(actor, row.credit_code, row.township)


def speaks_for(actor: Actor, credit_code: str, township: str | None) -> bool:
    """Whether the caller speaks for a body: one of its own users, or its township's enforcement."""
    if Role.AGENCY_USER in actor.roles and actor.organisation == credit_code:
        return True
    return (
        Role.TOWNSHIP_ENFORCEMENT in actor.roles
        and township is not None
        and actor.division == township
        and actor.organisation in (None, credit_code)
    )


def permissions_towards(actor: Actor, row: InHands, *, recused: bool = False) -> frozenset[str]:
    """What the caller's roles allow, less what their place towards this row forbids.

    `recused` says that the caller was taken off the inspection that the row comes from.
    """
    allowed = actor.permissions
    if recused or not supervises(actor, row):
        allowed -= OF_SUPERVISORS
    if not answers(actor, row):
        allowed -= OF_SUPERVISED
    return allowed


def require(actor: Actor, row: InHands, permission: str) -> None:
    """Refuse what `permissions_towards` leaves out."""
    if permission not in permissions_towards(actor, row):
        raise NotInCharge


class Held(Protocol):
    """What a body of supervisors holds by itself: a campaign, a draw."""

    @property
    def id(self) -> Any: ...
    @property
    def authority(self) -> Any: ...
    @property
    def district(self) -> Any: ...
    @property
    def township(self) -> Any: ...
    @property
    def concealed(self) -> Any: ...


def holds(actor: Actor, row: Held) -> bool:
    """Whether the caller is of the body that holds it or of one above it."""
    return (
        not actor.roles.isdisjoint(SUPERVISORS)
        and len(actor.division) <= len(row.authority)
        and sees_scope(actor, row.district, row.township)
    )


def may_know_of(table: Any, actor: Actor) -> ColumnElement[bool]:
    """Of campaigns and draws, beside `visible`: those that are not concealed from the caller.

    What is concealed is known to supervisors, but for those who work for a body that may be
    visited: one within its divisions, other than the body that holds it.
    """
    open_ = table.concealed.is_(False)
    if actor.roles.isdisjoint(SUPERVISORS):
        return open_  # type: ignore[no-any-return]
    if actor.organisation is None:
        return literal_column("true")
    places = array([SubjectView.division, SubjectView.district, SubjectView.township, CITY])
    visited = (
        select(SubjectView.id)
        .where(
            SubjectView.organisation == actor.organisation,
            table.divisions.overlap(func.array_remove(places, None)),
            unscoped(SubjectView, reason="whom the caller works for"),
        )
        .exists()
    )
    return or_(open_, table.authority_organisation == actor.organisation, ~visited)


async def may_know_of_one(session: AsyncSession, table: Any, row: Held, actor: Actor) -> bool:
    """The same for one row that `visible` has let through."""
    if not row.concealed:
        return True
    known = and_(
        table.id == row.id,
        may_know_of(table, actor),
        unscoped(table, reason="the row is visible; whether it is concealed is asked here"),
    )
    id: UUID | None = await session.scalar(select(table.id).where(known))
    return id is not None
