"""Policies over HTTP: see `policies.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.registry.policies import actions
from services.registry.policies.schemas import (
    ArticleNumber,
    ArticleQuery,
    ArticleView,
    EditionQuery,
    EditionRequest,
    EditionView,
    PolicyPatch,
    PolicyQuery,
    PolicyRequest,
    PolicyView,
    RepealRequest,
)
from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import ReadSession, Session
from shared.past import AsOfQuery
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/policies", "policies")


@router.get("")
async def list_policies(
    session: ReadSession,
    actor: Annotated[Actor, May("policy:read")],
    query: Annotated[PolicyQuery, Query()],
) -> Page[PolicyView]:
    """The legal and policy texts (政策法规) that everything refers to, in the edition of a day.

    `q` finds any two characters of a title, a number or an article.
    """
    rows, cursor, count = await actions.page(session, actor, query)
    on, past = query.as_of or today(session), query.as_of is not None
    items = [PolicyView.of(*row, actor, on=on, past=past) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def draft_policy(
    session: Session, actor: Annotated[Actor, May("policy:write")], body: PolicyRequest
) -> PolicyView:
    """File a text as a draft, with its articles; only who writes policies sees it until then."""
    shown = await actions.draft(session, actor, body)
    return PolicyView.of(*shown, actor, on=today(session))


@router.get("/{id}")
async def get_policy(
    session: ReadSession,
    actor: Annotated[Actor, May("policy:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> PolicyView:
    """One text in the edition that holds today, or held on a day."""
    shown = await actions.read(session, actor, id, query.as_of)
    on, past = query.as_of or today(session), query.as_of is not None
    return PolicyView.of(*shown, actor, on=on, past=past)


@router.patch("/{id}")
async def change_policy(
    session: Session, actor: Annotated[Actor, May("policy:write")], id: UUID, body: PolicyPatch
) -> PolicyView:
    """Rewrite a draft; what is published is amended instead."""
    shown = await actions.change(session, actor, id, body)
    return PolicyView.of(*shown, actor, on=today(session))


@router.post("/{id}/publish")
async def publish_policy(
    session: Session, actor: Annotated[Actor, May("policy:write")], id: UUID
) -> PolicyView:
    """Publish a draft: every role reads it, and rules of law may refer to its articles."""
    shown = await actions.publicise(session, id)
    return PolicyView.of(*shown, actor, on=today(session))


@router.post("/{id}/amend")
async def amend_policy(
    session: Session,
    actor: Annotated[Actor, May("policy:write")],
    id: UUID,
    body: EditionRequest,
) -> PolicyView:
    """Another edition (修改) takes the place of the one before on a day; both stay readable."""
    shown = await actions.amend(session, id, body)
    return PolicyView.of(*shown, actor, on=today(session))


@router.post("/{id}/repeal")
async def repeal_policy(
    session: Session, actor: Annotated[Actor, May("policy:write")], id: UUID, body: RepealRequest
) -> PolicyView:
    """From a day on the text does not hold any more (废止)."""
    shown = await actions.repeal(session, id, body)
    return PolicyView.of(*shown, actor, on=today(session))


@router.get("/{id}/editions")
async def list_policy_editions(
    session: ReadSession,
    actor: Annotated[Actor, May("policy:read")],
    id: UUID,
    query: Annotated[EditionQuery, Query()],
) -> Page[EditionView]:
    """Every edition of a text, with the days from which and to which it holds."""
    rows, cursor, count = await actions.editions(session, actor, id, query)
    items = [EditionView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}/articles")
async def list_policy_articles(
    session: ReadSession,
    actor: Annotated[Actor, May("policy:read")],
    id: UUID,
    query: Annotated[ArticleQuery, Query()],
) -> Page[ArticleView]:
    """The articles (条款) of the edition that holds today, or held on a day."""
    rows, cursor, count = await actions.articles(session, actor, id, query)
    items = [ArticleView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}/articles/{number}")
async def get_policy_article(
    session: ReadSession,
    actor: Annotated[Actor, May("policy:read")],
    id: UUID,
    number: Annotated[ArticleNumber, Path()],
    query: Annotated[AsOfQuery, Query()],
) -> ArticleView:
    """One article, by the number that the text gives it: `第七条`, `四(一)`."""
    found = await actions.article(session, actor, id, number, query.as_of)
    return ArticleView.model_validate(found)
