"""Looking up what acts refer to, for a whole chunk at once."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_references.rules import ReferenceKind
from services.oversight.act_references.tables import DelegationView, ListedItemView
from services.oversight.act_sources.rules import may_report_of
from services.oversight.act_sources.tables import ActSource
from services.oversight.acts.rules import OutsideReach
from services.oversight.subject_views.actions import subjects_of
from services.oversight.subject_views.rules import HELD
from services.oversight.subject_views.tables import OfficerView, PowerView, SubjectView
from shared.access.visibility import unscoped
from shared.clock import legal_day
from shared.db import among
from shared.law.tables import Division

_WHY = "intake is the system's own: what a source sends is held against all that is known"


@dataclass
class Known:
    """What is known of that which some acts refer to."""

    subjects: dict[str, SubjectView] = field(default_factory=dict)
    powers: dict[tuple[str, str], tuple[UUID, list[str]]] = field(default_factory=dict)
    """By holder and code."""
    items: set[str] = field(default_factory=set)
    """Codes that any body holds or any township has in its list."""
    bodies: set[str] = field(default_factory=set)
    """Those of which some power is known."""
    listing: set[str] = field(default_factory=set)
    """Townships of which a list is known."""
    certificates: set[str] = field(default_factory=set)
    delegations: dict[tuple[str, str], UUID] = field(default_factory=dict)
    """By delegator and number of the deed."""
    parents: dict[str, list[tuple[date, date | None, str | None]]] = field(default_factory=dict)
    """Of townships: from when to when they belonged to which district."""
    _homes: dict[tuple[str, UUID], "Home"] = field(default_factory=dict)

    def settle(self, act: dict[str, Any], source: ActSource) -> None:
        """Write into an act what its references are, and where it lies.

        Refuses what the source may not report for. A subject that is not known yet may turn out to
        be another's: until then the act lies where its source does.
        """
        home = self._home(act["organisation"], source)
        act["subject_id"], domains = home.subject_id, home.domains
        act["district"], act["township"] = home.district, home.township
        act["parties"] = []
        if home.parents:
            # Who supervised the township on the day of the act goes on seeing it.
            then = _parent_on(home.parents, legal_day(act["began_at"]))
            if then and then != home.district:
                act["parties"] = [then]
        power = self.powers.get((act["organisation"], act["item_code"] or ""))
        act["power_id"] = power[0] if power else None
        act["domains"] = list(power[1]) if power else list(domains)
        act["delegation_id"] = self.delegations.get(
            (act["organisation"], act["delegation_no"] or "")
        )
        act["awaiting"] = list(self._unknown(act))

    def _unknown(self, act: Mapping[str, Any]) -> Iterator[str]:
        if act["organisation"] not in self.subjects:
            yield f"{ReferenceKind.SUBJECT}:{act['organisation']}"
        if (code := act["item_code"]) and not self._tells_of(act, code):
            yield f"{ReferenceKind.ITEM}:{code}"
        for number in act["certificate_nos"]:
            if number not in self.certificates:
                yield f"{ReferenceKind.CERTIFICATE}:{number}"
        if (number := act["delegation_no"]) and act["delegation_id"] is None:
            yield f"{ReferenceKind.DELEGATION}:{number}"

    def _tells_of(self, act: Mapping[str, Any], code: str) -> bool:
        """Whether enough is known to say if the body holds that power: the power; or the code, and
        some power or list of the body's, for until one came nothing can be missing."""
        if act["power_id"] is not None:
            return True
        return code in self.items and (
            act["organisation"] in self.bodies or act["township"] in self.listing
        )

    def _home(self, organisation: str, source: ActSource) -> "Home":
        """Of a body: what it is and where it lies, once for all its acts."""
        home = self._homes.get((organisation, source.id))
        if home is None:
            home = self._homes[organisation, source.id] = self._look_home(organisation, source)
        return home

    def _look_home(self, organisation: str, source: ActSource) -> "Home":
        subject = self.subjects.get(organisation)
        if subject is None:
            if not source.divisions and organisation not in source.organisations:
                raise OutsideReach
            return Home(None, [], source.district, source.township, ())
        if not may_report_of(
            subject.organisation,
            (subject.district, subject.township, subject.division),
            subject.parties,
            division=source.division,
            organisations=source.organisations,
            divisions=source.divisions,
        ):
            raise OutsideReach
        parents = self.parents.get(subject.township or "", ())
        return Home(subject.id, subject.domains, subject.district, subject.township, parents)


class Home(NamedTuple):
    """What a body is and where its acts lie."""

    subject_id: UUID | None
    domains: list[str]
    district: str | None
    township: str | None
    parents: Sequence[tuple[date, date | None, str | None]]
    """From when to when its township belonged to which district."""


def _parent_on(parents: Sequence[tuple[date, date | None, str | None]], day: date) -> str | None:
    for since, until, parent in parents:
        if since <= day and (until is None or day < until):
            return parent
    return None


async def look_up(session: AsyncSession, told: Iterable[Mapping[str, Any]]) -> Known:
    """All that is known of what acts, or records of acts, refer to: in a query or two a kind.

    Takes the lock that keeps townships where they are until the transaction ends
    (`subject_views.actions.hold_divisions` says why).
    """
    organisations: set[str] = set()
    items: set[str] = set()
    certificates: set[str] = set()
    deeds: set[str] = set()
    for fields in told:
        organisations.add(fields["organisation"])
        items.add(fields.get("item_code") or "")
        certificates.update(fields.get("certificate_nos") or ())
        deeds.add(fields.get("delegation_no") or "")
    known = Known()
    for subject in await subjects_of(session, organisations):
        known.subjects[subject.organisation] = subject
    townships = {subject.township for subject in known.subjects.values() if subject.township}
    if townships:
        for code, since, until, parent in await session.execute(
            select(Division.code, Division.valid_from, Division.valid_to, Division.parent).where(
                among(Division.code, townships)
            )
        ):
            known.parents.setdefault(code, []).append((since, until, parent))
    if items := items - {""}:
        await _items(session, known, items, organisations, townships)
    if certificates:
        held = select(OfficerView.certificate_no).where(
            among(OfficerView.certificate_no, certificates), unscoped(OfficerView, reason=_WHY)
        )
        known.certificates.update(number for number in await session.scalars(held) if number)
    if deeds := deeds - {""}:
        for organisation, number, id in await session.execute(
            select(DelegationView.organisation, DelegationView.deed_no, DelegationView.id).where(
                among(DelegationView.deed_no, deeds),
                among(DelegationView.organisation, organisations),
                unscoped(DelegationView, reason=_WHY),
            )
        ):
            known.delegations[organisation, str(number)] = id
    return known


async def _items(
    session: AsyncSession,
    known: Known,
    items: Collection[str],
    organisations: Collection[str],
    townships: Collection[str],
) -> None:
    """Who holds powers, and what is listed. A power that is in force hides one that was repealed;
    one that was repealed is a power still, for the act may have been done before."""
    held = (PowerView.state.in_(HELD), unscoped(PowerView, reason=_WHY))
    for id, organisation, code, domains in await session.execute(
        select(PowerView.id, PowerView.organisation, PowerView.code, PowerView.domains)
        .where(among(PowerView.code, items), *held)
        .order_by(PowerView.state == "active", PowerView.id)
    ):
        known.powers[organisation, code] = (id, domains)
        known.items.add(code)
    listed = select(ListedItemView.code).where(among(ListedItemView.code, items))
    known.items.update(await session.scalars(listed.distinct()))
    bodies = select(PowerView.organisation).where(
        among(PowerView.organisation, organisations), *held
    )
    known.bodies.update(await session.scalars(bodies.distinct()))
    if townships:
        listing = select(ListedItemView.division).where(among(ListedItemView.division, townships))
        known.listing.update(await session.scalars(listing.distinct()))
