"""The verbs of sources."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_sources import rules
from services.oversight.act_sources.rules import LIFECYCLE, OrganisationOutside, SourceUnknown
from services.oversight.act_sources.schemas import (
    MappingFilters,
    MappingRequest,
    SourceFilters,
    SourcePatch,
    SourceReasonRequest,
    SourceRequest,
)
from services.oversight.act_sources.tables import ActMapping, ActSource
from services.oversight.acts import actions as acts
from services.oversight.permissions import NotInCharge, oversees, speaks_for
from services.oversight.subject_views.actions import subjects_of
from shared.access.actor import Actor
from shared.access.visibility import load, scoped_by, visible
from shared.clock import now, today
from shared.events.oversight.acts import (
    ActSourceChanged,
    ActSourceClosed,
    ActSourceFact,
    ActSourceMapped,
    ActSourceRegistered,
    ActSourceResumed,
    ActSourceSuspended,
)
from shared.facts import publish
from shared.law.divisions import DivisionUnknown
from shared.law.places import in_division
from shared.law.tables import scope_of
from shared.web.paging import paginate


def in_charge(actor: Actor, row: ActSource) -> bool:
    """A source is in the hands of the legal office of its division, or of one above it."""
    return oversees(actor, row.division, row.scope)


def may_send(actor: Actor, row: ActSource) -> bool:
    """Whether the caller is one of the source's system accounts, or of the body that runs it."""
    return actor.sub in row.accounts or speaks_for(actor, row.organisation, row.township)


async def register(session: AsyncSession, actor: Actor, request: SourceRequest) -> ActSource:
    """Let a system supply acts."""
    rules.may_report(organisations=request.organisations, divisions=request.divisions)
    scope = await scope_of(session, request.division)
    await _may_reach(session, actor, request.division, *request.divisions)
    await _may_name(session, request.division, request.organisations, request.divisions)
    row = ActSource(
        **request.model_dump(),
        district=scope.district,
        township=scope.township,
        parties=[],
        state=LIFECYCLE.initial,
        reason=None,
        edition=0,
        registered_at=now(session),
        registered_by=actor.sub,
    )
    session.add(row)
    await acts.watch(session)
    await session.flush()
    _publish(session, row, ActSourceRegistered)
    return row


async def change(session: AsyncSession, actor: Actor, id: UUID, request: SourcePatch) -> ActSource:
    """What it is and for whom it reports, from now on; what changes nothing leaves no trace."""
    row = await _step(session, actor, id, "change")
    sent = request.model_dump(exclude_unset=True)
    if all(getattr(row, name) == value for name, value in sent.items()):
        return row
    for name, value in sent.items():
        setattr(row, name, value)
    rules.may_report(organisations=row.organisations, divisions=row.divisions)
    await _may_reach(session, actor, row.division, *row.divisions)
    await _may_name(session, row.division, row.organisations, row.divisions)
    await session.flush()
    _publish(session, row, ActSourceChanged)
    return row


async def map_codes(
    session: AsyncSession, actor: Actor, id: UUID, request: MappingRequest
) -> ActSource:
    """Lay down a new edition of how its codes read; batches that are begun keep theirs."""
    rules.may_map(request.codes)
    row = await _step(session, actor, id, "map")
    row.edition += 1
    session.add(
        ActMapping(
            source_id=row.id,
            edition=row.edition,
            codes=request.model_dump(mode="json")["codes"],
            note=request.note,
            made_at=now(session),
            made_by=actor.sub,
        )
    )
    await session.flush()
    _publish(session, row, ActSourceMapped)
    return row


async def suspend(
    session: AsyncSession, actor: Actor, id: UUID, request: SourceReasonRequest
) -> ActSource:
    """Take nothing from it until it is resumed."""
    row = await _step(session, actor, id, "suspend")
    row.reason = request.reason
    await session.flush()
    _publish(session, row, ActSourceSuspended, reason=request.reason)
    return row


async def resume(session: AsyncSession, actor: Actor, id: UUID) -> ActSource:
    """Take from it again."""
    row = await _step(session, actor, id, "resume")
    row.reason = None
    await session.flush()
    _publish(session, row, ActSourceResumed)
    return row


async def close(
    session: AsyncSession, actor: Actor, id: UUID, request: SourceReasonRequest
) -> ActSource:
    """It supplies nothing any more; its acts stay."""
    row = await _step(session, actor, id, "close")
    row.reason = request.reason
    await session.flush()
    _publish(session, row, ActSourceClosed, reason=request.reason)
    return row


async def page(
    session: AsyncSession, actor: Actor, filters: SourceFilters
) -> tuple[list[ActSource], str | None, int | None]:
    """The sources that the caller may see, one page of them."""
    statement = select(ActSource).where(visible(ActSource, actor))
    for name in ("state", "channel", "organisation"):
        if (value := getattr(filters, name)) is not None:
            statement = statement.where(getattr(ActSource, name) == value)
    if filters.division is not None:
        place = in_division(ActSource, filters.division, direct=filters.direct)
        statement = statement.where(place)
    if filters.q is not None:
        statement = statement.where(
            or_(
                ActSource.name.icontains(filters.q, autoescape=True),
                ActSource.code.icontains(filters.q, autoescape=True),
            )
        )
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": ActSource.id, "code": ActSource.code},
        id=ActSource.id,
        paging=filters,
    )
    return [row[0] for row in rows], cursor, count


async def mappings(
    session: AsyncSession, actor: Actor, id: UUID, filters: MappingFilters
) -> tuple[list[ActMapping], str | None, int | None]:
    """The editions of a visible source's mapping."""
    row = await load(session, ActSource, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(
            ActMapping.edition.label("id"), ActMapping.edition.label("edition"), ActMapping
        ).where(ActMapping.source_id == row.id),
        sort=filters.sort,
        columns={"edition": ActMapping.edition},
        id=ActMapping.edition,
        paging=filters,
    )
    return [row[2] for row in rows], cursor, count


async def source_to_send(
    session: AsyncSession, code: str, actor: Actor, *, lock: bool = False
) -> ActSource:
    """The source that the caller may send for, or `SourceUnknown`."""
    # A system account need not see the source's division: that it may send is what counts.
    statement = select(ActSource).where(scoped_by(ActSource, ActSource.code == code))
    if lock:
        statement = statement.with_for_update(key_share=True)
    row = await session.scalar(statement)
    if row is None or not may_send(actor, row):
        raise SourceUnknown(source=code)
    return row


async def mapping_of(
    session: AsyncSession, source_id: UUID, edition: int
) -> dict[str, dict[str, str]]:
    """The codes of an edition; none of edition 0."""
    if edition == 0:
        return {}
    row = await session.get_one(ActMapping, (source_id, edition))
    return row.codes


async def _may_reach(session: AsyncSession, actor: Actor, *divisions: str) -> None:
    """One lets report only for what lies in one's own division."""
    for code in divisions:
        if not oversees(actor, code, await scope_of(session, code)):
            raise DivisionUnknown(division=code, on=today(session).isoformat())


async def _may_name(
    session: AsyncSession, division: str, organisations: list[str], divisions: list[str]
) -> None:
    """A body that is named lies in the divisions of the source, as far as it is known."""
    for subject in await subjects_of(session, organisations):
        if not rules.may_report_of(
            subject.organisation,
            (subject.district, subject.township, subject.division),
            subject.parties,
            division=division,
            organisations=organisations,
            divisions=divisions,
        ):
            raise OrganisationOutside(organisation=subject.organisation)


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> ActSource:
    row = await load(session, ActSource, id, actor, lock=True)
    if not in_charge(actor, row):
        raise NotInCharge
    row.state = LIFECYCLE.next(action, row.state)
    return row


def _publish(session: AsyncSession, row: ActSource, kind: type[ActSourceFact], **more: Any) -> None:
    fact = kind(
        source_id=row.id,
        code=row.code,
        name=row.name,
        organisation=row.organisation,
        division=row.division,
        channel=row.channel,
        state=row.state,
        edition=row.edition,
        **more,
    )
    publish(session, fact, at=row)
