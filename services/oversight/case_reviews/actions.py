"""The verbs of reviews of case files: load, decide, change, publish."""

import secrets
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.case_files.rules import LIFECYCLE as FILE
from services.oversight.case_files.rules import SCORE
from services.oversight.case_files.tables import CaseFile
from services.oversight.case_reviews import rules
from services.oversight.case_reviews.rules import ANSWER, MANAGE
from services.oversight.case_reviews.schemas import (
    CaseAssignRequest,
    CaseDecideRequest,
    CaseObjectRequest,
    CaseReviewQuery,
    CaseReviewRequest,
)
from services.oversight.case_reviews.tables import CaseReview
from services.oversight.findings.rules import InspectionUnknown
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import ActorRecused, InspectionMode, InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import require
from services.oversight.subject_views.actions import hold_divisions
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now
from shared.events.oversight import case_reviews as facts
from shared.events.oversight.case_reviews import CaseReviewFact
from shared.facts import publish
from shared.figures import in_days
from shared.law.calendar import due, last_day_of
from shared.law.divisions import Level, level_of
from shared.law.places import in_division
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound
from shared.web.paging import paginate
from shared.web.points import told as shown

_SORTS = {"id": CaseReview.id, "updated_at": CaseReview.updated_at}


async def page(
    session: AsyncSession, actor: Actor, query: CaseReviewQuery
) -> tuple[list[CaseReview], str | None, int | None]:
    """The reviews that match and that the caller may see, one page of them."""
    statement = select(CaseReview).where(seen_by(actor))
    for name in ("state", "subject_id", "inspection_id"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(CaseReview, name) == value)
    if query.division:
        place = in_division(CaseReview, query.division, direct=query.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(CaseReview.created_at, query.created_from, query.created_to)
    )
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=CaseReview.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID) -> CaseReview:
    """One review that the caller may see, or is named to score."""
    return await load(session, CaseReview, id, actor, seen=seen_by(actor))


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """What `visible` says, and a review to who is named from elsewhere (交叉评查), till it ends."""
    seen = visible(CaseReview, actor)
    return or_(seen, named(actor)) if SCORE in actor.permissions else seen


def named(actor: Actor) -> ColumnElement[bool]:
    """The reviews that go on and that the caller is named to score."""
    scores, state = CaseReview.scorers.contains([actor.sub]), CaseReview.state
    return and_(scores, state.not_in(rules.LIFECYCLE.terminal))


async def sample(session: AsyncSession, actor: Actor, request: CaseReviewRequest) -> CaseReview:
    """Draw files of the body that an inspection of files is about; the seed is new and kept."""
    try:
        inspection = await inspections.read(session, actor, request.inspection_id, lock=True)
    except NotFound:
        raise InspectionUnknown(inspection_id=str(request.inspection_id)) from None
    require(actor, inspection, MANAGE)
    if inspection.recused(actor.sub):
        raise ActorRecused
    rules.may_sample(
        mode=inspection.mode,
        state=inspection.state,
        of_files=InspectionMode.FILE_REVIEW,
        going_on=InspectionState.ON_SITE,
    )
    seed = secrets.token_hex(16)
    drawn = rules.sample(request.files, size=request.sample_size, seed=seed)
    moment = now(session)
    own = inspection.authority if level_of(inspection.authority) is not Level.CITY else None
    ground: dict[str, Any] = {
        "subject_id": inspection.subject_id,
        "subject_name": inspection.subject_name,
        "uscc": inspection.uscc,
        "organisation": None,
        "domains": [],
        "division": inspection.division,
        "authority": inspection.authority,
        "district": own,
        "created_at": moment,
        "updated_at": moment,
    }
    row = CaseReview(
        **ground,
        inspection_id=inspection.id,
        title=request.title,
        population=sorted(request.files),
        digest=rules.population_digest(request.files),
        seed=seed,
        sample_size=request.sample_size,
        weights=(await rule(session, "case_review.weights")).value,
        gap=(await rule(session, "case_review.gap")).value["points"],
        state=rules.LIFECYCLE.initial,
        reviewers=[],
        scorers=[],
        open_files=len(drawn),
        created_by=actor.sub,
    )
    session.add(row)
    await session.flush()
    session.add_all(
        CaseFile(**ground, review_id=row.id, number=number, state=FILE.initial, errors=[])
        for number in sorted(drawn)
    )
    return await _done(
        session,
        row,
        facts.CaseReviewSampled,
        population=len(row.population),
        digest=row.digest,
        seed=seed,
        sample_size=row.sample_size,
    )


async def assign(
    session: AsyncSession, actor: Actor, id: UUID, request: CaseAssignRequest
) -> CaseReview:
    """Two reviewers and an arbiter for all files."""
    row = await _step(session, actor, id, "assign", MANAGE)
    people = [*request.reviewers, request.arbiter]
    inspection = await session.scalar(
        select(Inspection).where(
            Inspection.id == row.inspection_id,
            unscoped(Inspection, reason="who was taken off it"),
        )
    )
    assert inspection is not None
    rules.may_assign(
        [(one.sub, one.organisation) for one in people],
        subject=row.uscc,
        recused={one.sub for one in people if inspection.recused(one.sub)},
    )
    row.reviewers = [one.model_dump() for one in request.reviewers]
    row.arbiter = request.arbiter.model_dump()
    row.scorers = [one.sub for one in people]
    return await _done(session, row, facts.CaseReviewAssigned, scorers=row.scorers)


async def announce(session: AsyncSession, actor: Actor, id: UUID) -> CaseReview:
    """The subject learns of it, and may object."""
    await hold_divisions(session)
    row = await _step(session, actor, id, "announce", MANAGE)
    subject = await session.scalar(
        select(SubjectView).where(
            SubjectView.id == row.subject_id,
            unscoped(SubjectView, reason="the review takes the subject's place"),
        )
    )
    assert subject is not None
    period = (await rule(session, "case_review.objection")).deadline()
    objection_due = due(now(session), period, await calendar_of(session)).at
    both: list[CaseReview | CaseFile] = [row, *await _files_of(session, row)]
    for one in both:
        if one.district not in (None, subject.district):
            # Its township moved meanwhile: the district that reviews goes on.
            one.parties = [*one.parties, str(one.district)]
        one.district, one.township = subject.district, subject.township
        one.organisation, one.domains = subject.organisation, list(subject.domains)
    row.announced_by, row.announced_at, row.due_at = actor.sub, now(session), objection_due
    assert row.score is not None
    return await _done(
        session,
        row,
        facts.CaseReviewAnnounced,
        score=shown(row.score),
        due_on=last_day_of(objection_due),
    )


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> CaseReview:
    """The subject has no objection."""
    row = await _step(session, actor, id, "accept", ANSWER)
    return await _concluded(session, row)


async def conclude(session: AsyncSession, actor: Actor, id: UUID) -> CaseReview:
    """The subject did not object in time."""
    row = await _step(session, actor, id, "conclude", MANAGE)
    return await _concluded(session, row)


async def object_to(
    session: AsyncSession, actor: Actor, id: UUID, request: CaseObjectRequest
) -> CaseReview:
    """The subject objects to the score of files, once and within the term."""
    row = await _step(session, actor, id, "object", ANSWER)
    known = {file.id for file in await _files_of(session, row)}
    named = [one.case_file_id for one in request.files]
    _check_known(named, known)
    row.objection = [one.model_dump(mode="json") for one in request.files]
    row.due_at = None
    return await _done(session, row, facts.CaseReviewObjected, case_files=named)


async def decide(
    session: AsyncSession, actor: Actor, id: UUID, request: CaseDecideRequest
) -> CaseReview:
    """The objection is decided: scores change with a reason, or stay."""
    row = await _step(session, actor, id, "decide", MANAGE)
    its_files = {file.id: file for file in await _files_of(session, row)}
    _check_known([one.case_file_id for one in request.files], its_files)
    full = sum(Decimal(weight) for weight in row.weights.values())
    adjusted = []
    for one in request.files:
        if one.score > full:
            raise rules.ScoreAboveHundred(full=shown(Decimal(full)))
        file = its_files[one.case_file_id]
        assert file.score is not None
        FILE.may("adjust", file.state)
        change = {"before": shown(file.score), "after": shown(one.score), "reason": one.reason}
        adjusted.append({"case_file_id": str(file.id), **change})
        file.score, file.updated_at = one.score, now(session)
    row.decision = {"opinion": request.opinion, "adjusted": adjusted}
    row.score = _mean(its_files.values())
    return await _concluded(session, row, [one.case_file_id for one in request.files])


async def cancel(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> CaseReview:
    """It goes no further; the subject learns nothing of it."""
    row = await _step(session, actor, id, "cancel", MANAGE)
    row.reason = reason
    return await _done(session, row, facts.CaseReviewCancelled)


async def settle_one(session: AsyncSession, row: CaseReview) -> None:
    """One of its files has its score; with the last one the review has its own."""
    row.open_files -= 1
    if row.open_files:
        await session.flush()
        return
    row.score = _mean(await _files_of(session, row))
    row.state = rules.LIFECYCLE.next("settle", row.state)
    await _done(session, row, facts.CaseReviewScored)


async def _files_of(session: AsyncSession, row: CaseReview) -> Sequence[CaseFile]:
    found = await session.scalars(
        select(CaseFile)
        .where(
            CaseFile.review_id == row.id,
            unscoped(CaseFile, reason="the files of a review that the caller sees"),
        )
        .order_by(CaseFile.id)
    )
    return found.all()


def _mean(rows: Iterable[CaseFile]) -> Decimal:
    scores = [row.score for row in rows if row.score is not None]
    return (sum(scores, rules.ZERO) / len(scores)).quantize(rules.ZERO)


def _check_known(named: Iterable[UUID], known: Iterable[UUID]) -> None:
    for id in sorted(set(named) - set(known)):
        raise rules.CaseFileUnknown(case_file_id=str(id))


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> CaseReview:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, CaseReview, id, actor, lock=True)
    require(actor, row, permission)
    if await inspections.recused_from(session, actor, [row.inspection_id]):
        raise ActorRecused
    row.state = rules.next_state(
        action,
        state=row.state,
        due_at=row.due_at,
        scorers=row.scorers,
        sub=actor.sub,
        now=now(session),
    )
    return row


async def _concluded(
    session: AsyncSession, row: CaseReview, adjusted: Sequence[UUID] = ()
) -> CaseReview:
    assert row.score is not None
    row.concluded_at, row.due_at = now(session), None
    told = {"score": shown(row.score), "adjusted": list(adjusted)}
    return await _done(session, row, facts.CaseReviewConcluded, **told)


async def _done(
    session: AsyncSession, row: CaseReview, event: type[CaseReviewFact], **more: Any
) -> CaseReview:
    row.updated_at = now(session)
    await session.flush()
    names = ("inspection_id", "subject_id", "subject_name", "division", "title", "state")
    told = {name: getattr(row, name) for name in (*names, "authority_level")}
    fact = event(case_review_id=row.id, organisation=row.uscc, **told, **more)
    publish(session, fact, at=row)
    return row
