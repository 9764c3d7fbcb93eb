"""Enforcement subjects over HTTP: see `subjects.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.registry.subjects import actions
from services.registry.subjects.schemas import (
    EXPORTED,
    HistoryEntryView,
    HistoryQuery,
    MergeRequest,
    ReasonRequest,
    SplitRequest,
    SubjectExport,
    SubjectPatch,
    SubjectQuery,
    SubjectRequest,
    SubjectView,
)
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.past import AsOfQuery, as_of
from shared.web import router as router_of
from shared.web.exports import FILES, export
from shared.web.paging import Page

router = router_of("/registry/v1/subjects", "subjects")


async def _view(session: Session, subject: Subject, actor: Actor) -> SubjectView:
    return (await _views(session, [subject], actor))[0]


async def _views(
    session: Session, subjects: list[Subject], actor: Actor, *, past: bool = False
) -> list[SubjectView]:
    states = {} if past else await actions.support_states(session, subjects)
    return [
        SubjectView.of(
            subject,
            actor,
            support_state=states.get(subject.support_id) if subject.support_id else None,
            past=past,
        )
        for subject in subjects
    ]


@router.get("")
async def list_subjects(
    session: ReadSession,
    actor: Annotated[Actor, May("subject:read")],
    query: Annotated[SubjectQuery, Query()],
) -> Page[SubjectView]:
    """The enforcement subjects (执法主体) that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = await _views(session, rows, actor, past=query.as_of is not None)
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/export", response_class=Response, responses=FILES)
async def export_subjects(
    request: Request,
    actor: Annotated[Actor, May("subject:read")],
    query: Annotated[SubjectExport, Query()],
) -> Response:
    """The same list as a file: all of it, with the same filters (导出)."""
    return await export(
        request, actor, query, list_subjects, of=SubjectQuery, name="subjects", columns=EXPORTED
    )


@router.post("", status_code=201)
async def register_subject(
    session: Session, actor: Annotated[Actor, May("subject:draft")], body: SubjectRequest
) -> SubjectView:
    """File a body as a draft: an enforcement body for itself, a legal office in its division."""
    return await _view(session, await actions.register(session, actor, body), actor)


@router.get("/{id}")
async def get_subject(
    session: ReadSession,
    actor: Annotated[Actor, May("subject:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> SubjectView:
    """One enforcement subject, now or as of a day."""
    subject = await load(session, as_of(Subject, query.as_of), id, actor)
    return (await _views(session, [subject], actor, past=query.as_of is not None))[0]


@router.patch("/{id}")
async def change_subject(
    session: Session,
    actor: Annotated[Actor, May("subject:draft")],
    id: UUID,
    body: SubjectPatch,
) -> SubjectView:
    """Change a draft; once it is published, only the legal office changes it."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.get("/{id}/history")
async def read_subject_history(
    session: ReadSession,
    actor: Annotated[Actor, May("subject:read")],
    id: UUID,
    query: Annotated[HistoryQuery, Query()],
) -> Page[HistoryEntryView]:
    """What was done to the subject, by whom and why; one entry a change.

    A move of its township to another district raises the version and leaves no entry.
    """
    rows, cursor, count = await actions.history(session, actor, id, query)
    items = [HistoryEntryView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/submit")
async def submit_subject(
    session: Session, actor: Annotated[Actor, May("subject:submit")], id: UUID
) -> SubjectView:
    """Hand the draft to the legal office for review."""
    return await _view(session, await actions.submit(session, actor, id), actor)


@router.post("/{id}/review")
async def review_subject(
    session: Session, actor: Annotated[Actor, May("subject:review")], id: UUID
) -> SubjectView:
    """Take up the review; never by the person who submitted."""
    return await _view(session, await actions.review(session, actor, id), actor)


@router.post("/{id}/return")
async def return_subject(
    session: Session, actor: Annotated[Actor, May("subject:review")], id: UUID, body: ReasonRequest
) -> SubjectView:
    """Send it back to the body as a draft, with the reason (退回)."""
    return await _view(session, await actions.send_back(session, actor, id, body.reason), actor)


@router.post("/{id}/publish")
async def publish_subject(
    session: Session, actor: Annotated[Actor, May("subject:publish")], id: UUID
) -> SubjectView:
    """Publicise the reviewed subject (公示); never by the person who submitted."""
    return await _view(session, await actions.publicise(session, actor, id), actor)


@router.post("/{id}/suspend")
async def suspend_subject(
    session: Session, actor: Annotated[Actor, May("subject:suspend")], id: UUID, body: ReasonRequest
) -> SubjectView:
    """Take a published subject's standing away for the time being."""
    return await _view(session, await actions.suspend(session, actor, id, body.reason), actor)


@router.post("/{id}/resume")
async def resume_subject(
    session: Session, actor: Annotated[Actor, May("subject:suspend")], id: UUID
) -> SubjectView:
    """Give a suspended subject its standing back: it is published again."""
    return await _view(session, await actions.resume(session, actor, id), actor)


@router.post("/{id}/revoke")
async def revoke_subject(
    session: Session, actor: Annotated[Actor, May("subject:revoke")], id: UUID, body: ReasonRequest
) -> SubjectView:
    """End a subject, or drop a draft; the credit code may then be registered again."""
    return await _view(session, await actions.revoke(session, actor, id, body.reason), actor)


@router.post("/{id}/merge")
async def merge_subject(
    session: Session, actor: Annotated[Actor, May("subject:merge")], id: UUID, body: MergeRequest
) -> SubjectView:
    """End a subject in favour of another published one."""
    subject = await actions.merge(
        session, actor, id, successor_id=body.successor_id, reason=body.reason
    )
    return await _view(session, subject, actor)


@router.post("/{id}/split")
async def split_subject(
    session: Session, actor: Annotated[Actor, May("subject:split")], id: UUID, body: SplitRequest
) -> SubjectView:
    """End a subject in favour of several published ones (分立)."""
    subject = await actions.split(
        session, actor, id, successor_ids=body.successor_ids, reason=body.reason
    )
    return await _view(session, subject, actor)
