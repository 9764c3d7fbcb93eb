"""Looking up what acts refer to, for a whole chunk at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_references.rules import ReferenceKind
from services.oversight.act_references.tables import DelegationView, ListedItemView
from services.oversight.act_sources.tables import ActSource
from services.oversight.acts.rules import OutsideReach
from services.oversight.subject_views.tables import OfficerView, PowerView, SubjectView
from shared.access.visibility import unscoped
from shared.clock import legal_day
from shared.law.tables import Division

_WHY = "intake is the system's own: what a source sends is held against all that is known"


class _Subject(NamedTuple):
    id: UUID
    organisation: str
    division: str
    district: str | None
    township: str | None
    domains: list[str]


_SUBJECTS = select(
    SubjectView.id,
    SubjectView.organisation,
    SubjectView.division,
    SubjectView.district,
    SubjectView.township,
    SubjectView.domains,
)
_POWERS = select(PowerView.id, PowerView.organisation, PowerView.code, PowerView.domains)


@dataclass
class Known:
    """What is known of that which some acts refer to."""

    subjects: dict[str, _Subject] = field(default_factory=dict)
    powers: dict[tuple[str, str], tuple[UUID, list[str]]] = field(default_factory=dict)
    """By holder and code."""
    items: set[str] = field(default_factory=set)
    """Codes that any body holds or any township has in its list."""
    certificates: set[str] = field(default_factory=set)
    delegations: dict[str, UUID] = field(default_factory=dict)
    parents: dict[str, list[tuple[date, date | None, str | None]]] = field(default_factory=dict)
    """Of townships: from when to when they belonged to which district."""

    def settle(self, act: dict[str, Any], source: ActSource) -> None:
        """Write into an act what its references are, and where it lies.

        Refuses what the source may not report for. A subject that is not known yet may turn out to
        be another's: until then the act lies where its source does.
        """
        subject = self.subjects.get(act["organisation"])
        if subject is None:
            if not source.divisions and act["organisation"] not in source.organisations:
                raise OutsideReach
            act["subject_id"], domains = None, []
            act["district"], act["township"] = source.district, source.township
            act["parties"] = []
        else:
            if not _within(subject, source):
                raise OutsideReach
            act["subject_id"], domains = subject.id, subject.domains
            act["district"], act["township"] = subject.district, subject.township
            # Who supervised the township on the day of the act goes on seeing it.
            then = self._district_on(subject, legal_day(act["began_at"]))
            act["parties"] = [then] if then and then != subject.district else []
        power = self.powers.get((act["organisation"], act["item_code"] or ""))
        act["power_id"] = power[0] if power else None
        act["domains"] = list(power[1]) if power else list(domains)
        act["delegation_id"] = self.delegations.get(act["delegation_no"] or "")
        act["awaiting"] = list(self._unknown(act))

    def _unknown(self, act: Mapping[str, Any]) -> Iterator[str]:
        if act["organisation"] not in self.subjects:
            yield f"{ReferenceKind.SUBJECT}:{act['organisation']}"
        if (code := act["item_code"]) and code not in self.items:
            yield f"{ReferenceKind.ITEM}:{code}"
        for number in act["certificate_nos"]:
            if number not in self.certificates:
                yield f"{ReferenceKind.CERTIFICATE}:{number}"
        if (number := act["delegation_no"]) and number not in self.delegations:
            yield f"{ReferenceKind.DELEGATION}:{number}"

    def _district_on(self, subject: _Subject, day: date) -> str | None:
        for since, until, parent in self.parents.get(subject.township or "", ()):
            if since <= day and (until is None or day < until):
                return parent
        return subject.district


def _within(subject: _Subject, source: ActSource) -> bool:
    if subject.organisation in source.organisations:
        return True
    return any(
        division == "50" or division in (subject.district, subject.township, subject.division)
        for division in source.divisions
    )


async def look_up(session: AsyncSession, acts: Sequence[Mapping[str, Any]]) -> Known:
    """All that is known of what `acts` refer to, in one query a kind.

    Takes the lock that keeps townships where they are until the transaction ends
    (`subject_views.actions.hold_divisions` says why).
    """
    wanted: dict[str, set[str]] = {
        "subject": {act["organisation"] for act in acts},
        "item": {act["item_code"] for act in acts if act["item_code"]},
        "certificate": {number for act in acts for number in act["certificate_nos"]},
        "delegation": {act["delegation_no"] for act in acts if act["delegation_no"]},
    }
    known = Known()
    for row in await session.execute(
        _SUBJECTS.where(
            SubjectView.organisation.in_(wanted["subject"]), unscoped(SubjectView, reason=_WHY)
        )
    ):
        known.subjects[row.organisation] = _Subject(*row)
    townships = {subject.township for subject in known.subjects.values() if subject.township}
    if townships:
        for code, since, until, parent in await session.execute(
            select(Division.code, Division.valid_from, Division.valid_to, Division.parent).where(
                Division.code.in_(townships)
            )
        ):
            known.parents.setdefault(code, []).append((since, until, parent))
    if wanted["item"]:
        for id, organisation, code, domains in await session.execute(
            _POWERS.where(PowerView.code.in_(wanted["item"]), unscoped(PowerView, reason=_WHY))
        ):
            known.powers[organisation, code] = (id, domains)
            known.items.add(code)
        listed = select(ListedItemView.code).where(ListedItemView.code.in_(wanted["item"]))
        known.items.update(await session.scalars(listed.distinct()))
    if wanted["certificate"]:
        held = select(OfficerView.certificate_no).where(
            OfficerView.certificate_no.in_(wanted["certificate"]),
            unscoped(OfficerView, reason=_WHY),
        )
        known.certificates.update(number for number in await session.scalars(held) if number)
    if wanted["delegation"]:
        for number, id in await session.execute(
            select(DelegationView.deed_no, DelegationView.id).where(
                DelegationView.deed_no.in_(wanted["delegation"]),
                unscoped(DelegationView, reason=_WHY),
            )
        ):
            known.delegations[str(number)] = id
    return known
