"""The verbs of a draw: commit to a seed, fix the lists, draw, make inspections of it."""

import secrets
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.campaigns import actions as campaigns
from services.oversight.campaigns.rules import CampaignUnknown, is_of, is_within, may_go_on
from services.oversight.campaigns.tables import Campaign
from services.oversight.draws import rules
from services.oversight.draws.rules import Bar, Candidate, Drawable, Tie
from services.oversight.draws.schemas import (
    AssignRequest,
    DrawFilters,
    FixRequest,
    RunRequest,
    VoidRequest,
)
from services.oversight.draws.tables import SEED_CONTEXT, Draw
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import NotInCharge, holds, may_know_of, may_know_of_one
from services.oversight.subject_views.actions import hold_divisions
from services.oversight.subject_views.rules import ENDED
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.oversight.draws import (
    DrawAssigned,
    DrawCommitted,
    DrawDrawn,
    DrawFact,
    DrawFixed,
    DrawPrepared,
    DrawVoided,
)
from shared.facts import publish
from shared.law.places import CITY, in_division
from shared.law.tables import rule
from shared.refusals import NotFound
from shared.sealing import Seal
from shared.web.paging import paginate


async def page(
    session: AsyncSession, actor: Actor, filters: DrawFilters
) -> tuple[list[Draw], str | None, int | None]:
    """The draws that the caller may know of, one page of them."""
    statement = select(Draw).where(visible(Draw, actor), may_know_of(Draw, actor))
    if filters.campaign_id is not None:
        statement = statement.where(Draw.campaign_id == filters.campaign_id)
    if filters.state is not None:
        statement = statement.where(Draw.state == filters.state)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": Draw.id},
        id=Draw.id,
        paging=filters,
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False) -> Draw:
    """One draw that the caller may know of."""
    row = await load(session, Draw, id, actor, lock=lock)
    if not await may_know_of_one(session, Draw, row, actor):
        raise NotFound
    return row


async def commit(session: AsyncSession, actor: Actor, campaign_id: UUID) -> Draw:
    """Make a seed and publish its hash, before anybody says who may be drawn."""
    campaign = await _campaign(session, actor, campaign_id)
    seed = secrets.token_bytes(32)
    seal: Seal = session.info["seal"]
    row = Draw(
        campaign_id=campaign.id,
        authority=campaign.authority,
        authority_organisation=campaign.authority_organisation,
        concealed=campaign.concealed,
        divisions=campaign.divisions,
        domains=campaign.domains,
        parties=[code for code in campaign.parties if code.isdecimal() and len(code) <= 9],
        district=campaign.district,
        township=campaign.township,
        state=rules.LIFECYCLE.initial,
        sealed_seed=seal.seal_bytes(seed, SEED_CONTEXT),
        seed_hash=rules.seed_hash(seed),
        committed_at=now(session),
        committed_by=actor.sub,
    )
    session.add(row)
    await session.flush()
    _publish(session, row, DrawCommitted)
    return row


async def fix(session: AsyncSession, actor: Actor, id: UUID, request: FixRequest) -> Draw:
    """Fix who may be drawn and publish the hash of it; from now on nothing changes it."""
    row = await _step(session, actor, id, "fix")
    campaign = await _campaign(session, actor, row.campaign_id)
    subjects = await _drawable(session, actor, campaign)
    candidates = [
        Candidate(
            one.sub,
            one.organisation,
            one.weight,
            [Tie(tie.organisation, tie.kind, tie.until) for tie in one.ties],
        )
        for one in request.inspectors
    ]
    years = int((await rule(session, "draw.former_post")).value["years"])
    barred = rules.bars(candidates, subjects, former_post_since=_years_ago(today(session), years))
    own = {actor.organisation, campaign.authority_organisation} - {None}
    row.lists = rules.fixed_lists(
        candidates,
        subjects,
        barred,
        weights={str(one.subject_id): one.weight for one in request.weights},
        own=[code for code in own if code is not None],
        wanted=request.wanted,
        each=request.each,
        least=int((await rule(session, "inspection.min_inspectors")).value["count"]),
    )
    row.lists_hash = rules.lists_hash(row.lists)
    row.bars = [_stored(bar) for bar in barred]
    row.names = {
        "subjects": {one.id: one.name for one in subjects},
        "inspectors": {
            one.sub: {"name": one.name, "organisation": one.organisation}
            for one in request.inspectors
        },
    }
    row.fixed_at, row.fixed_by = now(session), actor.sub
    await session.flush()
    _publish(
        session,
        row,
        DrawFixed,
        subjects=len(row.lists["subjects"]),
        inspectors=len(row.lists["inspectors"]),
        wanted=request.wanted,
    )
    return row


async def draw(session: AsyncSession, actor: Actor, id: UUID, request: RunRequest) -> Draw:
    """Open the seed and draw, by another than who fixed the lists."""
    row = await _step(session, actor, id, "draw")
    rules.may_draw(sub=actor.sub, fixed_by=row.fixed_by)
    assert row.lists is not None
    seed = _open(session, row)
    row.witness = request.witness
    row.result = rules.draw(row.lists, seed, request.witness)
    row.seed = seed.hex()
    row.drawn_at, row.drawn_by = now(session), actor.sub
    await session.flush()
    _publish(session, row, DrawDrawn, **row.revealed())
    return row


async def assign(session: AsyncSession, actor: Actor, id: UUID, request: AssignRequest) -> Draw:
    """An inspection of each drawn subject by its inspectors; what has changed since is skipped."""
    await hold_divisions(session)
    row = await _step(session, actor, id, "assign")
    campaign = await _campaign(session, actor, row.campaign_id)
    assert row.result is not None
    subjects = await _subjects(session, [UUID(id) for id, _ in row.result])
    made = []
    for subject_id, subs in row.result:
        subject = subjects[UUID(subject_id)]
        team = [{"sub": sub, **row.names["inspectors"][sub]} for sub in subs]
        if not _still_due(subject, campaign, team):
            row.skipped = [*row.skipped, subject_id]
            continue
        inspection = await inspections.set_up(
            session,
            actor,
            subject,
            kind=campaign.kind,
            mode=campaign.mode,
            theme=campaign.theme,
            basis=request.basis,
            planned_on=request.planned_on,
            inspectors=team,
            campaign_id=campaign.id,
            draw_id=row.id,
        )
        made.append(inspection.id)
    row.assigned_at, row.assigned_by = now(session), actor.sub
    await session.flush()
    _publish(
        session,
        row,
        DrawAssigned,
        inspection_ids=made,
        skipped=[UUID(id) for id in row.skipped],
    )
    return row


async def void(session: AsyncSession, actor: Actor, id: UUID, request: VoidRequest) -> Draw:
    """Nothing is drawn. The seed is shown, so that all can see what was not."""
    row = await _step(session, actor, id, "void")
    row.seed = _open(session, row).hex()
    row.voided_at, row.voided_by = now(session), actor.sub
    row.void_reason = request.reason
    await session.flush()
    _publish(session, row, DrawVoided, seed=row.seed)
    return row


def allowed_of(actor: Actor, row: Draw) -> list[str]:
    """What the caller may do with it now."""
    if not holds(actor, row):
        return []
    return rules.allowed_actions(
        state=row.state,
        sub=actor.sub,
        fixed_by=row.fixed_by,
        permissions=actor.permissions,
    )


async def _campaign(session: AsyncSession, actor: Actor, id: UUID) -> Campaign:
    """The campaign, running and in the caller's hands; locked: it does not end meanwhile."""
    try:
        campaign = await campaigns.read(session, actor, id, lock=True)
    except NotFound:
        raise CampaignUnknown(campaign_id=str(id)) from None
    if not holds(actor, campaign):
        raise NotInCharge
    may_go_on(state=campaign.state, mode=campaign.mode, concealed=campaign.concealed)
    return campaign


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Draw:
    """The row, locked, in the state that `action` leads to."""
    row = await read(session, actor, id, lock=True)
    if not holds(actor, row):
        raise NotInCharge
    row.state = rules.LIFECYCLE.next(action, row.state)
    return row


async def _drawable(session: AsyncSession, actor: Actor, campaign: Campaign) -> list[Drawable]:
    """The subjects that the campaign is about, and who inspected them of late, as far as the caller
    may know: what somebody prepares in secret does not show in what is left out here."""
    wanted: list[ColumnElement[bool]] = [
        visible(SubjectView, actor),
        SubjectView.state.not_in(sorted(ENDED)),
        or_(
            literal_column("false"),
            *(in_division(SubjectView, code) for code in campaign.divisions),
        ),
    ]
    if campaign.target_domains:
        wanted.append(SubjectView.domains.overlap(campaign.target_domains))
    subjects = (await session.scalars(select(SubjectView).where(*wanted))).all()
    recent, repeat = [
        now(session) - timedelta(days=int((await rule(session, code)).value["days"]))
        for code in ("draw.recent", "draw.repeat")
    ]
    past = await session.execute(
        select(Inspection.subject_id, Inspection.assigned_at, Inspection.inspectors).where(
            Inspection.state != InspectionState.CANCELLED,
            Inspection.assigned_at > min(recent, repeat),
            visible(Inspection, actor),
            inspections.known_to(actor),
        )
    )
    lately: set[UUID] = set()
    visitors: dict[UUID, set[str]] = {}
    for subject_id, assigned_at, inspectors in past:
        if assigned_at > recent:
            lately.add(subject_id)
        if assigned_at > repeat:
            visitors.setdefault(subject_id, set()).update(one["sub"] for one in inspectors)
    return [
        Drawable(
            id=str(one.id),
            name=one.name,
            organisation=one.organisation,
            recent=one.id in lately,
            inspected_by=frozenset(visitors.get(one.id, ())),
        )
        for one in subjects
    ]


async def _subjects(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, SubjectView]:
    found = await session.scalars(
        select(SubjectView).where(
            SubjectView.id.in_(ids),
            unscoped(SubjectView, reason="what was drawn is inspected where it lies today"),
        )
    )
    return {one.id: one for one in found}


def _still_due(subject: SubjectView, campaign: Campaign, team: list[dict[str, Any]]) -> bool:
    """Whether a drawn subject is still one of the campaign's: it may have ended, moved, merged."""
    return (
        subject.state not in ENDED
        and is_within([CITY, subject.district, subject.township], campaign.divisions)
        and is_of(subject.domains, campaign.target_domains)
        and all(one["organisation"] != subject.organisation for one in team)
    )


def _years_ago(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _open(session: AsyncSession, row: Draw) -> bytes:
    seal: Seal = session.info["seal"]
    return seal.open_bytes(row.sealed_seed, SEED_CONTEXT)


def _stored(bar: Bar) -> dict[str, Any]:
    return {"inspector": bar.inspector, "subject_id": bar.subject, "reason": str(bar.reason)}


def _publish(session: AsyncSession, row: Draw, kind: type[DrawFact], **more: Any) -> None:
    if row.concealed:
        fact: DrawFact = DrawPrepared(**row.told(), step=kind.type.split(".")[2])
    else:
        fact = kind(**row.told(), **more)
    publish(session, fact, at=row)
