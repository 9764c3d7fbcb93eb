"""The verbs of policies: load, decide, change, publish."""

import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.policies import rules
from services.registry.policies.schemas import (
    Article,
    ArticleQuery,
    EditionQuery,
    EditionRequest,
    PolicyPatch,
    PolicyQuery,
    PolicyRequest,
    RepealRequest,
)
from services.registry.policies.tables import Policy, PolicyArticle, PolicyEdition
from services.registry.programmes.actions import PILOT
from shared.access.actor import Actor
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.policies import (
    PolicyAmended,
    PolicyChanged,
    PolicyDrafted,
    PolicyFact,
    PolicyPublished,
    PolicyRepealed,
)
from shared.facts import publish
from shared.refusals import NotFound
from shared.search import matches
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

DATA = Path(__file__).parent / "data"
NOTICES = PILOT.parent
"""Where the full texts are that come with the system."""
SEEDED_BY = "system"

_EDITION_FIELDS = frozenset(EditionRequest.model_fields) - {"articles"}
Shown = tuple[Policy, PolicyEdition]


def _shown_on(day: date) -> Any:
    """The edition of a policy on a day; where none holds yet, the first one."""
    begun = PolicyEdition.effective_from <= day
    return (
        select(PolicyEdition.id)
        .where(PolicyEdition.policy_id == Policy.id)
        .order_by(
            case((begun, 0), else_=1),
            func.abs(PolicyEdition.effective_from - day),
        )
        .limit(1)
        .correlate(Policy)
        .scalar_subquery()
    )


def _select(actor: Actor, as_of: date | None, day: date) -> Any:
    statement = select(
        Policy, PolicyEdition, PolicyEdition.effective_from.label("effective_from")
    ).join(PolicyEdition, PolicyEdition.id == _shown_on(day))
    if as_of is not None:
        statement = statement.where(PolicyEdition.effective_from <= as_of)
    if as_of is not None or not actor.may("policy:write"):
        statement = statement.where(Policy.state != rules.PolicyState.DRAFT)
    return statement


async def page(
    session: AsyncSession, actor: Actor, query: PolicyQuery
) -> tuple[list[Shown], str | None, int | None]:
    """The policies that match in the edition of the day; drafts only for who writes them."""
    day = query.as_of or today(session)
    statement = _select(actor, query.as_of, day)
    if query.kind:
        statement = statement.where(Policy.kind == query.kind)
    if query.state:
        statement = statement.where(Policy.state == query.state)
    if query.in_force is not None:
        holds = (
            (Policy.state != rules.PolicyState.DRAFT)
            & (PolicyEdition.effective_from <= day)
            & (PolicyEdition.effective_to.is_(None) | (PolicyEdition.effective_to > day))
        )
        statement = statement.where(holds if query.in_force else ~holds)
    if query.q:
        in_an_article = exists().where(
            PolicyArticle.edition_id == PolicyEdition.id, matches(PolicyArticle, query.q)
        )
        statement = statement.where(or_(matches(PolicyEdition, query.q), in_an_article))
    columns = {
        "id": Policy.id,
        "effective_from": PolicyEdition.effective_from,
        "updated_at": Policy.updated_at,
    }
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=columns, id=Policy.id, paging=query
    )
    return [(row[0], row[1]) for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID, as_of: date | None) -> Shown:
    """One policy in the edition of a day (today), or `NotFound` if there was none by then."""
    statement = _select(actor, as_of, as_of or today(session)).where(Policy.id == id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def editions(
    session: AsyncSession, actor: Actor, id: UUID, query: EditionQuery
) -> tuple[list[PolicyEdition], str | None, int | None]:
    """Each edition of a policy."""
    await read(session, actor, id, None)
    rows, cursor, count = await paginate(
        session,
        select(PolicyEdition).where(PolicyEdition.policy_id == id),
        sort=query.sort,
        columns={"edition": PolicyEdition.edition},
        id=PolicyEdition.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def articles(
    session: AsyncSession, actor: Actor, id: UUID, query: ArticleQuery
) -> tuple[list[PolicyArticle], str | None, int | None]:
    """The articles of the edition of a day."""
    _, edition = await read(session, actor, id, query.as_of)
    statement = select(PolicyArticle).where(PolicyArticle.edition_id == edition.id)
    if query.q:
        statement = statement.where(matches(PolicyArticle, query.q))
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"position": PolicyArticle.position},
        id=PolicyArticle.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def article(
    session: AsyncSession, actor: Actor, id: UUID, number: str, as_of: date | None
) -> PolicyArticle:
    """One article of the edition of a day, or `NotFound`."""
    _, edition = await read(session, actor, id, as_of)
    found = await session.scalar(
        select(PolicyArticle).where(
            PolicyArticle.edition_id == edition.id, PolicyArticle.number == number
        )
    )
    if found is None:
        raise NotFound
    return found


async def draft(session: AsyncSession, actor: Actor, request: PolicyRequest) -> Shown:
    """File a text with its first edition."""
    policy, edition = await _file(session, request, by=actor.sub)
    _tell(session, PolicyDrafted, policy, edition)
    return policy, edition


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: PolicyPatch) -> Shown:
    """Rewrite a draft; a change that changes nothing leaves no trace."""
    policy, edition = await _take(session, id, "change")
    changed = False
    told = patch.model_dump(exclude_unset=True, exclude={"articles"})
    for name, value in told.items():
        row = edition if name in _EDITION_FIELDS else policy
        changed |= getattr(row, name) != value
        setattr(row, name, value)
    held = await _articles_of(session, edition)
    if "articles" in patch.model_fields_set and patch.articles != held:
        held, changed = patch.articles, True
        await session.execute(delete(PolicyArticle).where(PolicyArticle.edition_id == edition.id))
        _hold(session, edition, held)
    if not changed:
        return policy, edition
    rules.may_hold(
        numbers=[one.number for one in held],
        issued_on=edition.issued_on,
        effective_from=edition.effective_from,
    )
    policy.updated_at = now(session)
    await session.flush()
    _tell(session, PolicyChanged, policy, edition)
    return policy, edition


async def publicise(session: AsyncSession, id: UUID) -> Shown:
    """From now on everybody who works here reads it and may refer to it."""
    policy, edition = await _take(session, id, "publish")
    rules.may_publish(articles=len(await _articles_of(session, edition)))
    policy.state = rules.POLICY.next("publish", policy.state)
    policy.updated_at = now(session)
    await session.flush()
    _tell(session, PolicyPublished, policy, edition)
    return policy, edition


async def amend(session: AsyncSession, id: UUID, request: EditionRequest) -> Shown:
    """Another edition holds from a later day on; returns that edition."""
    policy, last = await _take(session, id, "amend")
    _check(request)
    rules.may_follow(
        effective_from=request.effective_from,
        after=last.effective_from,
        articles=len(request.articles),
    )
    policy.state = rules.POLICY.next("amend", policy.state)
    policy.updated_at = now(session)
    last.effective_to = request.effective_from
    edition = _edition(session, policy, request, number=last.edition + 1)
    await session.flush()
    _hold(session, edition, request.articles)
    await session.flush()
    _tell(session, PolicyAmended, policy, edition)
    return policy, edition


async def repeal(session: AsyncSession, id: UUID, request: RepealRequest) -> Shown:
    """From a day on it does not hold any more."""
    policy, last = await _take(session, id, "repeal")
    rules.may_repeal(repealed_on=request.repealed_on, after=last.effective_from)
    policy.state = rules.POLICY.next("repeal", policy.state)
    policy.repealed_on, policy.reason = request.repealed_on, request.reason
    policy.updated_at = now(session)
    last.effective_to = request.repealed_on
    await session.flush()
    _tell(session, PolicyRepealed, policy, last)
    return policy, last


async def load_policies(session: AsyncSession) -> int:
    """Load the texts that come with the system and are not there yet; returns how many.

    A text that is there stays as it is. They are told as backfill: they were issued long ago.
    """
    known = set(await session.scalars(select(Policy.code)))
    count = 0
    for request in seeded():
        if request.code in known:
            continue
        policy, edition = await _file(session, request, by=SEEDED_BY)
        policy.state = rules.POLICY.next("publish", policy.state)
        await session.flush()
        _tell(session, PolicyPublished, policy, edition, backfill=True)
        count += 1
    return count


def seeded() -> list[PolicyRequest]:
    """The texts of `data`; one that names a `text` has its articles there."""
    found = []
    for file in sorted(DATA.glob("*.toml")):
        for told in tomllib.loads(file.read_text("utf-8"))["policy"]:
            text = told.pop("text", None)
            if text is not None:
                source = (NOTICES / text["file"]).read_text("utf-8")
                parts = rules.sections(source, after=text["after"], issuer=told["issuer"])
                told["articles"] = [part._asdict() for part in parts]
            found.append(PolicyRequest.model_validate(told))
    return found


async def _file(session: AsyncSession, request: PolicyRequest, *, by: str) -> Shown:
    _check(request)
    moment = now(session)
    policy = Policy(
        **request.model_dump(include={"code", "kind", "issuer", "openness"}),
        state=rules.POLICY.initial,
        created_by=by,
        created_at=moment,
        updated_at=moment,
    )
    session.add(policy)
    await session.flush()
    edition = _edition(session, policy, request, number=1)
    await session.flush()
    _hold(session, edition, request.articles)
    await session.flush()
    return policy, edition


def _check(request: EditionRequest) -> None:
    rules.may_hold(
        numbers=[one.number for one in request.articles],
        issued_on=request.issued_on,
        effective_from=request.effective_from,
    )


def _edition(
    session: AsyncSession, policy: Policy, request: EditionRequest, *, number: int
) -> PolicyEdition:
    edition = PolicyEdition(
        **request.model_dump(include=set(_EDITION_FIELDS)),
        policy_id=policy.id,
        edition=number,
        created_at=now(session),
    )
    session.add(edition)
    return edition


def _hold(session: AsyncSession, edition: PolicyEdition, told: Sequence[Article]) -> None:
    session.add_all(
        PolicyArticle(edition_id=edition.id, position=position, **one.model_dump())
        for position, one in enumerate(told, 1)
    )


async def _articles_of(session: AsyncSession, edition: PolicyEdition) -> list[Article]:
    rows = await session.scalars(
        select(PolicyArticle)
        .where(PolicyArticle.edition_id == edition.id)
        .order_by(PolicyArticle.position)
    )
    return [
        Article(number=row.number, heading=row.heading, text=row.text, provisional=row.provisional)
        for row in rows
    ]


async def _take(session: AsyncSession, id: UUID, action: str) -> Shown:
    """The locked policy with its newest edition, if its state allows `action`."""
    policy = await session.get(Policy, id, with_for_update=True)
    if policy is None:
        raise NotFound
    check_precondition(id, policy.version)
    rules.POLICY.may(action, policy.state)
    newest = (
        select(PolicyEdition)
        .where(PolicyEdition.policy_id == id)
        .order_by(PolicyEdition.edition.desc())
        .limit(1)
    )
    return policy, (await session.scalars(newest)).one()


def _tell(
    session: AsyncSession,
    event: type[PolicyFact],
    policy: Policy,
    edition: PolicyEdition,
    *,
    backfill: bool = False,
) -> None:
    fact = event(
        policy_id=policy.id,
        code=policy.code,
        kind=policy.kind,
        issuer=policy.issuer,
        state=policy.state,
        edition=edition.edition,
        document_no=edition.document_no,
        title=edition.title,
        effective_from=edition.effective_from,
        repealed_on=policy.repealed_on,
    )
    publish(session, fact, at=Scope(), backfill=backfill)
