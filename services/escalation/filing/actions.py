"""An issue, its history, its fact and its timer are written in one statement."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.filing.tables import ISSUE_NUMBER, IssueYear
from services.escalation.issues.rules import (
    EDITIONS,
    NUMBER,
    PROTECTED,
    SYSTEM,
    IssueKind,
    IssueState,
)
from services.escalation.issues.tables import Issue
from services.escalation.ladder.actions import DUE_SOON, REPLY_DUE, fact, reply_due, soon
from services.escalation.ladder.rules import IssueAction
from services.escalation.ladder.tables import IssueHistory
from services.escalation.routing.actions import first_level
from shared.access.actor import Actor, Role
from shared.access.visibility import sees_scope
from shared.clock import now, today
from shared.db import Scope, Statements, new_id
from shared.events.escalation.issues import IssueRaised
from shared.facts import record
from shared.facts.tables import Outbox
from shared.law.divisions import DivisionUnknown
from shared.law.tables import Division, scope_of
from shared.refusals import Conflict
from shared.timers import Timer

_issue: Table = Issue.__table__  # type: ignore[assignment]
_divisions: Table = Division.__table__  # type: ignore[assignment]
_years: Table = IssueYear.__table__  # type: ignore[assignment]
_WRITTEN = [column for column in _issue.c if column.name not in {"number", "urgency"}]

_FACT = ("event_id", "type", "audience", "nats_subject")

_scopes: dict[str, Scope] = {}
"""Where divisions belonged when last asked. Not trusted: the statement looks if it is still so."""


def _statement() -> Select[Any]:
    """Writes nothing if the division is not where it was, or if the year has no numbers yet.

    The number is known only here, so the fact's text comes with a mark in its place.
    """
    division, year = _divisions.c, _years.c
    given = {column.name: bindparam(column.name, type_=column.type) for column in _WRITTEN}
    count = cast(func.nextval(ISSUE_NUMBER.name) - year.base, Text)
    on = bindparam("on", type_=Date)
    made = (
        insert(_issue)
        .from_select(
            [*given, "number"],
            select(*given.values(), _text("prefix").concat(count).concat(_text("suffix")))
            .select_from(_divisions.join(_years, year.year == bindparam("year", type_=Integer)))
            .where(
                division.code == given["division"],
                division.parent.is_not_distinct_from(_text("parent")),
                division.valid_from <= on,
                or_(division.valid_to.is_(None), division.valid_to > on),
            ),
        )
        .returning(_issue.c.id, _issue.c.number)
        .cte("made")
    )
    line = {
        "id": bindparam("line_id", type_=IssueHistory.id.type),
        "issue_id": made.c.id,
        "at": given["created_at"],
        "by": given["created_by"],
        "by_name": _text("by_name"),
        "action": literal(IssueAction.RAISE.value, Text),
        "to_state": given["state"],
        "to_level": given["level"],
        "due_at": given["due_at"],
    }
    body = func.replace(_text("fact_event"), _text("mark"), made.c.number)
    told = {
        "event_id": bindparam("fact_event_id", type_=Outbox.event_id.type),
        "type": _text("fact_type"),
        "audience": _text("fact_audience"),
        "nats_subject": _text("fact_nats_subject"),
        "district": given["district"],
        "township": given["township"],
        "parties": given["parties"],
        "event": func.convert_to(body, literal("UTF8", Text)),
    }
    remind_at = bindparam("remind_at", type_=given["due_at"].type)
    timed, reminded = (
        {
            "kind": literal(kind, Text),
            "ref": made.c.id,
            "due_at": at,
            "attempts": literal(0, Integer),
            "next_attempt_at": at,
        }
        for kind, at in ((REPLY_DUE, given["due_at"]), (DUE_SOON, remind_at))
    )
    also = [
        insert(kind).from_select([*values], select(*values.values()).select_from(made)).cte(name)
        for name, kind, values in (
            ("noted", IssueHistory, line),
            ("told", Outbox, told),
            ("timed", Timer, timed),
            ("reminded", Timer, reminded),
        )
    ]
    return select(made.c.number).add_cte(*also)


def _text(name: str) -> Any:
    return bindparam(name, type_=Text)


_FILE = _statement()


async def file(
    session: AsyncSession | Statements, values: dict[str, Any], *, actor: Actor | None
) -> SimpleNamespace:
    """File an issue with `values`; `actor` None is the system, which may do so anywhere.

    What comes back has the columns of an `Issue` as they were written, and is in no session.
    """
    for asked_anew in (False, True):
        scope = _scopes.get(values["division"])
        if scope is None or asked_anew:
            scope = _scopes[values["division"]] = await scope_of(session, values["division"])
        if actor is not None and not _covers(actor, scope):
            if asked_anew:
                raise DivisionUnknown(division=values["division"], on=today(session).isoformat())
            continue
        issue = await _drafted(session, values, scope, actor)
        if await _filed(session, issue, scope, actor):
            return issue
        await _begin_year(session)
    raise Conflict


async def _drafted(
    session: AsyncSession | Statements,
    values: dict[str, Any],
    scope: Scope,
    actor: Actor | None,
) -> SimpleNamespace:
    moment = now(session)
    routed = await first_level(session, values, scope.district)
    term = await reply_due(session, routed.level, moment)
    return SimpleNamespace(
        **{column.name: None for column in _WRITTEN}
        | {"parties": [], "domains": [], "legal_basis": [], "measures": []}
        | {"id": new_id(), "version": 1, "state": IssueState.RAISED, "level": routed.level}
        | {"due_at": term.due.at, "due_provisional": term.due.provisional, "arrived_at": moment}
        | {"counted": term.counted.model_dump(mode="json"), "counted_from": moment}
        | {"extended": False, "urges": 0, "edition": EDITIONS.current, "routed_by": routed.by}
        | {"created_at": moment, "created_by": actor.sub if actor else SYSTEM}
        | {"district": scope.district, "township": scope.township}
        | values
    )


def _covers(actor: Actor, scope: Scope) -> bool:
    # A lay monitor raises where appointed, and sees no more of that place than what they raised.
    return sees_scope(actor, scope.district, scope.township) or (
        Role.LAY_MONITOR in actor.roles and actor.division in scope
    )


async def _filed(
    session: AsyncSession | Statements,
    issue: SimpleNamespace,
    scope: Scope,
    actor: Actor | None,
) -> bool:
    remind_at = issue.due_at - await soon(session)
    # Nobody can have written the mark into a title: the id was made a moment ago.
    issue.number = mark = f"<{issue.id.hex}>"
    by_name = actor.name if actor else "系统"
    event = record(session, fact(IssueRaised, issue), scope, actor=_told_of(issue, actor))
    on = today(session)
    told = {f"fact_{name}": event[name] for name in _FACT}
    body = event["event"]
    assert isinstance(body, bytes)
    number = await session.scalar(
        _FILE,
        vars(issue)
        | told
        | {"fact_event": body.decode(), "mark": mark}
        | {"prefix": NUMBER[0].format(year=on.year), "suffix": NUMBER[1]}
        | {"line_id": new_id(), "by_name": by_name, "remind_at": remind_at}
        | {"on": on, "year": on.year, "parent": _parent(scope)},
    )
    if number is None:
        return False
    issue.number = number
    session.info["facts"] = True
    return True


def _told_of(issue: SimpleNamespace, actor: Actor | None) -> str | None:
    """Who the fact says raised it: of a complaint or a lead nobody outside learns by whom."""
    if actor is None:
        return None
    protected = issue.kind == IssueKind.COMPLAINT or issue.source in PROTECTED
    return "protected" if protected or Role.LAY_MONITOR in actor.roles else actor.sub


def _parent(scope: Scope) -> str | None:
    if scope.township:
        return scope.district
    return scope.city if scope.district else None


async def _begin_year(session: AsyncSession | Statements) -> None:
    # Read and not taken from the sequence: whoever comes second here must leave no gap.
    sequence = table(ISSUE_NUMBER.name, column("last_value"), column("is_called"))
    last = sequence.c.last_value - case((sequence.c.is_called, 0), else_=1)
    await session.execute(
        insert(IssueYear)
        .from_select(["year", "base"], select(literal(today(session).year, Integer), last))
        .on_conflict_do_nothing()
    )
