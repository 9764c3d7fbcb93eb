"""Templates over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from services.notify.forwarding import actions as forwarding
from services.notify.templates import actions
from services.notify.templates.schemas import (
    AboutRequest,
    TemplatePatch,
    TemplateQuery,
    TemplateRequest,
    TemplateView,
    WordsView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/notify/v1/templates", "templates")

Writer = Annotated[Actor, May("template:write")]
Other = Annotated[Actor, May("template:activate")]


@router.get("")
async def list_templates(
    session: ReadSession, actor: Writer, query: Annotated[TemplateQuery, Query()]
) -> Page[TemplateView]:
    """The installation's own words for what goes out beside the inbox (消息模板), every edition.

    Where there is none in use, the words that are delivered with the system go out.
    """
    rows, cursor, count = await actions.page(session, query)
    items = [TemplateView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def write_template(session: Session, actor: Writer, body: TemplateRequest) -> TemplateView:
    """Write an edition. It can name `title`, `text`, `link`, `kind`, `urgency`, `occurred_at`; of
    `confidential` not title and text; of `code` only `code` and `minutes`."""
    return TemplateView.of(await actions.write(session, actor, body), actor)


@router.get("/{id}")
async def get_template(session: ReadSession, actor: Writer, id: UUID) -> TemplateView:
    """One edition."""
    return TemplateView.of(await actions.read(session, id), actor)


@router.patch("/{id}")
async def change_template(
    session: Session, actor: Writer, id: UUID, body: TemplatePatch
) -> TemplateView:
    """Change a draft."""
    return TemplateView.of(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/activate")
async def activate_template(session: Session, actor: Other, id: UUID) -> TemplateView:
    """Put a draft into use: by another person than who wrote it."""
    return TemplateView.of(await actions.activate(session, actor, id), actor)


@router.post("/{id}/retire")
async def retire_template(session: Session, actor: Writer, id: UUID) -> TemplateView:
    """Take an edition out of use."""
    return TemplateView.of(await actions.retire(session, actor, id), actor)


@router.post("/{id}/preview")
async def preview_template(
    session: ReadSession, actor: Writer, request: Request, id: UUID, body: AboutRequest
) -> WordsView:
    """How it reads, filled in with a message of the caller's inbox."""
    url = request.app.state.settings.public_url
    _, title, text = await actions.preview(session, actor, id, body.message_id, public_url=url)
    return WordsView(title=title, text=text)


@router.post("/{id}/test", status_code=202)
async def test_template(
    session: Session, actor: Writer, request: Request, id: UUID, body: AboutRequest
) -> WordsView:
    """Send it, filled in so, to the caller's own proven address on its channel."""
    url = request.app.state.settings.public_url
    row, title, text = await actions.preview(session, actor, id, body.message_id, public_url=url)
    await forwarding.send_test(session, actor, row.channel, title, text)
    return WordsView(title=title, text=text)
