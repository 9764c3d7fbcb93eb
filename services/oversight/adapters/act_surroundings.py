"""What acts refer to, as the rules that judge them need it: a query a kind, and only for kinds
that one of the rules looks at."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, Text, and_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_references.tables import DelegationView, ListedItemView
from services.oversight.acts.rules import ActKind, first_id
from services.oversight.acts.tables import Act
from services.oversight.dispute_views.tables import DisputeSpan, SafetyAction
from services.oversight.subject_views.tables import OfficerView, PowerView, SubjectView
from services.oversight.warning_rules.rules import CheckKind, Content, RepeatedCheck
from services.oversight.warnings.rules import LONGEST, Certificate, Deed, Dispute, Known, Listing
from shared.access.visibility import unscoped
from shared.clock import legal_day
from shared.db import among

_acts: Table = Act.__table__  # type: ignore[assignment]
_WHY = "an act is judged by what is true, whoever may see it"


async def known_of(
    session: AsyncSession, acts: Sequence[Mapping[str, Any]], contents: Iterable[Content]
) -> Known:
    """What is known of what `acts` refer to, as far as `contents` look at it."""
    checks = [content.check for content in contents]
    kinds = {check.kind for check in checks}
    known = Known()
    if not acts:
        return known
    if CheckKind.CERTIFICATES in kinds:
        await _certificates(session, known, acts)
    if CheckKind.LISTED in kinds:
        await _lists(session, known, acts)
    if CheckKind.DELEGATED in kinds:
        await _deeds(session, known, acts)
    if CheckKind.OUTSOURCED in kinds:
        await _outsiders(session, known, acts)
    if CheckKind.DISPUTED in kinds:
        await _disputes(session, known, acts)
    if days := [check.within_days for check in checks if isinstance(check, RepeatedCheck)]:
        await _checks(session, known, acts, max(days))
    return known


async def _certificates(
    session: AsyncSession, known: Known, acts: Sequence[Mapping[str, Any]]
) -> None:
    numbers = {number for act in acts for number in act["certificate_nos"]}
    if not numbers:
        return
    found = await session.execute(
        select(
            OfficerView.certificate_no,
            OfficerView.certificate_valid_to,
            OfficerView.certificate_state,
            OfficerView.told_at,
        )
        .where(among(OfficerView.certificate_no, numbers), unscoped(OfficerView, reason=_WHY))
        .order_by(OfficerView.told_at)
    )
    for number, valid_to, state, told_at in found:
        known.certificates[str(number)] = Certificate(valid_to, state, legal_day(told_at))


async def _lists(session: AsyncSession, known: Known, acts: Sequence[Mapping[str, Any]]) -> None:
    asked = [act for act in acts if act["item_code"] and act["power_id"] is None]
    subjects = {act["subject_id"] for act in asked if act["subject_id"] is not None}
    if not subjects:
        return
    known.townships = set(
        await session.scalars(
            select(SubjectView.id).where(
                among(SubjectView.id, subjects),
                SubjectView.level == "township",
                unscoped(SubjectView, reason=_WHY),
            )
        )
    )
    known.holders = set(
        await session.scalars(
            select(PowerView.subject_id)
            .where(among(PowerView.subject_id, subjects), unscoped(PowerView, reason=_WHY))
            .distinct()
        )
    )
    townships = {act["township"] for act in asked if act["township"]}
    if not townships:
        return
    lists = await session.execute(
        select(ListedItemView.division, ListedItemView.effective_from, ListedItemView.effective_to)
        .where(among(ListedItemView.division, townships))
        .distinct()
    )
    for division, since, until in lists:
        known.lists.setdefault(division, []).append(Listing(since, until))
    found = await session.execute(
        select(
            ListedItemView.division,
            ListedItemView.code,
            ListedItemView.effective_from,
            ListedItemView.effective_to,
        ).where(
            among(ListedItemView.division, townships),
            among(ListedItemView.code, {act["item_code"] for act in asked}),
        )
    )
    for division, code, since, until in found:
        known.listed.setdefault((division, code), []).append(Listing(since, until))


_BEGAN = ("active", "expiring", "expired", "revoked")
"""The registry's states of a delegation that was in force; revoked is one without a deed too, which
never was."""
_DEED = (
    DelegationView.organisation,
    DelegationView.trustee_code,
    DelegationView.power_codes,
    DelegationView.valid_from,
    DelegationView.valid_to,
    DelegationView.ended_on,
    and_(DelegationView.state.in_(_BEGAN), DelegationView.deed_no.is_not(None)),
)


async def _deeds(session: AsyncSession, known: Known, acts: Sequence[Mapping[str, Any]]) -> None:
    ids = {act["delegation_id"] for act in acts if act["delegation_id"] is not None}
    if not ids:
        return
    found = await session.execute(
        select(DelegationView.id, *_DEED).where(
            among(DelegationView.id, ids), unscoped(DelegationView, reason=_WHY)
        )
    )
    known.deeds = {row.id: Deed(*row[1:]) for row in found}


async def _outsiders(
    session: AsyncSession, known: Known, acts: Sequence[Mapping[str, Any]]
) -> None:
    codes = {code for act in acts for code in act["performed_by"]}
    if not codes:
        return
    known.bodies = set(
        await session.scalars(
            select(SubjectView.organisation).where(
                among(SubjectView.organisation, codes), unscoped(SubjectView, reason=_WHY)
            )
        )
    )
    found = await session.execute(
        select(*_DEED).where(
            among(DelegationView.trustee_code, codes), unscoped(DelegationView, reason=_WHY)
        )
    )
    for told in found:
        deed = Deed(*told)
        known.entrusted.setdefault((deed.organisation, deed.trustee_code), []).append(deed)


async def _disputes(session: AsyncSession, known: Known, acts: Sequence[Mapping[str, Any]]) -> None:
    parties = {act["organisation"] for act in acts if act["decided_at"] is not None}
    if not parties:
        return
    safety = (
        select(func.coalesce(func.array_agg(SafetyAction.act_number), cast([], ARRAY(Text))))
        .where(SafetyAction.dispute_id == DisputeSpan.dispute_id)
        .scalar_subquery()
    )
    found = await session.execute(
        select(
            DisputeSpan.organisations,
            DisputeSpan.number,
            DisputeSpan.since,
            DisputeSpan.until,
            DisputeSpan.item_codes,
            DisputeSpan.domains,
            DisputeSpan.division,
            DisputeSpan.lead,
            safety,
        ).where(DisputeSpan.organisations.overlap(cast(sorted(parties), ARRAY(Text))))
    )
    for organisations, *told in found:
        dispute = Dispute(*told)
        for organisation in parties.intersection(organisations):
            known.disputes.setdefault(organisation, []).append(dispute)


async def decided_since(
    session: AsyncSession, organisations: Collection[str], since: datetime
) -> list[UUID]:
    """Acts of these bodies that were decided at `since` or later. Of history none."""
    found = await session.scalars(
        select(_acts.c.id).where(
            among(_acts.c.organisation, organisations),
            _acts.c.decided_at >= since,
            _acts.c.id > first_id(since - LONGEST),
            _acts.c.backfill.is_(False),
            unscoped(Act, reason=_WHY),
        )
    )
    return list(found)


_APART = timedelta(days=366)
"""An act's id bears the moment at which it began as it was first told. An earlier stage that came
later, or a correction, may have moved that; by more than this nobody looks, so that few months are
read."""


async def _checks(
    session: AsyncSession, known: Known, acts: Sequence[Mapping[str, Any]], days: int
) -> None:
    asked = [act for act in acts if act["kind"] == ActKind.CHECK and act["party_key"] is not None]
    if not asked:
        return
    moments = [act["began_at"] for act in asked]
    first = first_id(min(moments) - timedelta(days=days) - _APART)
    found = await session.execute(
        select(_acts.c.party_key, _acts.c.id, _acts.c.organisation, _acts.c.began_at).where(
            among(_acts.c.party_key, {bytes(act["party_key"]) for act in asked}),
            _acts.c.kind == ActKind.CHECK,
            _acts.c.id > first,
            _acts.c.id < first_id(max(moments) + _APART),
            _acts.c.withdrawn.is_(False),
            unscoped(Act, reason=_WHY),
        )
    )
    by_party: dict[bytes, list[tuple[UUID, str, Any]]] = defaultdict(list)
    for key, id, organisation, began_at in found:
        by_party[bytes(key)].append((id, organisation, began_at))
    known.checks = by_party


async def checks_after(
    session: AsyncSession, checks: Iterable[Mapping[str, Any]], days: int
) -> list[UUID]:
    """Checks of the same parties that began after one of `checks`, at most so many days later.

    Of history none: it raises no warning.
    """
    moments: dict[bytes, list[datetime]] = defaultdict(list)
    for act in checks:
        if act["party_key"] is not None:
            moments[bytes(act["party_key"])].append(act["began_at"])
    if not moments:
        return []
    known = [moment for of_party in moments.values() for moment in of_party]
    span = timedelta(days=days)
    found = await session.execute(
        select(_acts.c.id, _acts.c.party_key, _acts.c.began_at).where(
            among(_acts.c.party_key, list(moments)),
            _acts.c.kind == ActKind.CHECK,
            _acts.c.id > first_id(min(known) - _APART),
            _acts.c.id < first_id(max(known) + span + _APART),
            _acts.c.backfill.is_(False),
            unscoped(Act, reason=_WHY),
        )
    )
    return sorted(
        id
        for id, key, began_at in found
        if any(at <= began_at < at + span for at in moments[bytes(key)])
    )


async def names_of(session: AsyncSession, subjects: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Of subjects: what they are called, and their whole division."""
    found = await session.execute(
        select(SubjectView.id, SubjectView.name, SubjectView.division).where(
            among(SubjectView.id, set(subjects)), unscoped(SubjectView, reason=_WHY)
        )
    )
    return {id: (name, division) for id, name, division in found}
