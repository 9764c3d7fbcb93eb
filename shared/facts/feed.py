"""The log as a feed: facts behind a place, in order, of those that the reader may see."""

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from shared.access.actor import Actor
from shared.access.visibility import scoped_by, visible
from shared.db import Database
from shared.events import Audience
from shared.facts.tables import EventLog, RelayCursor
from shared.retries import Bell

PUBLIC: frozenset[Audience] = frozenset({"public"})
AUDIT: frozenset[Audience] = frozenset({"public", "internal", "audit"})


def readable(actor: Actor) -> tuple[frozenset[Audience], ColumnElement[bool]]:
    """Which facts a caller may read: audiences, and the criterion for the rows of the log."""
    if actor.may("event:audit"):
        # The auditor sees no business data, but the whole trail of what was done and by whom.
        return AUDIT, scoped_by(EventLog, true())
    return PUBLIC, visible(EventLog, actor)


class FeedRow(NamedTuple):
    log_index: int
    event: bytes
    """The CloudEvent as JSON."""


class FeedPage(NamedTuple):
    rows: Sequence[FeedRow]
    next_after: int
    """Where to go on: behind the last row, or behind all that was looked at in vain. Less than was
    asked for if the log ends before that place."""


async def read_feed(
    session: AsyncSession,
    *,
    after: int,
    limit: int,
    criterion: ColumnElement[bool],
    audiences: Collection[Audience] = PUBLIC,
) -> FeedPage:
    """At most `limit` facts behind log index `after` (-1 for all) that `criterion` lets through."""
    # The log and its end grow in one transaction and in order: whatever is before `end` is there
    # for the second statement.
    end = await session.scalar(select(RelayCursor.next_log_index)) or 0
    if end <= after + 1:
        return FeedPage((), end - 1)
    found = await session.execute(
        select(EventLog.log_index, EventLog.event)
        .where(
            EventLog.log_index > after,
            EventLog.log_index < end,
            EventLog.audience.in_(audiences),
            criterion,
        )
        .order_by(EventLog.log_index)
        .limit(limit)
    )
    rows = [FeedRow(*row) for row in found]
    return FeedPage(rows, rows[-1].log_index if len(rows) == limit else end - 1)


async def follow(
    database: Database,
    news: Bell,
    *,
    after: int,
    criterion: ColumnElement[bool],
    audiences: Collection[Audience] = PUBLIC,
    limit: int = 100,
    idle: float = 15.0,
) -> AsyncGenerator[FeedPage, None]:
    """Pages of facts as they come; an empty page after `idle` seconds without any.

    A session is open only while a page is read. `news` rings when the log has grown (`Spine.news`);
    the caller uses the empty pages to say that it is still there and to check its expiry.
    """
    while True:
        rings = news.rings
        async with database.readers() as session:
            page = await read_feed(
                session, after=after, limit=limit, criterion=criterion, audiences=audiences
            )
        if page.rows:
            yield page
        after = page.next_after
        if len(page.rows) < limit and not await news.after(rings, idle):
            yield FeedPage((), after)
