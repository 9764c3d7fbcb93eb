"""The verbs of templates: write, activate, retire; the words that are in use."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.adapters.words import BrokenWords, Words
from services.notify.gateways.rules import Channel
from services.notify.messages import actions as messages
from services.notify.messages.tables import Message
from services.notify.templates import rules
from services.notify.templates.rules import TemplateState
from services.notify.templates.schemas import TemplatePatch, TemplateQuery, TemplateRequest
from services.notify.templates.tables import Template
from shared.access.actor import Actor
from shared.clock import now
from shared.db import Scope
from shared.events.notify.templates import TemplateChanged
from shared.facts import publish
from shared.refusals import NotFound
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

DELIVERED = Path(__file__).parent / "data" / "templates.toml"


@cache
def delivered() -> Mapping[tuple[str, str], Words]:
    """The words that come with this release, by name and channel."""
    found = tomllib.loads(DELIVERED.read_text(encoding="utf-8"))["template"]
    return {(one["name"], one["channel"]): Words(one["title"], one["text"]) for one in found}


async def words(session: AsyncSession, name: str, channel: Channel) -> Words:
    """Those in use: the installation's own, or as they are delivered."""
    return (await all_words(session))[name, channel.value]


async def all_words(session: AsyncSession) -> Mapping[tuple[str, str], Words]:
    """All that are in use, by name and channel."""
    own = await session.scalars(select(Template).where(Template.state == TemplateState.ACTIVE))
    return {**delivered(), **{(row.name, row.channel): Words(row.title, row.text) for row in own}}


def _name_for(message: Message) -> str:
    return "confidential" if message.confidential else "message"


def filled(
    found: Mapping[tuple[str, str], Words], message: Message, channel: Channel, *, public_url: str
) -> tuple[str, str]:
    """Title and text about a message; by the delivered words if an own edition fails on it."""
    name = _name_for(message)
    told = rules.blanks(name, context(message, public_url=public_url))
    try:
        return found[name, channel.value].render(told)
    except BrokenWords:
        return delivered()[name, channel.value].render(told)


def context(message: Message, *, public_url: str) -> Mapping[str, object]:
    """What the words about a message can name."""
    return rules.context(
        title=message.title,
        body=message.body,
        link=f"{public_url}{message.link}",
        kind=message.kind,
        urgency=message.urgency,
        occurred_at=message.occurred_at,
    )


async def page(
    session: AsyncSession, query: TemplateQuery
) -> tuple[list[Template], str | None, int | None]:
    """Editions of the installation."""
    statement = select(Template)
    for name in ("name", "channel", "state"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(Template, name) == value.value)
    rows, cursor, count = await paginate(
        session, statement, sort="-id", columns={"id": Template.id}, id=Template.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, id: UUID) -> Template:
    row = await session.get(Template, id)
    if row is None:
        raise NotFound
    return row


async def write(session: AsyncSession, actor: Actor, request: TemplateRequest) -> Template:
    """A new edition; it has to do with what it will be given."""
    _check(request.name, Words(request.title, request.text))
    moment = now(session)
    edition = await session.scalar(
        select(func.coalesce(func.max(Template.edition), 0) + 1).where(
            Template.name == request.name.value, Template.channel == request.channel.value
        )
    )
    row = Template(
        name=request.name.value,
        channel=request.channel.value,
        language=request.language,
        edition=edition,
        title=request.title,
        text=request.text,
        state=rules.LIFECYCLE.initial,
        written_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    return await _done(session, actor, row, "write")


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: TemplatePatch) -> Template:
    """Change a draft; whoever changes it has written it."""
    row = await _step(session, id, "change")
    told = patch.model_dump(exclude_none=True)
    for name, value in told.items():
        setattr(row, name, value)
    if not session.is_modified(row):
        return row
    _check(row.name, Words(row.title, row.text))
    row.written_by = actor.sub
    return await _done(session, actor, row, "change")


async def activate(session: AsyncSession, actor: Actor, id: UUID) -> Template:
    """Put a draft into use; the edition before it is retired."""
    row = await _load(session, id)
    state = rules.LIFECYCLE.next("activate", row.state)
    rules.may_activate(author=row.written_by, by=actor.sub)
    former = await session.scalar(
        select(Template)
        .where(
            Template.name == row.name,
            Template.channel == row.channel,
            Template.state == TemplateState.ACTIVE,
            Template.id != id,
        )
        .with_for_update()
    )
    if former is not None:
        former.state = rules.LIFECYCLE.next("supersede", former.state)
        await session.flush()  # before the other becomes the one in use
    row.state = state
    row.activated_by = actor.sub
    return await _done(session, actor, row, "activate")


async def retire(session: AsyncSession, actor: Actor, id: UUID) -> Template:
    """Take an edition out of use: without another one, the delivered words go out."""
    return await _done(session, actor, await _step(session, id, "retire"), "retire")


async def preview(
    session: AsyncSession, actor: Actor, id: UUID, message_id: UUID, *, public_url: str
) -> tuple[Template, str, str]:
    """A template filled in with a message of the caller's; what is confidential leaves its words
    out here too, and is no sample for the template of those that are not."""
    row = await read(session, id)
    message, _ = await messages.find(session, actor, message_id)
    told = context(message, public_url=public_url)
    for name in (row.name, _name_for(message)):
        told = rules.blanks(name, told)
    if row.name == rules.TemplateName.CODE:
        told = rules.SAMPLES["code"]
    try:
        title, text = Words(row.title, row.text).render(told)
    except BrokenWords as broken:
        raise rules.TemplateInvalid(why=str(broken)) from None
    return row, title, text


def _check(name: str, found: Words) -> None:
    try:
        found.render(rules.SAMPLES[str(name)])
    except BrokenWords as broken:
        raise rules.TemplateInvalid(why=str(broken)) from None


async def _load(session: AsyncSession, id: UUID) -> Template:
    row = await session.get(Template, id, with_for_update=True)
    if row is None:
        raise NotFound
    check_precondition(id, row.version)
    return row


async def _step(session: AsyncSession, id: UUID, action: str) -> Template:
    row = await _load(session, id)
    row.state = rules.LIFECYCLE.next(action, row.state)
    return row


async def _done(session: AsyncSession, actor: Actor, row: Template, action: str) -> Template:
    row.updated_at = now(session)
    await session.flush()
    fact = TemplateChanged(
        template_id=row.id,
        name=row.name,
        channel=row.channel,
        edition=row.edition,
        state=row.state,
        action=action,
        by=actor.sub,
    )
    publish(session, fact, at=Scope())
    return row
