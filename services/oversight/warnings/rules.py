"""What a rule says of an act, and the life of the warning that comes of it.

Judging is pure: the act, what is known of what it refers to, the calendar and the moment go in; a
verdict comes out, with the moment from which it may be another although nobody tells anything new.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.oversight.warning_rules.rules import (
    CertificatesCheck,
    Check,
    Content,
    DelegatedCheck,
    DisputedCheck,
    ListedCheck,
    OutsourcedCheck,
    RepeatedCheck,
    RequiredCheck,
    TermCheck,
    WarningLevel,
)
from shared.clock import legal_day
from shared.law.calendar import (
    ONE_DAY,
    Calendar,
    Unit,
    due,
    end_of,
    last_day_of,
    working_days_between,
)
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class WarningState(Term):
    RAISED = "raised", "待核查"
    ANSWERED = "answered", "单位已说明"
    CONFIRMED = "confirmed", "属实"
    DISMISSED = "dismissed", "不属实"
    CLEARED = "cleared", "已消除"


class FollowUp(Term):
    """What becomes of a warning that is so."""

    NONE = "none", "不另行处理"
    FINDING = "finding", "认定为监督检查发现的问题"
    ISSUE = "issue", "转为上报问题"


ANSWER, HANDLE = "warning:answer", "warning:handle"
_S = WarningState
OPEN = (_S.RAISED, _S.ANSWERED)

LIFECYCLE = Lifecycle(
    _S.RAISED,
    [
        Transition("answer", OPEN, _S.ANSWERED, ANSWER),
        Transition("confirm", OPEN, _S.CONFIRMED, HANDLE, "by another body than the one warned of"),
        Transition("dismiss", OPEN, _S.DISMISSED, HANDLE, "with a reason"),
        Transition(
            "clear",
            [*OPEN, _S.DISMISSED],
            _S.CLEARED,
            None,
            "what was told since takes its ground away; of a dismissed one, that it is another's",
        ),
        Transition("turn_red", [*OPEN, _S.DISMISSED], _S.RAISED, None, "the limit is passed"),
        Transition("raise_again", _S.CLEARED, _S.RAISED, None, "its ground is back"),
    ],
    terminal=[_S.CONFIRMED],
)


class WarningFindingIncomplete(Refused):
    """A finding belongs to an inspection and has a code of the book."""

    code = "warning-finding-incomplete"
    status = 422
    zh = "认定为问题须指明检查（inspection_id）和问题编码（code）；其他处理方式不填写。"
    en = "A finding names its inspection (inspection_id) and its code; nothing else does."


class WarningInspectionForeign(Refused):
    code = "warning-inspection-of-another-subject"
    status = 422
    zh = "该检查的对象不是被预警的单位。"
    en = "That inspection is of another body than the one warned of."


def may_follow_up(follow_up: FollowUp, *, inspection_named: bool, code_named: bool) -> None:
    """Only a finding names an inspection and a code, and it names both."""
    is_finding = follow_up is FollowUp.FINDING
    if inspection_named is not is_finding or code_named is not is_finding:
        raise WarningFindingIncomplete


class Certificate(NamedTuple):
    """A certificate as the registry told of it last."""

    valid_to: date | None
    state: str | None
    told_on: date


class Deed(NamedTuple):
    """A delegation."""

    organisation: str
    trustee_code: str
    power_codes: Sequence[str]
    valid_from: date
    valid_to: date
    ended_on: date | None
    began: bool
    """It came into force: was neither only drafted nor refused."""

    def held_on(self, day: date) -> bool:
        return (
            self.began
            and self.valid_from <= day <= self.valid_to
            and (self.ended_on is None or day < self.ended_on)
        )


class Listing(NamedTuple):
    """From when to when a township's list was in force, or had an item."""

    since: date | None
    until: date | None

    def held_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )


class Dispute(NamedTuple):
    """A time during which a dispute is pending."""

    number: str
    since: datetime
    until: datetime | None
    item_codes: Sequence[str]
    domains: Sequence[str]
    division: str
    lead: str | None
    safety: Collection[str]
    """Numbers of the documents of acts that were done for somebody's safety."""

    def is_about(self, act: Mapping[str, Any]) -> bool:
        """Whether what the act is about lies in dispute."""
        if self.division not in (CITY, act["district"], act["township"]):
            return False
        if self.item_codes:
            return act["item_code"] in self.item_codes
        return not self.domains or not set(self.domains).isdisjoint(act["domains"])

    def lets(self, act: Mapping[str, Any]) -> bool:
        """Whether the party may do it meanwhile: it leads, or it was for somebody's safety."""
        return self.lead == act["organisation"] or not set(self.safety).isdisjoint(
            act["documents"].values()
        )


@dataclass
class Known:
    """What the acts of a chunk refer to, as far as it is known."""

    certificates: dict[str, Certificate] = field(default_factory=dict)
    deeds: dict[UUID, Deed] = field(default_factory=dict)
    entrusted: dict[tuple[str, str], list[Deed]] = field(default_factory=dict)
    """By who entrusts and who is entrusted."""
    townships: set[UUID] = field(default_factory=set)
    """Of the subjects, those of township level."""
    holders: set[UUID] = field(default_factory=set)
    """Of the subjects, those of which any power is known."""
    lists: dict[str, list[Listing]] = field(default_factory=dict)
    """By township: when it had a list at all."""
    listed: dict[tuple[str, str], list[Listing]] = field(default_factory=dict)
    """By township and item."""
    bodies: set[str] = field(default_factory=set)
    """Credit codes of enforcement subjects."""
    checks: dict[bytes, list[tuple[UUID, str, datetime]]] = field(default_factory=dict)
    """Of a party: which acts, by whom, when they began."""
    disputes: dict[str, list[Dispute]] = field(default_factory=dict)
    """By party."""


class Verdict(NamedTuple):
    """What a rule says of an act now."""

    level: WarningLevel | None
    detail: Mapping[str, Any] = {}
    due_at: datetime | None = None
    """The first moment that is too late, of a term."""
    look_at: datetime | None = None
    """From when on it may be another, with nothing new told."""


CITY = "50"
LAWFUL = Verdict(None)
LONGEST = timedelta(days=3660)
"""Neither a period nor an extension keeps a term from ending for longer: ten years."""
FALLEN = frozenset({"suspended", "revoked", "expired", "surrendered"})


def judge(
    content: Content,
    act: Mapping[str, Any],
    known: Known,
    calendar: Calendar,
    now: datetime,
    *,
    in_hindsight: bool = False,
) -> Verdict:
    """What a rule says of an act at `now`; what it refers to and is not known is no violation.

    `in_hindsight` also says yellow of what came near to its limit and was done in time: what a
    trial on history counts.
    """
    if not content.is_about(act):
        return LAWFUL
    return verdict_of(content.check, act, known, calendar, now, in_hindsight=in_hindsight)


def verdict_of(
    check: Check,
    act: Mapping[str, Any],
    known: Known,
    calendar: Calendar,
    now: datetime,
    *,
    in_hindsight: bool = False,
) -> Verdict:
    """The same of an act that the rule is about."""
    match check:
        case TermCheck():
            return _term(check, act, calendar, now, in_hindsight=in_hindsight)
        case RequiredCheck():
            return _required(check, act, calendar, now)
        case CertificatesCheck():
            return _certificates(act, known)
        case ListedCheck():
            return _listed_item(act, known)
        case DelegatedCheck():
            return _delegated(act, known)
        case OutsourcedCheck():
            return _outsourced(act, known)
        case RepeatedCheck():
            return _repeated(check, act, known)
        case DisputedCheck():
            return _disputed(act, known)


def _red(**detail: Any) -> Verdict:
    return Verdict(WarningLevel.RED, detail)


def _term(
    check: TermCheck,
    act: Mapping[str, Any],
    calendar: Calendar,
    now: datetime,
    *,
    in_hindsight: bool,
) -> Verdict:
    start, reached = act[f"{check.begins}_at"], act[f"{check.reaches}_at"]
    if start is None:
        return LAWFUL
    if reached is not None and reached - start < check.least and not in_hindsight:
        return LAWFUL
    limit = due(start, check.term, calendar).at
    if check.excluded_periods:
        periods = _periods(act["excluded_periods"], legal_day(start), reached)
        moved = _with_periods(limit, periods, check.term.unit, calendar)
        if moved is None:
            return LAWFUL  # the clock stands still until its source tells how long
        limit = moved
    if check.extensions and act["extended_to"] is not None:
        limit = max(limit, end_of(min(act["extended_to"], legal_day(start) + LONGEST)))
    near = _before(limit, check.early, check.term.unit, calendar)
    told = {"begins": check.begins, "reaches": check.reaches}
    if reached is not None:
        if reached >= limit:
            return Verdict(WarningLevel.RED, {**told, "late": True}, limit)
        if in_hindsight and check.early and reached >= near:
            return Verdict(WarningLevel.YELLOW, told, limit)
        return LAWFUL
    if now >= limit:
        return Verdict(WarningLevel.RED, told, limit)
    if check.early and now >= near:
        return Verdict(WarningLevel.YELLOW, told, limit, limit)
    return Verdict(None, {}, limit, near if check.early else limit)


def _periods(
    told: Iterable[Mapping[str, Any]], began: date, reached: datetime | None
) -> list[tuple[date, date | None]]:
    """What does not count, by first day, no day twice; the last is None while it goes on.

    The day on which the term began does not count anyway. An open period ends with the second
    stage, if that was reached, and none is longer than `LONGEST`.
    """
    found: list[tuple[date, date | None]] = []
    free = began + ONE_DAY
    for period in sorted(told, key=lambda period: str(period["from"])):
        first = max(date.fromisoformat(period["from"]), free)
        last = date.fromisoformat(period["to"]) if period["to"] is not None else None
        if last is None and reached is not None:
            last = legal_day(reached)
        if first > began + LONGEST:
            break
        if last is None:
            found.append((first, None))
        elif first <= (last := min(last, began + LONGEST)):
            found.append((first, last))
            free = last + ONE_DAY
    return found


def _with_periods(
    limit: datetime,
    periods: Iterable[tuple[date, date | None]],
    unit: Unit,
    calendar: Calendar,
) -> datetime | None:
    """The end of a term, later by the days that do not count; None while the clock stands still.

    What begins after the end excludes nothing any more.
    """
    still = False
    for first, last in periods:
        if end_of(first) > limit:
            continue
        if last is None:
            still = True
        elif unit is Unit.WORKING_DAYS:
            if days := working_days_between(first - ONE_DAY, last, calendar):
                limit = end_of(calendar.count(last_day_of(limit), days)[0])
        else:
            limit += last - first + ONE_DAY
    return None if still else limit


def _before(limit: datetime, early: int, unit: Unit, calendar: Calendar) -> datetime:
    if unit is Unit.HOURS:
        return limit - timedelta(hours=early)
    if unit is Unit.DAYS:
        return limit - timedelta(days=early)
    day, left = last_day_of(limit), early
    while left:
        left -= calendar.is_workday(day)
        day -= ONE_DAY
    return end_of(day)


def _required(
    check: RequiredCheck, act: Mapping[str, Any], calendar: Calendar, now: datetime
) -> Verdict:
    at = act[f"{check.once}_at"]
    if at is None:
        return LAWFUL
    missing = [one.field for one in check.must if not one.test(act)]
    if not missing:
        return LAWFUL
    limit = due(at, check.grace, calendar).at if check.grace else at
    if now < limit:
        return Verdict(None, {}, limit, limit)
    return Verdict(WarningLevel.RED, {"missing": missing}, limit if check.grace else None)


def _day_of(act: Mapping[str, Any]) -> date:
    """The day on which it was enforced: of the decision, else of its beginning."""
    return legal_day(act["decided_at"] or act["began_at"])


def _certificates(act: Mapping[str, Any], known: Known) -> Verdict:
    day, wrong = _day_of(act), []
    for number in act["certificate_nos"]:
        held = known.certificates.get(number)
        if held is None:
            continue
        expired = held.valid_to is not None and held.valid_to < day
        if expired or (held.state in FALLEN and held.told_on <= day):
            wrong.append(number)
    return _red(certificate_nos=wrong) if wrong else LAWFUL


def _listed_item(act: Mapping[str, Any], known: Known) -> Verdict:
    code, subject = act["item_code"], act["subject_id"]
    if not code or subject is None or f"item:{code}" in act["awaiting"]:
        return LAWFUL
    if act["power_id"] is not None or act["delegation_no"]:
        return LAWFUL
    if subject not in known.townships:
        return _red(item_code=code) if subject in known.holders else LAWFUL
    township, day = act["township"], _day_of(act)
    if not any(one.held_on(day) for one in known.lists.get(township, ())):
        return LAWFUL  # oversight has not been told of any list of that day
    if any(one.held_on(day) for one in known.listed.get((township, code), ())):
        return LAWFUL
    return _red(item_code=code, division=township)


def _delegated(act: Mapping[str, Any], known: Known) -> Verdict:
    deed = known.deeds.get(act["delegation_id"])
    if deed is None:
        return LAWFUL
    if act["organisation"] not in (deed.organisation, deed.trustee_code):
        return _red(delegation_no=act["delegation_no"], organisation=act["organisation"])
    if not deed.held_on(_day_of(act)):
        return _red(delegation_no=act["delegation_no"], valid_to=deed.valid_to.isoformat())
    if act["item_code"] and act["item_code"] not in deed.power_codes:
        return _red(delegation_no=act["delegation_no"], item_code=act["item_code"])
    return LAWFUL


def _outsourced(act: Mapping[str, Any], known: Known) -> Verdict:
    """Of another enforcement subject its people may take part; of anybody else only by a deed."""
    day = _day_of(act)
    foreign = [
        code
        for code in act["performed_by"]
        if code != act["organisation"]
        and code not in known.bodies
        and not any(
            deed.held_on(day) for deed in known.entrusted.get((act["organisation"], code), ())
        )
    ]
    return _red(performed_by=foreign) if foreign else LAWFUL


def _repeated(check: RepeatedCheck, act: Mapping[str, Any], known: Known) -> Verdict:
    key = act["party_key"]
    if key is None:
        return LAWFUL
    began = act["began_at"]
    before = [
        (at, str(id))
        for id, organisation, at in known.checks.get(bytes(key), ())
        if (at, id) < (began, act["id"])
        and at > began - timedelta(days=check.within_days)
        and not (check.others_only and organisation == act["organisation"])
    ]
    if not before:
        return LAWFUL
    return Verdict(WarningLevel.YELLOW, {"before": [id for _, id in sorted(before)][-5:]})


def _disputed(act: Mapping[str, Any], known: Known) -> Verdict:
    at = act["decided_at"]
    if at is None:
        return LAWFUL
    for dispute in known.disputes.get(act["organisation"], ()):
        pending = dispute.since <= at and (dispute.until is None or at < dispute.until)
        if pending and dispute.is_about(act) and not dispute.lets(act):
            return _red(dispute=dispute.number)
    return LAWFUL
