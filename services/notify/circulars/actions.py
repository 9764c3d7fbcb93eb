"""The verbs of an office: write a circular, review, issue and recall it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from services.notify.circulars import rules
from services.notify.circulars.rules import SENT, CircularState
from services.notify.circulars.schemas import (
    CircularPatch,
    CircularQuery,
    CircularRequest,
)
from services.notify.circulars.tables import Circular, CircularNumber, CircularRecipient
from services.notify.messages import actions as messages
from services.notify.messages.rules import Draft, Reach
from services.notify.permissions import SUPERVISORS, oversees
from services.notify.progress.actions import cite
from shared import timers
from shared.access.actor import Actor, Role
from shared.access.visibility import scoped_by, visible
from shared.clock import legal_day, now, today
from shared.db import Scope, new_id
from shared.events.notify import circulars as facts
from shared.events.notify.circulars import CircularFact
from shared.facts import publish
from shared.law.calendar import due
from shared.law.divisions import DivisionUnknown, level_of
from shared.law.places import in_division
from shared.law.tables import Division, calendar_of, rule, scope_of
from shared.refusals import NotFound
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

DELIVER, REMIND, RECALL = "circular.deliver", "circular.remind", "circular.recall"
"""Timers of a circular: `circular_receipts` has what they do."""
_SORTS = {"id": Circular.id, "updated_at": Circular.updated_at}
WHOLE = (undefer(Circular.bodies), undefer(Circular.progress))


# Who sees what.


def is_ones(actor: Actor) -> ColumnElement[bool]:
    """The recipients that `actor` is one of the people of."""
    return CircularRecipient.addressee.in_(sorted(messages.keys_of(actor)))


def overseen(actor: Actor) -> ColumnElement[bool]:
    """The recipients that `actor` is of, or supervises."""
    if actor.roles.isdisjoint(SUPERVISORS):
        return scoped_by(CircularRecipient, is_ones(actor))
    return scoped_by(CircularRecipient, or_(is_ones(actor), visible(CircularRecipient, actor)))


def readable(actor: Actor) -> ColumnElement[bool]:
    """What the caller's office writes or oversees, and what was sent to those of the caller's."""
    ours = CircularRecipient.circular_id == Circular.id
    sent = and_(Circular.state.in_(sorted(SENT)), exists().where(ours, overseen(actor)))
    if actor.roles.isdisjoint(SUPERVISORS):
        return scoped_by(Circular, sent)
    return scoped_by(Circular, or_(sent, visible(Circular, actor)))


def in_office(actor: Actor, row: Circular) -> bool:
    """Whether the caller is of the office that issues it, or of one above it."""
    return oversees(actor, row.division, row.scope)


async def page(
    session: AsyncSession, actor: Actor, query: CircularQuery
) -> tuple[list[Circular], str | None, int | None]:
    """The circulars that match and that the caller may read, one page of them."""
    statement = select(Circular).where(readable(actor))
    if query.kind is not None:
        statement = statement.where(Circular.kind == query.kind)
    if query.state is not None:
        statement = statement.where(Circular.state == query.state)
    if query.division:
        statement = statement.where(in_division(Circular, query.division, direct=query.direct))
    if query.pending is not None:
        waits = and_(
            Circular.state == CircularState.ISSUED,
            exists().where(
                CircularRecipient.circular_id == Circular.id,
                CircularRecipient.acknowledged_at.is_(None),
                scoped_by(CircularRecipient, is_ones(actor)),
            ),
        )
        statement = statement.where(waits if query.pending else ~waits)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Circular.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Circular:
    """One circular that the caller may read."""
    found = select(Circular).where(Circular.id == id, readable(actor)).options(*WHOLE)
    row = await session.scalar(found)
    if row is None:
        raise NotFound
    return row


async def own_recipients(
    session: AsyncSession, actor: Actor, row: Circular
) -> list[CircularRecipient]:
    """As what the caller is addressed."""
    if row.state not in SENT:
        return []
    found = await session.scalars(
        select(CircularRecipient)
        .where(
            CircularRecipient.circular_id == row.id, scoped_by(CircularRecipient, is_ones(actor))
        )
        .order_by(CircularRecipient.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def items_in_full(session: AsyncSession, actor: Actor, row: Circular) -> set[int]:
    """Places of the items of an anonymised circular whose names the caller reads: all in the
    issuing office, else one's own body and what lies in the caller's division."""
    if in_office(actor, row):
        return set(range(1, len(row.items) + 1))
    full = set()
    for place, item in enumerate(row.items, 1):
        body, division = item["organisation"], item["division"]
        if body is not None and body == actor.organisation:
            full.add(place)
        elif division is not None:
            scope = await scope_of(session, division, legal_day(row.created_at))
            if oversees(actor, division, scope):
                full.add(place)
    return full


# Writing.


async def draft(session: AsyncSession, actor: Actor, request: CircularRequest) -> Circular:
    """Begin a circular of the caller's division, or of one below it."""
    scope = await _place(session, actor, request.division)
    moment = now(session)
    row = Circular(
        **request.model_dump(mode="json", exclude={"period"}),
        id=new_id(),
        first_day=request.period.first_day if request.period else None,
        last_day=request.period.last_day if request.period else None,
        progress=[],
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        authors=[actor.sub],
        created_at=moment,
        updated_at=moment,
    )
    await _make_sense(session, actor, row, cited=True)
    session.add(row)
    return await _done(session, row, facts.CircularDrafted)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: CircularPatch) -> Circular:
    """Change a draft; who does is one of its authors. What changes nothing leaves no trace."""
    row = await _step(session, actor, id, "change")
    sent = patch.model_dump(mode="json", include=patch.model_fields_set - {"period"})
    for name, value in sent.items():
        setattr(row, name, value)
    cited = "period" in patch.model_fields_set
    if cited:
        row.first_day, row.last_day = patch.period.first_day, patch.period.last_day
    with session.no_autoflush:  # what is written is not modified any more
        await _make_sense(session, actor, row, cited=cited)
    if not session.is_modified(row):
        return row
    if actor.sub not in row.authors:
        row.authors = [*row.authors, actor.sub]
    return await _done(session, row, facts.CircularChanged)


async def _make_sense(session: AsyncSession, actor: Actor, row: Circular, *, cited: bool) -> None:
    """Its own sense, its places within the issuing division, the figures it is filled with."""
    rules.may_be(
        kind=row.kind,
        title=row.title,
        body=row.body,
        items=row.items,
        anonymous=row.anonymous,
        has_period=row.first_day is not None,
    )
    places = [item["division"] for item in row.items if item["division"]]
    for code in {*places, *(one["division"] for one in row.offices)}:
        scope = await scope_of(session, code)
        below = len(row.division) == 2 or row.division in (scope.district, scope.township)
        if len(code) < len(row.division) or not below:
            raise DivisionUnknown(division=code, on=today(session).isoformat())
    if cited and row.first_day is not None and row.last_day is not None:
        cites = await cite(session, actor, row.division, row.scope, row.first_day, row.last_day)
        if not cites:
            raise rules.CircularWithoutFigures(
                first_day=row.first_day.isoformat(), last_day=row.last_day.isoformat()
            )
        row.progress = cites


async def submit(session: AsyncSession, actor: Actor, id: UUID) -> Circular:
    """Put it to another person of the office."""
    row = await _step(session, actor, id, "submit")
    if not await _recipients(session, row):
        raise rules.CircularWithoutRecipients
    to = rules.office(row.division, row.scope)
    return await _done(session, row, facts.CircularSubmitted, rules.to_review(id, row.title, to))


async def return_it(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Circular:
    """Back to its authors, with what is to be mended."""
    row = await _step(session, actor, id, "return")
    row.reason = reason
    drafts = [rules.to_mend(id, row.title, reason, author, row.scope) for author in row.authors]
    return await _done(session, row, facts.CircularReturned, *drafts)


async def approve(session: AsyncSession, actor: Actor, id: UUID) -> Circular:
    """It may be issued."""
    row = await _step(session, actor, id, "approve")
    row.reviewed_by, row.reason = actor.sub, None
    to = rules.office(row.division, row.scope)
    return await _done(session, row, facts.CircularApproved, rules.to_issue(id, row.title, to))


async def discard(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Circular:
    """It will not be issued."""
    row = await _step(session, actor, id, "discard")
    row.reason = reason
    return await _done(session, row, facts.CircularDiscarded)


async def issue(session: AsyncSession, actor: Actor, id: UUID) -> Circular:
    """Number it and fix its recipients; a timer takes it to them at once."""
    row = await _step(session, actor, id, "issue")
    moment = now(session)
    recipients = await _recipients(session, row)
    if not recipients:
        raise rules.CircularWithoutRecipients
    row.number = await _number(session, row.division)
    term = await rule(session, "circular.acknowledgement")
    row.due_at = due(moment, term.deadline(), await calendar_of(session)).at
    hours = (await rule(session, "circular.reminders")).value
    row.reminder_hours = [*(-hour for hour in hours["hours_before"]), *hours["hours_after"]]
    row.issued_at, row.issued_by = moment, actor.sub
    row.recipients = len(recipients)
    row.updated_at = moment
    await session.flush()
    await messages.copy_rows(session, CircularRecipient, recipients)
    row.fact_id = publish(
        session,
        facts.CircularIssued(
            **told(row),
            number=row.number,
            recipients=row.recipients,
            due_at=row.due_at,
            cites=[one["fact"] for one in row.progress],
        ),
        at=row,
    )
    await session.flush()
    await timers.schedule(session, DELIVER, id, moment)
    await schedule_reminder(session, row, after=moment)
    return row


async def recall(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Circular:
    """Take it back; those who were told of it are told of that."""
    row = await _step(session, actor, id, "recall")
    row.reason = reason
    assert row.number is not None
    moment = now(session)
    row.updated_at = moment
    row.fact_id = publish(session, facts.CircularRecalled(**told(row), number=row.number), at=row)
    await session.flush()
    await timers.cancel(session, REMIND, id)
    await timers.schedule(session, RECALL, id, moment)
    return row


# Within.


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Circular:
    """Load, lock, and take the step that the caller may take."""
    row = await session.scalar(
        select(Circular)
        .where(Circular.id == id, readable(actor))
        .with_for_update(of=Circular, key_share=True)
        .options(*WHOLE)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    check_precondition(id, row.version)
    if not in_office(actor, row):
        raise rules.NotOffice
    row.state = rules.next_state(action, state=row.state, authors=row.authors, sub=actor.sub)
    return row


async def _done(
    session: AsyncSession, row: Circular, kind: type[CircularFact], *drafts: Draft
) -> Circular:
    row.updated_at = now(session)
    await session.flush()
    fact = publish(session, kind(**told(row)), at=row)
    for one in drafts:
        messages.address(session, one, event=kind.type, caused_by=fact, occurred_at=row.updated_at)
    return row


def told(row: Circular) -> dict[str, Any]:
    """What each fact says of it."""
    return {
        "circular_id": row.id,
        "division": row.division,
        "level": level_of(row.division).value,
        "kind": row.kind,
        "state": row.state,
    }


async def schedule_reminder(session: AsyncSession, row: Circular, *, after: datetime) -> None:
    """The next one later than `after`, if there is any."""
    assert row.due_at is not None
    if at := rules.reminder(row.due_at, row.reminder_hours, after=after):
        await timers.schedule(session, REMIND, row.id, at)


async def _place(session: AsyncSession, actor: Actor, division: str) -> Scope:
    """Where a division lies, if the caller's own is it or above it; another's looks like none."""
    scope = await scope_of(session, division)
    if not oversees(actor, division, scope):
        raise DivisionUnknown(division=division, on=today(session).isoformat())
    return scope


async def _recipients(session: AsyncSession, row: Circular) -> list[dict[str, Any]]:
    """The rows of all whom it is addressed to as the divisions are today, each once."""
    on = today(session)
    found: dict[tuple[str, str], dict[str, Any]] = {}

    def add(reach: Reach, role: str, key: str, scope: Scope, organisation: str | None) -> None:
        found[role, key] = {
            "id": new_id(),
            "circular_id": row.id,
            "reach": reach.value,
            "role": role,
            "organisation": organisation,
            "district": scope.district,
            "township": scope.township,
            "parties": [],
        }

    for office in row.offices:
        role, top = office["role"], office["division"]
        statement = select(Division.code, Division.parent, Division.level).where(
            Division.valid_from <= on,
            or_(Division.valid_to.is_(None), Division.valid_to > on),
            or_(
                Division.code == top,
                _below(top) if office["below"] else false(),
            ),
        )
        for code, parent, level in await session.execute(statement):
            if not rules.reaches(role, code):
                continue
            match Reach(level):
                case Reach.CITY:
                    scope = Scope()
                case Reach.DISTRICT:
                    scope = Scope(district=code)
                case _:
                    scope = Scope(district=parent, township=code)
            add(Reach(level), role, code, scope, None)
    for code in row.bodies:
        add(Reach.ORGANISATION, Role.AGENCY_USER.value, code, row.scope, code)
    return list(found.values())


def _below(top: str) -> ColumnElement[bool]:
    """Divisions below one: a city's districts and townships, a district's townships."""
    return true() if len(top) == 2 else Division.parent == top


async def _number(session: AsyncSession, division: str) -> str:
    """The next number of a division in the year; the row waits for whoever issues meanwhile."""
    year = today(session).year
    table = CircularNumber
    last = await session.scalar(
        insert(table)
        .values(division=division, year=year, last=1)
        .on_conflict_do_update(index_elements=["division", "year"], set_={"last": table.last + 1})
        .returning(table.last)
    )
    return f"执法监督通报〔{year}〕{last}号"
