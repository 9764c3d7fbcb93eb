"""What a rule says of an act, and the life of the warning that comes of it.

Judging is pure: the act, what is known of what it refers to, the calendar and the moment go in; a
verdict comes out, with the moment from which it may be another although nobody tells anything new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.oversight.warning_rules.rules import (
    CertificatesCheck,
    Content,
    DelegatedCheck,
    ListedCheck,
    OutsourcedCheck,
    RepeatedCheck,
    RequiredCheck,
    TermCheck,
    WarningLevel,
)
from shared.clock import legal_day
from shared.law.calendar import Calendar, Unit, due, end_of, working_days_between
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
        Transition("clear", OPEN, _S.CLEARED, None, "what was told since takes its ground away"),
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

    def held_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to and (
            self.ended_on is None or day < self.ended_on
        )


class Listing(NamedTuple):
    """From when to when a township's list had an item."""

    since: date | None
    until: date | None


@dataclass
class Known:
    """What the acts of a chunk refer to, as far as it is known."""

    certificates: dict[str, Certificate] = field(default_factory=dict)
    deeds: dict[UUID, Deed] = field(default_factory=dict)
    entrusted: dict[tuple[str, str], list[Deed]] = field(default_factory=dict)
    """By who entrusts and who is entrusted."""
    townships: set[UUID] = field(default_factory=set)
    """Of the subjects, those of township level."""
    lists: set[str] = field(default_factory=set)
    """Townships of which there is a list at all."""
    listed: dict[tuple[str, str], list[Listing]] = field(default_factory=dict)
    """By township and item."""
    bodies: set[str] = field(default_factory=set)
    """Credit codes of enforcement subjects."""
    checks: dict[bytes, list[tuple[UUID, str, datetime]]] = field(default_factory=dict)
    """Of a party: which acts, by whom, when they began."""


class Verdict(NamedTuple):
    """What a rule says of an act now."""

    level: WarningLevel | None
    detail: Mapping[str, Any] = {}
    due_at: datetime | None = None
    """The first moment that is too late, of a term."""
    look_at: datetime | None = None
    """From when on it may be another, with nothing new told."""


LAWFUL = Verdict(None)
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
    check = content.check
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
    limit = due(start, check.term, calendar).at
    if check.excluded_periods:
        periods = act["excluded_periods"]
        if reached is None and any(period["to"] is None for period in periods):
            return LAWFUL  # the clock stands still until its source tells how long
        limit = _with_periods(limit, start, periods, check.term.unit, calendar)
    if check.extensions and act["extended_to"] is not None:
        limit = max(limit, end_of(act["extended_to"]))
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


def _with_periods(
    limit: datetime,
    start: datetime,
    periods: Iterable[Mapping[str, Any]],
    unit: Unit,
    calendar: Calendar,
) -> datetime:
    """The end of a term, later by the days that do not count, each of them once."""
    first = legal_day(start)
    days = {
        day
        for period in periods
        if period["to"] is not None
        for day in _days(date.fromisoformat(period["from"]), date.fromisoformat(period["to"]))
        if day > first
    }
    for day in sorted(days):
        if end_of(day) > limit:
            break  # after the end nothing can be excluded any more
        if unit is Unit.WORKING_DAYS:
            if calendar.is_workday(day):
                last = legal_day(limit - timedelta(microseconds=1))
                limit = end_of(calendar.count(last, 1)[0])
        else:
            limit += timedelta(days=1)
    return limit


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _before(limit: datetime, early: int, unit: Unit, calendar: Calendar) -> datetime:
    if unit is Unit.HOURS:
        return limit - timedelta(hours=early)
    if unit is Unit.DAYS:
        return limit - timedelta(days=early)
    last = legal_day(limit - timedelta(microseconds=1))
    day = last
    while working_days_between(day, last, calendar) < early:
        day -= timedelta(days=1)
    return end_of(day)


def _required(
    check: RequiredCheck, act: Mapping[str, Any], calendar: Calendar, now: datetime
) -> Verdict:
    at = act[f"{check.once}_at"]
    if at is None:
        return LAWFUL
    missing = [one.field for one in check.must if not one.holds(act)]
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
        return _red(item_code=code)
    township = act["township"]
    if township not in known.lists:
        return LAWFUL  # oversight has not been told of any list of it
    day = _day_of(act)
    for since, until in known.listed.get((township, code), ()):
        if (since is None or since <= day) and (until is None or day < until):
            return LAWFUL
    return _red(item_code=code, division=township)


def _delegated(act: Mapping[str, Any], known: Known) -> Verdict:
    deed = known.deeds.get(act["delegation_id"])
    if deed is None:
        return LAWFUL
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
