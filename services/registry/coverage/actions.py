"""How far powers, domains, subjects and officers are covered, now or as of a day.

What is counted and what the lists of the gaps show is told by the same criteria.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates.tables import Certificate
from services.registry.coverage.rules import CoverageKind, Presence, is_covered
from services.registry.officers.actions import is_certified, needs_certificate, with_certificate
from services.registry.officers.tables import Officer
from services.registry.powers.actions import claimed, is_in_force
from services.registry.powers.tables import Power
from services.registry.subjects.actions import is_published, known
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.clock import today
from shared.db import Statements
from shared.figures import Dimension, key_of, place_filters
from shared.law.places import in_division
from shared.law.tables import rule
from shared.past import as_of

DOMAINS_RULE = "coverage.domains"

_GAPS = {
    CoverageKind.POWERS: ("/registry/v1/powers", "in_force"),
    CoverageKind.DOMAINS: ("/registry/v1/coverage/domains", "covered"),
    CoverageKind.SUBJECTS: ("/registry/v1/subjects", "published"),
    CoverageKind.OFFICERS: ("/registry/v1/officers", "certified"),
}


class Asked(NamedTuple):
    """Of which rows: those in a division, or of its own, as of a day."""

    actor: Actor
    day: date | None = None
    division: str | None = None
    direct: bool = False
    by: Dimension | None = None

    def key(self, table: Any) -> ColumnElement[Any]:
        if self.by is None:
            return literal_column("NULL::text")
        return key_of(table, self.by, self.day)

    def within(self, table: Any) -> ColumnElement[bool]:
        if self.division is None:
            return literal_column("true")
        return in_division(table, self.division, self.day, direct=self.direct)

    def gaps(self, kind: CoverageKind, group: str | None = None) -> str:
        """The list of exactly what is missing."""
        path, covered = _GAPS[kind]
        query = {covered: "false"}
        if self.day is not None:
            query["as_of"] = self.day.isoformat()
        query |= place_filters(self.division, self.by, group)
        return f"{path}?{urlencode(query)}"


class Share(NamedTuple):
    """How much is covered of what should be."""

    numerator: int = 0
    denominator: int = 0

    def __add__(self, other: object) -> "Share":
        if not isinstance(other, Share):
            return NotImplemented
        return Share(self.numerator + other.numerator, self.denominator + other.denominator)


class Coverage(NamedTuple):
    kind: CoverageKind
    total: Share
    groups: Mapping[str, Share]


async def coverages(session: AsyncSession | Statements, asked: Asked) -> list[Coverage]:
    """The registry's share of the five full coverages, for what the caller sees."""
    on = asked.day or today(session)
    powers = await _shares(session, _powers(asked))
    subjects = await _shares(session, _subjects(asked))
    officers = await _shares(session, _officers(asked, on))
    there = await presence(session, asked)
    needed = await needed_domains(session, on)

    def domains_of(there: Mapping[str, Presence]) -> Share:
        return Share(sum(is_covered(there.get(one, Presence())) for one in needed), len(needed))

    # Where there is anything at all, each domain is looked for.
    keys = {key for key in (*powers, *subjects, *officers) if key is not None}
    domains = {key: domains_of(_sums(there, key)) for key in keys}
    return [
        _coverage(CoverageKind.POWERS, powers),
        Coverage(CoverageKind.DOMAINS, domains_of(_sums(there)), domains),
        _coverage(CoverageKind.SUBJECTS, subjects),
        _coverage(CoverageKind.OFFICERS, officers),
    ]


async def domains(
    session: AsyncSession | Statements, asked: Asked, covered: bool | None
) -> list[tuple[str, Presence]]:
    """What there is for each domain that should be covered."""
    there = _sums(await presence(session, asked))
    needed = await needed_domains(session, asked.day or today(session))
    told = [(one, there.get(one, Presence())) for one in needed]
    return [one for one in told if covered is None or is_covered(one[1]) == covered]


async def needed_domains(session: AsyncSession | Statements, on: date) -> list[str]:
    """The domains that rule coverage.domains wants covered on a day."""
    needed: list[str] = (await rule(session, DOMAINS_RULE, on)).value["domains"]
    return needed


async def presence(
    session: AsyncSession | Statements, asked: Asked
) -> dict[tuple[str | None, str], Presence]:
    """What there is for each group and domain."""
    on = asked.day or today(session)
    power, subject = as_of(Power, asked.day), as_of(Subject, asked.day)
    bodies = (
        select(asked.key(subject).label("key"), func.unnest(subject.domains).label("domain"))
        .where(visible(subject, asked.actor), asked.within(subject))
        .where(is_published(subject))
    )
    powers = (
        select(asked.key(power).label("key"), func.unnest(power.domains).label("domain"))
        .where(visible(power, asked.actor), asked.within(power))
        .where(is_in_force(power, asked.day))
    )
    officer, certificate, body = _people(asked.day)
    officers = (
        with_certificate(officer, certificate, body, asked.actor)
        .with_only_columns(
            asked.key(officer).label("key"), func.unnest(body.domains).label("domain")
        )
        .where(asked.within(officer), needs_certificate(officer))
        .where(is_certified(certificate, body, on))
    )
    found: dict[tuple[str | None, str], Presence] = {}
    for what, statement in (("powers", powers), ("subjects", bodies), ("officers", officers)):
        rows = statement.subquery()
        counted = select(rows.c.key, rows.c.domain, func.count().label("number")).group_by(
            rows.c.key, rows.c.domain
        )
        for row in (await session.execute(counted)).all():
            before = found.get((row.key, row.domain), Presence())
            found[row.key, row.domain] = before._replace(**{what: row.number})
    return found


def _powers(asked: Asked) -> Select[Any]:
    power = as_of(Power, asked.day)
    return select(*_counted(asked, power, is_in_force(power, asked.day))).where(
        visible(power, asked.actor), asked.within(power), claimed(power)
    )


def _subjects(asked: Asked) -> Select[Any]:
    subject = as_of(Subject, asked.day)
    return select(*_counted(asked, subject, is_published(subject))).where(
        visible(subject, asked.actor), asked.within(subject), known(subject)
    )


def _officers(asked: Asked, on: date) -> Select[Any]:
    officer, certificate, body = _people(asked.day)
    columns = _counted(asked, officer, is_certified(certificate, body, on))
    return (
        with_certificate(officer, certificate, body, asked.actor)
        .with_only_columns(*columns)
        .where(asked.within(officer), needs_certificate(officer))
    )


def _people(day: date | None) -> tuple[type[Officer], type[Certificate], type[Subject]]:
    return as_of(Officer, day), as_of(Certificate, day), as_of(Subject, day)


def _counted(asked: Asked, table: Any, covered: ColumnElement[bool]) -> tuple[Any, ...]:
    return (
        asked.key(table).label("key"),
        func.count().filter(covered).label("numerator"),
        func.count().label("denominator"),
    )


async def _shares(
    session: AsyncSession | Statements, statement: Select[Any]
) -> dict[str | None, Share]:
    grouped = statement.group_by(literal_column("1"))
    rows = (await session.execute(grouped)).all()
    return {row.key: Share(row.numerator, row.denominator) for row in rows}


def _coverage(kind: CoverageKind, shares: Mapping[str | None, Share]) -> Coverage:
    groups = {key: share for key, share in shares.items() if key is not None}
    return Coverage(kind, sum(shares.values(), Share()), groups)


def _sums(
    there: Mapping[tuple[str | None, str], Presence], key: str | None = None
) -> dict[str, Presence]:
    """What there is for each domain, in a group or over all."""
    found: dict[str, Presence] = {}
    for (group, domain), one in there.items():
        if key in (None, group):
            before = found.get(domain, Presence())
            found[domain] = Presence(*(a + b for a, b in zip(before, one, strict=True)))
    return found
