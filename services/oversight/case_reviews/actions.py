"""The verbs of reviews of case files: load, decide, change, publish."""

import secrets
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.case_reviews import rules
from services.oversight.case_reviews.rules import ANSWER, MANAGE, SCORE, SheetRole
from services.oversight.case_reviews.schemas import (
    CaseAssignRequest,
    CaseDecideRequest,
    CaseFileQuery,
    CaseObjectRequest,
    CaseReviewQuery,
    CaseReviewRequest,
    RaiseRequest,
    SheetRequest,
    permissions_on,
)
from services.oversight.case_reviews.tables import CaseFile, CaseReview, CaseSheet
from services.oversight.findings import actions as findings
from services.oversight.findings.rules import InspectionUnknown
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import InspectionMode, InspectionState
from services.oversight.permissions import NotInCharge, require
from services.oversight.subject_views.actions import hold_divisions
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now
from shared.events.oversight import case_reviews as facts
from shared.events.oversight.case_reviews import CaseFileFact, CaseReviewFact
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
    statement = select(CaseReview).where(reviews_seen_by(actor))
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


async def files(
    session: AsyncSession, actor: Actor, query: CaseFileQuery
) -> tuple[list[CaseFile], str | None, int | None]:
    """The drawn files that match and that the caller may see, one page of them."""
    statement = select(CaseFile).where(files_seen_by(actor))
    if query.state is not None:
        statement = statement.where(CaseFile.state == query.state)
    if query.case_review_id is not None:
        statement = statement.where(CaseFile.review_id == query.case_review_id)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": CaseFile.id},
        id=CaseFile.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def read_review(session: AsyncSession, actor: Actor, id: UUID) -> CaseReview:
    """One review that the caller may see, or is named to score."""
    return await load(session, CaseReview, id, actor, seen=reviews_seen_by(actor))


async def read_file(session: AsyncSession, actor: Actor, id: UUID) -> CaseFile:
    """One file of such a review."""
    return await load(session, CaseFile, id, actor, seen=files_seen_by(actor))


def reviews_seen_by(actor: Actor) -> ColumnElement[bool]:
    """What `visible` says, and a review to who is named from elsewhere (交叉评查), till it ends."""
    seen = visible(CaseReview, actor)
    return or_(seen, _named(actor)) if SCORE in actor.permissions else seen


def files_seen_by(actor: Actor) -> ColumnElement[bool]:
    """The same of its files."""
    seen = visible(CaseFile, actor)
    if SCORE not in actor.permissions:
        return seen
    named = select(CaseReview.id).where(
        _named(actor), unscoped(CaseReview, reason="whether the caller is named, wherever")
    )
    return or_(seen, CaseFile.review_id.in_(named))


def _named(actor: Actor) -> ColumnElement[bool]:
    named, state = CaseReview.scorers.contains([actor.sub]), CaseReview.state
    return and_(named, state.not_in(rules.LIFECYCLE.terminal))


async def reviews_of(
    session: AsyncSession, actor: Actor, rows: Iterable[CaseFile]
) -> dict[UUID, CaseReview]:
    """The reviews of visible files, which are seen by the same."""
    found = await session.scalars(
        select(CaseReview).where(
            CaseReview.id.in_({row.review_id for row in rows}), reviews_seen_by(actor)
        )
    )
    return {review.id: review for review in found}


async def sheets_of(session: AsyncSession, rows: Iterable[CaseFile]) -> dict[UUID, list[CaseSheet]]:
    """The sheets of each of `rows`, in the order of their roles; what is shown, the view says."""
    found: dict[UUID, list[CaseSheet]] = {row.id: [] for row in rows}
    sheets = await session.scalars(
        select(CaseSheet)
        .where(CaseSheet.case_file_id.in_(found))
        .order_by(CaseSheet.role.desc(), CaseSheet.scorer)
    )
    for sheet in sheets:
        found[sheet.case_file_id].append(sheet)
    return found


async def sample(session: AsyncSession, actor: Actor, request: CaseReviewRequest) -> CaseReview:
    """Draw files of the body that an inspection of files is about; the seed is new and kept."""
    try:
        inspection = await inspections.read(session, actor, request.inspection_id, lock=True)
    except NotFound:
        raise InspectionUnknown(inspection_id=str(request.inspection_id)) from None
    require(actor, inspection, MANAGE)
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
        CaseFile(**ground, review_id=row.id, number=number, state=rules.FILE.initial, errors=[])
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
    rules.may_assign([(one.sub, one.organisation) for one in people], subject=row.uscc)
    row.reviewers = [one.model_dump() for one in request.reviewers]
    row.arbiter = request.arbiter.model_dump()
    row.scorers = [one.sub for one in people]
    return await _done(session, row, facts.CaseReviewAssigned, scorers=row.scorers)


async def score(session: AsyncSession, actor: Actor, id: UUID, request: SheetRequest) -> CaseFile:
    """A reviewer hands in a sheet. The first one changes nothing that anybody else could see."""
    file, review, sheets = await _file(session, actor, id, "score")
    sheet = _sheet(session, actor, file, review, request)
    await session.flush()
    if not sheets:
        _tell_file(session, file, facts.CaseSheetHandedIn)
        return file
    first = sheets[0]
    if rules.are_apart(first.score, sheet.score, gap=Decimal(review.gap)):
        file.state = rules.FILE.next("dispute", file.state)
        assert review.arbiter is not None
        await _file_done(session, file, facts.CaseFileDisputed, arbiter=[review.arbiter["sub"]])
        return file
    file.state = rules.FILE.next("agree", file.state)
    file.score = ((first.score + sheet.score) / 2).quantize(rules.ZERO)
    file.errors = [*first.errors, *sheet.errors]
    await _settled(session, file, review, arbitrated=False)
    return file


async def arbitrate(
    session: AsyncSession, actor: Actor, id: UUID, request: SheetRequest
) -> CaseFile:
    """The arbiter's score counts."""
    file, review, _ = await _file(session, actor, id, "arbitrate")
    sheet = _sheet(session, actor, file, review, request)
    file.state = rules.FILE.next("arbitrate", file.state)
    file.score, file.errors = sheet.score, sheet.errors
    await _settled(session, file, review, arbitrated=True)
    return file


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
        rules.FILE.may("adjust", file.state)
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


async def raise_finding(
    session: AsyncSession, actor: Actor, id: UUID, request: RaiseRequest
) -> CaseFile:
    """A finding of the inspection is made of the file's errors, and goes its own way."""
    file = await load(session, CaseFile, id, actor, lock=True)
    require(actor, file, MANAGE)
    review = await load(session, CaseReview, file.review_id, actor)
    target = rules.FILE.next("raise", file.state)
    rules.may_raise(review=review.state, errors=len(file.errors))
    finding = await findings.record_of(
        session,
        actor,
        inspection_id=review.inspection_id,
        code=request.code,
        description=f"案卷{file.number}:{request.description}",
        severity=request.severity,
        officer_id=request.officer_id,
    )
    file.state, file.finding_id = target, finding.id
    await _file_done(session, file, facts.CaseFileRaised, finding_id=finding.id)
    return file


async def _file(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[CaseFile, CaseReview, list[CaseSheet]]:
    """The locked file, its review and its sheets, if the caller may score it now.

    The review's lock makes the two reviewers wait for each other: one of them is the second.
    """
    review_id = (await read_file(session, actor, id)).review_id
    seen = reviews_seen_by(actor)
    review = await load(session, CaseReview, review_id, actor, lock=True, seen=seen)
    file = await load(session, CaseFile, id, actor, lock=True, seen=files_seen_by(actor))
    if SCORE not in permissions_on(actor, file, review.scorers):
        raise NotInCharge
    rules.LIFECYCLE.may("settle", review.state)
    rules.FILE.may(action, file.state)
    sheets = (await sheets_of(session, [file]))[file.id]
    rules.may_score(
        action,
        sub=actor.sub,
        reviewers=[one["sub"] for one in review.reviewers],
        arbiter=review.arbiter["sub"] if review.arbiter else None,
        handed_in=any(sheet.scorer == actor.sub for sheet in sheets),
    )
    return file, review, sheets


def _sheet(
    session: AsyncSession,
    actor: Actor,
    file: CaseFile,
    review: CaseReview,
    request: SheetRequest,
) -> CaseSheet:
    errors = [one.model_dump(mode="json") for one in request.errors]
    arbiter = review.arbiter is not None and actor.sub == review.arbiter["sub"]
    sheet = CaseSheet(
        case_file_id=file.id,
        scorer=actor.sub,
        role=SheetRole.ARBITER if arbiter else SheetRole.REVIEWER,
        errors=errors,
        score=rules.scored(errors, review.weights),
        opinion=request.opinion,
        handed_in_at=now(session),
    )
    session.add(sheet)
    return sheet


async def _settled(
    session: AsyncSession, file: CaseFile, review: CaseReview, *, arbitrated: bool
) -> None:
    await _file_done(session, file, facts.CaseFileSettled, arbitrated=arbitrated)
    review.open_files -= 1
    if review.open_files:
        await session.flush()
        return
    review.score = _mean(await _files_of(session, review))
    review.state = rules.LIFECYCLE.next("settle", review.state)
    await _done(session, review, facts.CaseReviewScored)


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


async def _file_done(
    session: AsyncSession, file: CaseFile, event: type[CaseFileFact], **more: Any
) -> None:
    file.updated_at = now(session)
    await session.flush()
    _tell_file(session, file, event, **more)


def _tell_file(
    session: AsyncSession, file: CaseFile, event: type[CaseFileFact], **more: Any
) -> None:
    names = ("number", "subject_name", "division", "state")
    told = {name: getattr(file, name) for name in names}
    fact = event(case_file_id=file.id, case_review_id=file.review_id, **told, **more)
    publish(session, fact, at=file)
