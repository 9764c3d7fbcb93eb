"""What is covered of what should be, and what is missing: values in, answers out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared.vocabulary import Term


class CoverageKind(Term):
    """The five full coverages (五个全覆盖)."""

    POWERS = "powers", "职权"
    DOMAINS = "domains", "领域"
    SUBJECTS = "subjects", "主体"
    OFFICERS = "officers", "人员"
    ACTS = "acts", "行为"


class GapReason(Term):
    """Why something is not covered."""

    POWER_NOT_APPROVED = "power_not_approved", "职权尚未审定"
    BODY_NOT_PUBLISHED = "body_not_published", "执法主体未公示"
    NO_CERTIFICATE = "no_certificate", "没有有效的执法证件"
    NO_CHECK = "no_check", "本年度没有行政检查"
    NOT_INGESTED = "not_ingested", "数据源有而本系统没有"


class Gap(NamedTuple):
    """One thing that is missing."""

    ref: str
    """What it is, within its kind: an id of the registry, a domain, a number of a source."""
    name: str
    reason: GapReason


class Told(NamedTuple):
    """A power or an officer as far as coverage asks."""

    id: UUID
    name: str
    in_order: bool
    """The power is approved; the officer's certificate is in force."""


class Counted(NamedTuple):
    """How much is covered of what should be, and what is missing: `total - covered` gaps."""

    covered: int
    total: int
    gaps: list[Gap]
    in_order: int
    """What is right in itself, whatever its body's state: powers approved, officers certified."""


NOTHING = Counted(0, 0, [], 0)


def powers(published: bool, told: Iterable[Told]) -> Counted:
    """Powers approved under their code, of a body that is published, of all that are claimed."""
    return _held(published, told, GapReason.POWER_NOT_APPROVED)


def officers(published: bool, told: Iterable[Told]) -> Counted:
    """Officers whose certificate is in force, of a published body, of the staff on post."""
    return _held(published, told, GapReason.NO_CERTIFICATE)


def _held(published: bool, told: Iterable[Told], otherwise: GapReason) -> Counted:
    rows = list(told)
    missing = [
        Gap(
            str(one.id),
            one.name,
            GapReason.BODY_NOT_PUBLISHED if one.in_order else otherwise,
        )
        for one in rows
        if not (one.in_order and published)
    ]
    in_order = sum(one.in_order for one in rows)
    return Counted(len(rows) - len(missing), len(rows), missing, in_order)


def subjects(id: UUID, name: str, *, published: bool) -> Counted:
    """A body that is there is covered once it is published."""
    if published:
        return Counted(1, 1, [], 1)
    return Counted(0, 1, [Gap(str(id), name, GapReason.BODY_NOT_PUBLISHED)], 0)


def domains(needed: Mapping[str, str], checked: Collection[str]) -> Counted:
    """Domains (by key their names) in which the year has seen an administrative check."""
    missing = [
        Gap(domain, name, GapReason.NO_CHECK)
        for domain, name in needed.items()
        if domain not in checked
    ]
    covered = len(needed) - len(missing)
    return Counted(covered, len(needed), missing, covered)


def acts(here: int, missing: Sequence[tuple[str, str]]) -> Counted:
    """Acts of the year that are here, of those and what sources say is missing (ref, name)."""
    gaps = [Gap(ref, name, GapReason.NOT_INGESTED) for ref, name in missing]
    return Counted(here, here + len(gaps), gaps, here)


def unnamed(source: str, day: date, told: int, here: int) -> list[tuple[str, str]]:
    """Acts of a day that a source has counted but not named, numbered instead."""
    return [
        (f"{source}:{day.isoformat()}#{number}", f"{day.isoformat()} 未列明编号的第{number}件")
        for number in range(1, told - here + 1)
    ]
