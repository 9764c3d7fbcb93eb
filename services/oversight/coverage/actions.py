"""Reading coverage: now, or as it stood at the end of a day."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.coverage.schemas import GapsQuery
from services.oversight.coverage_counts.rules import CoverageKind
from services.oversight.coverage_counts.tables import CoverageGap, CoverageShare
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.db import Statements
from shared.figures import PLACES, key_of, place_filters
from shared.law.calendar import end_of
from shared.law.places import CITY, in_division
from shared.web.paging import paginate

By = Literal["district", "township", "division", "domain"]
_PLACES = {one.key: one for one in PLACES}
_share, _gap = CoverageShare, CoverageGap


class Share(NamedTuple):
    """How much is covered of what should be."""

    covered: int = 0
    total: int = 0


class Asked(NamedTuple):
    """Of what: those in a division or domain, as of a day."""

    actor: Actor
    day: date | None = None
    division: str | None = None
    domain: str | None = None
    by: By | None = None

    @property
    def place(self) -> str:
        """The division whose domains are asked for."""
        return self.division or self.actor.division or CITY

    def gaps(self, kind: CoverageKind, group: str | None = None) -> str:
        """The list of exactly what is missing."""
        query = {"kind": kind.value}
        if self.day is not None:
            query["as_of"] = self.day.isoformat()
        domain = group if self.by == "domain" and group else self.domain
        if domain is not None:
            query["domain"] = domain
        place = None if self.by == "domain" else group
        if kind is CoverageKind.DOMAINS:
            query |= {"division": place or self.place, "direct": "true"}
        else:
            query |= place_filters(self.division, _PLACES.get(self.by or ""), place)
        return f"/oversight/v1/coverage/gaps?{urlencode(query)}"


async def shares(
    session: Statements, asked: Asked
) -> dict[CoverageKind, tuple[Share, dict[str, Share]]]:
    """The five coverages for what the caller sees: in total, and by place or domain."""
    found: dict[CoverageKind, tuple[Share, dict[str, Share]]] = {
        kind: (Share(), {}) for kind in CoverageKind
    }
    found |= await _of_bodies(session, asked)
    found[CoverageKind.DOMAINS] = await _of_domains(session, asked)
    return found


async def _of_bodies(
    session: Statements, asked: Asked
) -> dict[CoverageKind, tuple[Share, dict[str, Share]]]:
    in_question = _held(asked.day), visible(_share, asked.actor), _within(_share, asked)
    sums = (
        func.sum(_share.covered).label("covered"),
        func.sum(_share.total).label("total"),
    )
    statement = (
        select(_share.kind, _key(asked).label("key"), *sums)
        .where(*in_question, _share.organisation.is_not(None))
        .group_by(literal_column("1"), literal_column("2"))
    )
    found: dict[CoverageKind, tuple[Share, dict[str, Share]]] = {}
    for row in (await session.execute(statement)).all():
        whole, groups = found.setdefault(CoverageKind(row.kind), (Share(), {}))
        share = Share(int(row.covered), int(row.total))
        if row.key is not None:
            groups[row.key] = share
        summed = Share(whole.covered + share.covered, whole.total + share.total)
        found[CoverageKind(row.kind)] = (summed, groups)
    if asked.by == "domain":
        # A body of several domains stands in several groups, and once in the total.
        whole_of = await _of_bodies(session, asked._replace(by=None))
        found = {kind: (whole_of[kind][0], groups) for kind, (_, groups) in found.items()}
    return found


async def _of_domains(session: Statements, asked: Asked) -> tuple[Share, dict[str, Share]]:
    """Of the division itself; by district those of the districts, by domain each domain."""
    statement = select(_share.unit, _share.covered, _share.total, _share.domains).where(
        _share.kind == CoverageKind.DOMAINS, _held(asked.day), visible(_share, asked.actor)
    )
    if asked.by not in ("district", "division"):
        statement = statement.where(_share.unit == asked.place)
    rows = {row.unit: row for row in await session.execute(statement)}
    if asked.domain is None and asked.by != "domain":
        told = {unit: Share(row.covered, row.total) for unit, row in rows.items()}
    else:
        missing = await _domains_missing(session, asked)
        told = {
            unit: _of_one(row.domains, asked.domain, missing.get(unit, set()))
            for unit, row in rows.items()
        }
        if asked.by == "domain" and (row := rows.get(asked.place)):
            short = missing.get(asked.place, set())
            wanted = [one for one in row.domains if asked.domain in (None, one)]
            return told[asked.place], {one: Share(int(one not in short), 1) for one in wanted}
    groups = {
        unit: share
        for unit, share in told.items()
        if asked.by in ("district", "division") and asked.division in (None, CITY, unit)
    }
    return told.get(asked.place, Share()), groups


def _of_one(needed: Sequence[str], domain: str | None, missing: set[str]) -> Share:
    if domain is None:
        return Share(len(needed) - len(missing), len(needed))
    return Share(int(domain not in missing), 1) if domain in needed else Share()


async def _domains_missing(session: Statements, asked: Asked) -> dict[str, set[str]]:
    rows = await session.execute(
        select(_gap.unit, _gap.ref).where(
            _gap.kind == CoverageKind.DOMAINS, _open(asked.day), visible(_gap, asked.actor)
        )
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.unit, set()).add(row.ref)
    return found


def _key(asked: Asked) -> ColumnElement[Any]:
    if asked.by is None:
        return literal_column("NULL::text")
    if asked.by == "domain":
        return func.unnest(_share.domains)
    return key_of(_share, _PLACES[asked.by], asked.day)


def _within(table: Any, asked: Asked) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [literal_column("true")]
    if asked.division is not None:
        conditions.append(in_division(table, asked.division, asked.day))
    if asked.domain is not None:
        conditions.append(table.domains.contains([asked.domain]))
    return and_(*conditions)


def _held(day: date | None) -> ColumnElement[bool]:
    """The rows that hold now, or held at the end of a day."""
    if day is None:
        return _share.until.is_(None)
    return and_(_share.since <= day, or_(_share.until.is_(None), _share.until > day))


def _open(day: date | None) -> ColumnElement[bool]:
    if day is None:
        return _gap.closed_at.is_(None)
    end = end_of(day)
    return and_(_gap.found_at < end, or_(_gap.closed_at.is_(None), _gap.closed_at >= end))


async def gaps(
    session: AsyncSession, actor: Actor, query: GapsQuery
) -> tuple[list[CoverageGap], str | None, int | None]:
    """What is missing for the caller, one page of it."""
    statement = select(_gap).where(visible(_gap, actor), _open(query.as_of))
    for name in ("kind", "reason", "organisation"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(_gap, name) == value)
    if query.division is not None:
        place = in_division(_gap, query.division, query.as_of, direct=query.direct)
        statement = statement.where(place)
    if query.domain is not None:
        statement = statement.where(_gap.domains.contains([query.domain]))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns={"id": _gap.id}, id=_gap.id, paging=query
    )
    return [row[0] for row in rows], cursor, count
