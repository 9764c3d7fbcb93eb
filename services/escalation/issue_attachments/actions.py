"""The verbs of an issue's files: take one in, give it out."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.issue_attachments import rules
from services.escalation.issue_attachments.rules import IssueAttachmentKind, Part
from services.escalation.issue_attachments.schemas import (
    IssueAttachmentQuery,
    IssueAttachmentUpload,
)
from services.escalation.issue_attachments.tables import IssueAttachment, key_of
from services.escalation.issues.tables import Issue, issues_seen_by
from services.escalation.ladder.actions import fact, note
from services.escalation.ladder.rules import IssueAction, is_holder, level_of_division
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now
from shared.db import Database, new_id
from shared.events.escalation.issues import IssueAttached
from shared.facts import publish
from shared.files.store import store_of
from shared.files.taking import take_in
from shared.refusals import NotFound
from shared.web.paging import paginate

SWEEP = "issue_attachment.sweep"
"""The timer of an upload: whatever is left of one that broke off is taken out again."""


async def attach(
    database: Database,
    session: AsyncSession,
    actor: Actor,
    request: IssueAttachmentUpload,
    *,
    media_type: str,
    pieces: AsyncIterator[bytes],
) -> IssueAttachment:
    """Keep a file of an issue, and note it in the issue's history."""
    id = new_id()

    async def may(early: AsyncSession) -> None:
        await _attachable(early, actor, request.issue_id, lock=False)

    written = await take_in(
        database,
        session,
        key_of(id),
        name=request.name,
        media_type=media_type,
        pieces=pieces,
        may=may,
        sweep=(SWEEP, id),
    )
    # Once more: it may be over by now.
    issue = await _attachable(session, actor, request.issue_id, lock=True)
    row = IssueAttachment(
        id=id,
        **request.model_dump(),
        media_type=media_type,
        size=written.size,
        sha256=written.sha256,
        added_at=now(session),
        added_by=actor.sub,
        added_by_name=actor.name,
    )
    session.add(row)
    told = f"{IssueAttachmentKind(request.kind).label}:{request.name}"
    note(session, issue, IssueAction.ATTACH, actor=actor, text=told)
    await session.flush()
    more = {"attachment_id": id, "attachment_kind": request.kind, "sha256": written.sha256}
    publish(session, fact(IssueAttached, issue, **more), issue)
    return row


async def page(
    session: AsyncSession, actor: Actor, query: IssueAttachmentQuery
) -> tuple[Sequence[Row[Any]], str | None, int | None]:
    """A page of the files of an issue that the caller may read."""
    await _issue(session, actor, query.issue_id)
    return await paginate(
        session,
        select(IssueAttachment).where(IssueAttachment.issue_id == query.issue_id),
        sort=query.sort,
        columns={"id": IssueAttachment.id},
        id=IssueAttachment.id,
        paging=query,
    )


async def read(session: AsyncSession, actor: Actor, id: UUID) -> IssueAttachment:
    """A file of an issue that the caller may read."""
    row = await session.get(IssueAttachment, id)
    if row is None:
        raise NotFound
    await _issue(session, actor, row.issue_id)
    return row


async def sweep(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: take out the file of an upload that never became known."""
    if await session.get(IssueAttachment, ref) is None:
        await store_of(session).remove(key_of(ref))


async def _issue(session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False) -> Issue:
    return await load(session, Issue, id, actor, lock=lock, seen=issues_seen_by(Issue, actor))


async def _attachable(session: AsyncSession, actor: Actor, id: UUID, *, lock: bool) -> Issue:
    """The issue, if the caller may add to it; else it is not found, or refused."""
    issue = await _issue(session, actor, id, lock=lock)
    own, began = (actor.roles, actor.division), level_of_division(issue.division)
    part = Part(
        holds=is_holder(issue.level, issue.scope, *own),
        began=is_holder(began, issue.scope, *own),
        raised=issue.created_by == actor.sub,
        works_on=actor.organisation is not None and actor.organisation in issue.parties,
    )
    rules.may_attach(issue.state, part)
    return issue
