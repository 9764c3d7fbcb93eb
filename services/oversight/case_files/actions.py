"""The verbs of drawn case files: load, decide, change, publish."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.case_files import rules
from services.oversight.case_files.rules import SCORE, SheetRole
from services.oversight.case_files.schemas import (
    CaseFileQuery,
    RaiseRequest,
    SheetRequest,
    permissions_on,
)
from services.oversight.case_files.tables import CaseFile, CaseSheet
from services.oversight.case_reviews import actions as reviews
from services.oversight.case_reviews.rules import LIFECYCLE as REVIEW
from services.oversight.case_reviews.rules import MANAGE, ZERO
from services.oversight.case_reviews.tables import CaseReview
from services.oversight.findings import actions as findings
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import ActorRecused
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import NotInCharge, require
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now
from shared.events.oversight import case_reviews as facts
from shared.events.oversight.case_reviews import CaseFileFact
from shared.facts import publish
from shared.web.paging import paginate


async def page(
    session: AsyncSession, actor: Actor, query: CaseFileQuery
) -> tuple[list[CaseFile], str | None, int | None]:
    """The drawn files that match and that the caller may see, one page of them."""
    statement = select(CaseFile).where(seen_by(actor))
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


async def read(session: AsyncSession, actor: Actor, id: UUID) -> CaseFile:
    """One file that the caller may see, or is named to score."""
    return await load(session, CaseFile, id, actor, seen=seen_by(actor))


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """What `visible` says, and the files of a review to who is named to score it, till it ends."""
    seen = visible(CaseFile, actor)
    if SCORE not in actor.permissions:
        return seen
    named = select(CaseReview.id).where(
        reviews.named(actor), unscoped(CaseReview, reason="whether the caller is named, wherever")
    )
    return or_(seen, CaseFile.review_id.in_(named))


async def reviews_of(
    session: AsyncSession, actor: Actor, rows: Iterable[CaseFile]
) -> dict[UUID, tuple[CaseReview, Inspection]]:
    """The reviews of visible files, which are seen by the same, each with its inspection."""
    found = await session.execute(
        select(CaseReview, Inspection)
        .join(Inspection, Inspection.id == CaseReview.inspection_id)
        .where(
            CaseReview.id.in_({row.review_id for row in rows}),
            reviews.seen_by(actor),
            unscoped(Inspection, reason="whether findings may be recorded in it"),
        )
    )
    return {review.id: (review, inspection) for review, inspection in found}


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


async def score(session: AsyncSession, actor: Actor, id: UUID, request: SheetRequest) -> CaseFile:
    """A reviewer hands in a sheet. The first one changes nothing that anybody else could see."""
    file, review, sheets = await _file(session, actor, id, "score")
    sheet = _sheet(session, actor, file, review, request)
    await session.flush()
    if not sheets:
        _tell(session, file, facts.CaseSheetHandedIn)
        return file
    first = sheets[0]
    if rules.are_apart(first.score, sheet.score, gap=Decimal(review.gap)):
        file.state = rules.LIFECYCLE.next("dispute", file.state)
        assert review.arbiter is not None
        await _done(session, file, facts.CaseFileDisputed, arbiter=[review.arbiter["sub"]])
        return file
    file.state = rules.LIFECYCLE.next("agree", file.state)
    file.score = ((first.score + sheet.score) / 2).quantize(ZERO)
    file.errors = [*first.errors, *sheet.errors]
    await _settled(session, file, review, arbitrated=False)
    return file


async def arbitrate(
    session: AsyncSession, actor: Actor, id: UUID, request: SheetRequest
) -> CaseFile:
    """The arbiter's score counts."""
    file, review, _ = await _file(session, actor, id, "arbitrate")
    sheet = _sheet(session, actor, file, review, request)
    file.state = rules.LIFECYCLE.next("arbitrate", file.state)
    file.score, file.errors = sheet.score, sheet.errors
    await _settled(session, file, review, arbitrated=True)
    return file


async def raise_finding(
    session: AsyncSession, actor: Actor, id: UUID, request: RaiseRequest
) -> CaseFile:
    """A finding of the inspection is made of the file's errors, and goes its own way."""
    file = await load(session, CaseFile, id, actor, lock=True)
    require(actor, file, MANAGE)
    review = await load(session, CaseReview, file.review_id, actor)
    target = rules.LIFECYCLE.next("raise", file.state)
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
    await _done(session, file, facts.CaseFileRaised, finding_id=finding.id)
    return file


async def _file(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[CaseFile, CaseReview, list[CaseSheet]]:
    """The locked file, its review and its sheets, if the caller may score it now.

    The review's lock makes the two reviewers wait for each other: one of them is the second.
    """
    review_id = (await read(session, actor, id)).review_id
    seen = reviews.seen_by(actor)
    review = await load(session, CaseReview, review_id, actor, lock=True, seen=seen)
    file = await load(session, CaseFile, id, actor, lock=True, seen=seen_by(actor))
    if SCORE not in permissions_on(actor, file, review.scorers, recused=False):
        raise NotInCharge
    if await inspections.recused_from(session, actor, [review.inspection_id]):
        raise ActorRecused
    REVIEW.may("settle", review.state)
    rules.LIFECYCLE.may(action, file.state)
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
    await _done(session, file, facts.CaseFileSettled, arbitrated=arbitrated)
    await reviews.settle_one(session, review)


async def _done(
    session: AsyncSession, file: CaseFile, event: type[CaseFileFact], **more: Any
) -> None:
    file.updated_at = now(session)
    await session.flush()
    _tell(session, file, event, **more)


def _tell(session: AsyncSession, file: CaseFile, event: type[CaseFileFact], **more: Any) -> None:
    names = ("number", "subject_name", "division", "state")
    told = {name: getattr(file, name) for name in names}
    fact = event(case_file_id=file.id, case_review_id=file.review_id, **told, **more)
    publish(session, fact, at=file)
