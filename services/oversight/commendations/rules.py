"""Decisions about commendations (行政执法先进集体、先进个人表彰): values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from shared.law.calendar import ONE_DAY, by_local_clock, end_of, months_from
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SUPERVISION_22 = "《重庆市行政执法监督条例》第二十二条"


class CommendationKind(Term):
    COLLECTIVE = "collective", "先进集体"
    PERSON = "person", "先进个人"


class CommendationState(Term):
    NOMINATED = "nominated", "已提名"
    VETTED = "vetted", "已审核"
    PUBLICISED = "publicised", "公示中"
    GRANTED = "granted", "已表彰"
    REJECTED = "rejected", "未通过"
    REVOKED = "revoked", "已撤销"


class CommendationBar(Term):
    """What bars a commendation; the first five are read from the data."""

    GRAVE_FINDING = "grave_finding", "期限内有认定的严重问题"
    OVERDUE_RECTIFICATION = "overdue_rectification", "有逾期未改的整改"
    FAILED_APPRAISAL = "failed_appraisal", "期限内评议考核不合格"
    CERTIFICATE_NOT_ACTIVE = "certificate_not_active", "执法证件未生效、暂扣、吊销或者过期"
    SUBJECT_NOT_PUBLISHED = "subject_not_published", "执法主体未公示、暂停或者终止"
    DISCIPLINE = "discipline", "纪检监察部门认为不宜表彰"
    PETITION = "petition", "信访部门认为不宜表彰"


BY_DATA = frozenset(CommendationBar) - {CommendationBar.DISCIPLINE, CommendationBar.PETITION}


class ConcernState(Term):
    OPEN = "open", "待核查"
    UPHELD = "upheld", "属实"
    DISMISSED = "dismissed", "不属实"


_S = CommendationState

LIFECYCLE = Lifecycle(
    CommendationState.NOMINATED,
    [
        Transition(
            "vet",
            _S.NOMINATED,
            _S.VETTED,
            "commendation:vet",
            needs="another person than the nominator, each check of the rule, and no bar",
        ),
        Transition(
            "reject",
            [_S.NOMINATED, _S.VETTED, _S.PUBLICISED],
            _S.REJECTED,
            "commendation:vet",
            needs="a reason",
        ),
        Transition("publicise", _S.VETTED, _S.PUBLICISED, "commendation:vet"),
        Transition(
            "concern",
            _S.PUBLICISED,
            None,
            "commendation:concern",
            needs="the time of publicity runs",
        ),
        Transition("settle", _S.PUBLICISED, None, "commendation:vet", needs="an open objection"),
        Transition(
            "grant",
            _S.PUBLICISED,
            _S.GRANTED,
            "commendation:grant",
            needs="the time of publicity over, no objection open or upheld, no bar, and another"
            " person than who nominated or vetted",
        ),
        Transition("revoke", _S.GRANTED, _S.REVOKED, "commendation:grant", needs="a reason"),
    ],
    terminal=(_S.REJECTED, _S.REVOKED),
)


class CommendationExists(Refused):
    """Once a title and nominee, unless it was rejected or revoked."""

    code = "commendation-exists"
    zh = "该对象已被提名或者已获得该称号。"
    en = "The nominee has been nominated for that title, or holds it."


class CommendedOfficerUnknown(Refused):
    """No such officer of the subject."""

    code = "commendation-officer-unknown"
    status = 422
    zh = "该单位没有在岗执法人员 {officer_id}。"
    en = "The subject has no officer {officer_id} on post."


class ChecksIncomplete(Refused):
    """Each body that the rule names is asked."""

    code = "commendation-checks-incomplete"
    status = 422
    zh = "审核须逐项征求意见，缺少：{missing}。"
    en = "Each check of the rule is made; missing: {missing}."


class CommendationBarred(Refused):
    """There is something against it."""

    code = "commendation-barred"
    zh = "存在不得表彰的情形：{bars}。"
    en = "There are bars to it: {bars}."
    basis = SUPERVISION_22


class VettedByNominator(Refused):
    """Two pairs of eyes."""

    code = "commendation-vetted-by-nominator"
    status = 403
    zh = "提名人不得审核自己的提名。"
    en = "Who nominated does not vet the nomination."


class GrantedByVetter(Refused):
    """Three pairs of eyes."""

    code = "commendation-granted-by-vetter"
    status = 403
    zh = "提名人、审核人不得作出表彰决定。"
    en = "Who nominated or vetted does not grant it."


class PublicityRunning(Refused):
    code = "commendation-publicity-running"
    zh = "公示期至 {due_at}，期满前不得表彰。"
    en = "It is publicised until {due_at} and granted no earlier."


class PublicityOver(Refused):
    code = "commendation-publicity-over"
    zh = "公示期已于 {due_at} 届满。"
    en = "The time of publicity ended at {due_at}."


class ConcernsOpen(Refused):
    """What was said against it is looked into first."""

    code = "commendation-concerns-open"
    zh = "公示期间的异议尚有 {open} 件未核查。"
    en = "{open} objections from the time of publicity are not settled."


class ConcernUpheld(Refused):
    """An objection was found to be true."""

    code = "commendation-concern-upheld"
    zh = "公示期间的异议经核查属实，不得表彰。"
    en = "An objection was found to be true; it cannot be granted."


class ConcernUnknown(Refused):
    """No such objection, or it is settled."""

    code = "commendation-concern-unknown"
    status = 422
    zh = "没有待核查的异议 {concern}。"
    en = "There is no open objection {concern}."


def may_vet(
    *,
    caller: str,
    nominated_by: str,
    asked: Collection[str],
    checks: Mapping[str, bool],
    bars: Collection[str],
) -> None:
    """By another than the nominator; each check of the rule made, and nothing found."""
    if caller == nominated_by:
        raise VettedByNominator
    if missing := [CommendationBar(bar).label for bar in asked if bar not in checks]:
        raise ChecksIncomplete(missing="、".join(missing))
    is_free([*bars, *(bar for bar, found in checks.items() if found)])


def is_free(bars: Sequence[str]) -> None:
    """Nothing bars it."""
    if bars:
        raise CommendationBarred(
            bars="、".join(CommendationBar(bar).label for bar in dict.fromkeys(bars))
        )


def looked_back_to(today: date, *, months: int) -> datetime:
    """The first moment of so many calendar months, today being the last day of them."""
    return end_of(months_from(today, -months) - ONE_DAY)


def may_settle(concerns: Sequence[Mapping[str, Any]], number: int) -> None:
    """An objection that is open, by its number."""
    if not any(one["number"] == number and one["state"] == ConcernState.OPEN for one in concerns):
        raise ConcernUnknown(concern=number)


def next_state(
    action: str,
    *,
    state: str,
    due_at: datetime | None,
    concerns: Sequence[Mapping[str, Any]],
    nominated_by: str,
    vetted_by: str | None,
    sub: str,
    now: datetime,
) -> CommendationState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    hindrance = _hindrance(
        action,
        due_at=due_at,
        concerns=concerns,
        nominated_by=nominated_by,
        vetted_by=vetted_by,
        sub=sub,
        now=now,
    )
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    *,
    state: str,
    due_at: datetime | None,
    concerns: Sequence[Mapping[str, Any]],
    nominated_by: str,
    vetted_by: str | None,
    barred: bool,
    sub: str,
    now: datetime,
    permissions: Collection[str],
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now; `barred` by the data."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if not (barred and action in {"vet", "grant"})
        and _hindrance(
            action,
            due_at=due_at,
            concerns=concerns,
            nominated_by=nominated_by,
            vetted_by=vetted_by,
            sub=sub,
            now=now,
        )
        is None
    ]


def _hindrance(
    action: str,
    *,
    due_at: datetime | None,
    concerns: Sequence[Mapping[str, Any]],
    nominated_by: str,
    vetted_by: str | None,
    sub: str,
    now: datetime,
) -> Refused | None:
    running = due_at is not None and now < due_at
    told = by_local_clock(due_at) if due_at is not None else None
    states = [one["state"] for one in concerns]
    match action:
        case "vet" if sub == nominated_by:
            return VettedByNominator()
        case "concern" if not running:
            return PublicityOver(due_at=told)
        case "settle" if ConcernState.OPEN not in states:
            return ConcernUnknown(concern=0)
        case "grant" if sub in (nominated_by, vetted_by):
            return GrantedByVetter()
        case "grant" if running:
            return PublicityRunning(due_at=told)
        case "grant" if ConcernState.OPEN in states:
            return ConcernsOpen(open=states.count(ConcernState.OPEN))
        case "grant" if ConcernState.UPHELD in states:
            return ConcernUpheld()
        case _:
            return None
