"""Who may enforce what, where, on whose authority and until when: of the powers in force that
published bodies hold themselves, have been handed down, or exercise for others."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Row,
    Select,
    Text,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.authority.rules import AuthorityKind
from services.registry.authority.schemas import AuthorityQuery
from services.registry.delegated_powers.tables import DelegatedPower
from services.registry.delegations.rules import IN_FORCE
from services.registry.delegations.tables import Delegation
from services.registry.empowerments.rules import EmpowermentState
from services.registry.empowerments.tables import Empowerment
from services.registry.powers.rules import PowerState
from services.registry.powers.tables import Power
from services.registry.subjects.rules import SubjectState
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import unscoped, visible
from shared.clock import today
from shared.law.tables import Division
from shared.past import as_of
from shared.web.paging import page_of, read_page

_PUBLIC = "published bodies and their powers in force are public"
_TOLD = "who else exercises a visible power is no secret"
_NARROWS = "narrows what is asked of the past"


async def page(
    session: AsyncSession, actor: Actor, query: AuthorityQuery
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None, int | None]:
    """Who may enforce, as far as the caller sees the power, the empowerment or the delegation."""
    day = query.as_of or today(session)
    around = await _around(session, query.division, day)
    made = {
        AuthorityKind.OWN: _own(actor, query, around),
        AuthorityKind.EMPOWERMENT: _empowered(actor, query),
        AuthorityKind.DELEGATION: _delegated(actor, query, day),
    }
    wanted = [made[query.authority]] if query.authority else list(made.values())
    count = None
    if query.count == "exact":
        whole = union_all(*wanted).subquery()
        count = await session.scalar(select(func.count()).select_from(whole))
    # Each kind gives as much as a page takes, in order: the rest is neither joined nor sorted.
    told = union_all(*(select(_page_of(one, query).subquery()) for one in wanted)).subquery()
    statement = _page_of(select(told), query)
    columns = {"id": told.c.id}
    rows, cursor = await read_page(
        session, statement, sort="id", columns=columns, id=told.c.id, paging=query
    )
    return rows, cursor, count


def _page_of(
    statement: Select[*tuple[Any, ...]], query: AuthorityQuery
) -> Select[*tuple[Any, ...]]:
    id = statement.selected_columns["id"]
    return page_of(statement, sort="id", columns={"id": id}, id=id, paging=query)


async def _around(session: AsyncSession, division: str | None, day: date) -> list[str]:
    """A division and those that it lay in on a day."""
    around: list[str] = []
    while division is not None:
        around.append(division)
        parent = select(Division.parent).where(
            Division.code == division,
            Division.valid_from <= day,
            or_(Division.valid_to.is_(None), Division.valid_to > day),
        )
        division = await session.scalar(parent)
    return around


def _own(actor: Actor, query: AuthorityQuery, around: Sequence[str]) -> Select[*tuple[Any, ...]]:
    power, subject = as_of(Power, query.as_of), as_of(Subject, query.as_of)
    statement = (
        select(
            power.id,
            literal(AuthorityKind.OWN.value).label("authority"),
            subject.id.label("subject_id"),
            subject.uscc.label("organisation"),
            subject.name,
            *_what(power),
            subject.division,
            _except_in(_townships_with(power, query)),
            subject.id.label("authority_of"),
            subject.uscc.label("authority_of_organisation"),
            power.id.label("source_id"),
            cast(null(), Text()).label("document_no"),
            power.basis,
            power.since,
            cast(null(), Date()).label("until"),
        )
        .join(subject, subject.id == power.subject_id)
        .where(
            visible(power, actor),
            unscoped(subject, reason=_PUBLIC),
            subject.state == SubjectState.PUBLISHED,
            *_of_power(power, query),
        )
    )
    if query.subject_id:
        statement = statement.where(power.subject_id == query.subject_id)
    if query.organisation:
        statement = statement.where(power.organisation == query.organisation)
    if query.division:
        statement = statement.where(
            subject.division.in_(around), power.id.not_in(_powers_of(query.division, query))
        )
    return statement


def _empowered(actor: Actor, query: AuthorityQuery) -> Select[*tuple[Any, ...]]:
    empowerment, power = as_of(Empowerment, query.as_of), as_of(Power, query.as_of)
    subject = as_of(Subject, query.as_of)
    return (
        select(
            empowerment.id,
            literal(AuthorityKind.EMPOWERMENT.value).label("authority"),
            subject.id.label("subject_id"),
            subject.uscc.label("organisation"),
            subject.name,
            *_what(power),
            empowerment.division,
            _nowhere(),
            empowerment.grantor_id.label("authority_of"),
            empowerment.grantor_organisation.label("authority_of_organisation"),
            empowerment.id.label("source_id"),
            empowerment.decision_no.label("document_no"),
            empowerment.basis,
            empowerment.began_on.label("since"),
            cast(null(), Date()).label("until"),
        )
        .join(power, power.id == empowerment.power_id)
        .join(subject, subject.id == empowerment.subject_id)
        .where(
            visible(empowerment, actor),
            empowerment.state == EmpowermentState.IN_FORCE,
            unscoped(subject, reason=_PUBLIC),
            subject.state == SubjectState.PUBLISHED,
            unscoped(power, reason=_PUBLIC),
            *_of_power(power, query),
            *_fixed(
                (empowerment, Empowerment),
                query,
                power_id=query.power_id,
                subject_id=query.subject_id,
                organisation=query.organisation,
                division=query.division,
            ),
        )
    )


def _delegated(actor: Actor, query: AuthorityQuery, day: date) -> Select[*tuple[Any, ...]]:
    delegation, power = as_of(Delegation, query.as_of), as_of(Power, query.as_of)
    delegator = as_of(Subject, query.as_of)
    trustee = as_of(Subject, query.as_of) if query.as_of else aliased(Subject)
    statement = (
        select(
            DelegatedPower.id,
            literal(AuthorityKind.DELEGATION.value).label("authority"),
            delegation.trustee_id.label("subject_id"),
            delegation.trustee_code.label("organisation"),
            func.coalesce(trustee.name, delegation.trustee_name).label("name"),
            *_what(power),
            delegation.division,
            _except_in(_townships_with(power, query, within=DelegatedPower.area)),
            delegation.delegator_id.label("authority_of"),
            delegation.organisation.label("authority_of_organisation"),
            delegation.id.label("source_id"),
            delegation.deed_no.label("document_no"),
            delegation.basis,
            func.greatest(delegation.valid_from, delegation.published_on).label("since"),
            delegation.valid_to.label("until"),
        )
        .join_from(DelegatedPower, delegation, delegation.id == DelegatedPower.delegation_id)
        .join(power, power.id == DelegatedPower.power_id)
        .join(delegator, delegator.id == delegation.delegator_id)
        .outerjoin(trustee, trustee.id == delegation.trustee_id)
        .where(
            visible(delegation, actor),
            delegation.state.in_(IN_FORCE),
            # The timer that ends it may be late.
            DelegatedPower.period.bool_op("@>")(cast(day, Date())),
            unscoped(delegator, reason=_PUBLIC),
            delegator.state == SubjectState.PUBLISHED,
            or_(delegation.trustee_id.is_(None), trustee.state == SubjectState.PUBLISHED),
            unscoped(power, reason=_PUBLIC),
            *_of_power(power, query),
            *_fixed(
                (delegation, Delegation),
                query,
                trustee_id=query.subject_id,
                trustee_code=query.organisation,
            ),
        )
    )
    if query.power_id:
        statement = statement.where(DelegatedPower.power_id == query.power_id)
    if query.division:
        statement = statement.where(
            _covers(DelegatedPower.area, int(query.division)),
            DelegatedPower.power_id.not_in(_powers_of(query.division, query)),
        )
    return statement


def _what(power: Any) -> tuple[ColumnElement[Any], ...]:
    return (
        power.id.label("power_id"),
        power.code.label("power_code"),
        power.name.label("power_name"),
        power.kind.label("power_kind"),
        power.domains,
    )


def _powers_of(division: str, query: AuthorityQuery) -> Select[UUID]:
    """The powers that were handed down to a township: nobody else exercises them there."""
    then = as_of(Empowerment, query.as_of)
    return select(then.power_id).where(
        then.state == EmpowermentState.IN_FORCE,
        unscoped(then, reason=_TOLD),
        *_fixed((then, Empowerment), query, township=division),
    )


def _townships_with(power: Any, query: AuthorityQuery, *, within: Any = None) -> Select[str]:
    """The townships that the `power` of an outer select was handed down to, `within` an area."""
    then = as_of(Empowerment, query.as_of)
    statement = select(then.division).where(
        Empowerment.power_id == power.id,
        then.state == EmpowermentState.IN_FORCE,
        unscoped(then, reason=_TOLD),
    )
    if query.as_of:
        statement = statement.join_from(Empowerment, then, then.id == Empowerment.id).where(
            unscoped(Empowerment, reason=_NARROWS)
        )
    if within is not None:
        statement = statement.where(_covers(within, then.division))
    outer = (power,) if within is None else (power, DelegatedPower)
    return statement.order_by(then.division).correlate(*outer)


def _except_in(townships: Select[str]) -> ColumnElement[Any]:
    return func.array(townships.scalar_subquery(), type_=ARRAY(Text())).label("except_in")


def _covers(area: Any, division: Any) -> ColumnElement[bool]:
    covers: ColumnElement[bool] = area.bool_op("@>")(cast(division, BigInteger()))
    return covers


def _nowhere() -> ColumnElement[Any]:
    return literal([], ARRAY(Text())).label("except_in")


def _of_power(power: Any, query: AuthorityQuery) -> list[ColumnElement[bool]]:
    criteria = [power.state == PowerState.ACTIVE]
    if query.domain:
        criteria.append(power.domains.contains([query.domain]))
    fixed = _fixed((power, Power), query, id=query.power_id, code=query.power_code)
    return [*criteria, *fixed]


def _fixed(
    tables: tuple[Any, Any], query: AuthorityQuery, **values: Any
) -> list[ColumnElement[bool]]:
    """The rows whose columns have these values, as far as there are any.

    They are columns that never change once a row is in force, so that the indexes of the present
    table find the rows of the past one, which has none.
    """
    then, present = tables
    told = {name: value for name, value in values.items() if value is not None}
    criteria = [getattr(then, name) == value for name, value in told.items()]
    if query.as_of and told:
        same = (getattr(present, name) == value for name, value in told.items())
        ids = select(present.id).where(*same, unscoped(present, reason=_NARROWS))
        criteria.append(then.id.in_(ids))
    return criteria
