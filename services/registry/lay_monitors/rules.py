"""Decisions about lay monitors and their grid cells: values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class MonitorSource(Term):
    """From where a lay monitor comes."""

    PEOPLES_CONGRESS = "peoples_congress", "人大代表"
    CPPCC = "cppcc", "政协委员"
    LAWYER = "lawyer", "律师"
    SCHOLAR = "scholar", "专家学者"
    ENTERPRISE = "enterprise", "企业"
    MEDIA = "media", "新闻工作者"
    PUBLIC = "public", "群众"
    OTHER = "other", "其他"


class MonitorState(Term):
    NOMINATED = "nominated", "已提名"
    VETTED = "vetted", "已审查"
    APPOINTED = "appointed", "已聘任"
    ON_LEAVE = "on_leave", "暂离"
    ENDED = "ended", "聘期届满或者辞聘"
    DISMISSED = "dismissed", "解聘"
    REFUSED = "refused", "不予聘任"


class Bar(Term):
    """What keeps somebody from being appointed."""

    PUNISHED = "punished", "受过刑事处罚"
    DISMISSED_FROM_OFFICE = "dismissed_from_office", "被开除公职"
    DISHONEST = "dishonest", "被列为失信"
    ENFORCEMENT_STAFF = "enforcement_staff", "行政执法人员"


class ActivityKind(Term):
    """What a lay monitor did."""

    PATROL = "patrol", "网格巡查"
    INSPECTION = "inspection", "参加监督检查"
    VISIT = "visit", "走访座谈"
    CASE_REVIEW = "case_review", "参加案卷评查"
    LEAD = "lead", "提供线索"
    TRAINING = "training", "参加培训"
    OTHER = "other", "其他"


_S = MonitorState
SERVING = (_S.APPOINTED, _S.ON_LEAVE)
ENDED = (_S.ENDED, _S.DISMISSED, _S.REFUSED)
_REASON = "a reason"

LIFECYCLE = Lifecycle(
    _S.NOMINATED,
    [
        Transition(
            "change",
            (_S.NOMINATED, _S.VETTED, *SERVING),
            None,
            "lay_monitor:nominate",
        ),
        Transition(
            "vet",
            _S.NOMINATED,
            _S.VETTED,
            "lay_monitor:vet",
            needs="another person than who nominated, and every bar looked into and none found",
        ),
        Transition(
            "refuse", (_S.NOMINATED, _S.VETTED), _S.REFUSED, "lay_monitor:vet", needs=_REASON
        ),
        Transition(
            "appoint",
            _S.VETTED,
            _S.APPOINTED,
            "lay_monitor:appoint",
            needs="a term that rule lay_monitor.term allows",
        ),
        Transition("assign", SERVING, None, "lay_monitor:assign"),
        Transition(
            "reverse",
            SERVING,
            None,
            "lay_monitor:reverse",
            needs="a grid cell assigned by mistake, a reason",
        ),
        Transition("activities", _S.APPOINTED, None, "lay_monitor:log"),
        Transition("leave", _S.APPOINTED, _S.ON_LEAVE, "lay_monitor:leave", needs=_REASON),
        Transition("resume", _S.ON_LEAVE, _S.APPOINTED, "lay_monitor:leave"),
        Transition("resign", SERVING, _S.ENDED, "lay_monitor:end", needs=_REASON),
        Transition("dismiss", SERVING, _S.DISMISSED, "lay_monitor:dismiss", needs=_REASON),
        Transition("end", SERVING, _S.ENDED, needs="the last day of the term over"),
    ],
    terminal=ENDED,
)


class AlreadyMonitor(Refused):
    """Somebody who is nominated or serves has this identity number."""

    code = "lay-monitor-already-filed"
    zh = "该人员已被提名或者正在担任行政执法监督员。"
    en = "This person is nominated or serves as a lay monitor already."


class AccountTaken(Refused):
    """An account is that of one person."""

    code = "lay-monitor-account-taken"
    zh = "该账号已属于另一名监督员。"
    en = "The account belongs to another lay monitor."


class GridCodeTaken(Refused):
    """A code stands for one grid cell of a division."""

    code = "grid-code-taken"
    zh = "该区划内已有使用该编号的网格。"
    en = "The division has a grid cell of this code already."


class GridElsewhere(Refused):
    """A lay monitor serves where they were nominated."""

    code = "grid-elsewhere"
    status = 422
    zh = "网格 {grid} 不在该监督员所属区划内。"
    en = "The grid cell {grid} is not in the division of the lay monitor."


class VettedByNominator(Refused):
    """Who nominates does not vet."""

    code = "lay-monitor-vetted-by-nominator"
    zh = "提名人不得审查自己提名的人选。"
    en = "Who nominated somebody cannot vet them."


class BarsUnchecked(Refused):
    """Each bar in force is looked into before somebody is appointed."""

    code = "lay-monitor-bars-unchecked"
    status = 422
    zh = "尚未核查：{missing}。"
    en = "Still to be looked into: {missing}."


class Barred(Refused):
    """Something was found that keeps the person from being appointed."""

    code = "lay-monitor-barred"
    status = 422
    zh = "存在不得聘任的情形：{bar}。"
    en = "The person cannot be appointed: {bar}."


class EnforcementStaff(Refused):
    """Who enforces does not monitor enforcement."""

    code = "lay-monitor-enforcement-staff"
    status = 422
    zh = "该人员系在岗行政执法人员，不得担任行政执法监督员。"
    en = "The person is on post as enforcement staff and cannot be a lay monitor."


class IdentityMissing(Refused):
    """Without the identity number the register of officers cannot be asked."""

    code = "lay-monitor-identity-missing"
    status = 422
    zh = "审查须填写身份证号码，据以核查该人员是否为在岗行政执法人员。"
    en = "To be vetted, the identity number is needed: by it enforcement staff are told."


class IdentityDiffers(Refused):
    """It is of the person who was nominated."""

    code = "lay-monitor-identity-differs"
    status = 422
    zh = "所填身份证号码与提名时不一致。"
    en = "The identity number is not the one given at the nomination."


class TermInvalid(Refused):
    """The term has begun, is not over, and is no longer than the rule allows."""

    code = "lay-monitor-term-invalid"
    status = 422
    zh = "聘期 {term_from} 至 {term_to} 无效：须已开始、尚未届满，且不超过{longest_years}年。"
    en = (
        "The term from {term_from} to {term_to} must have begun, must not be over, and lasts"
        " {longest_years} years at most."
    )


class LeadWithoutReference(Refused):
    """A lead is kept where it is handled; here is where to find it."""

    code = "lay-monitor-lead-without-reference"
    status = 422
    zh = "提供线索须填写线索编号。"
    en = "Say by its reference which lead was given."


def may_vet(
    *, caller: str, nominated_by: str, bars: Sequence[str], found: Mapping[str, bool]
) -> None:
    """`bars` by the rule `lay_monitor.bars` in force; `found` says of each what came out."""
    if caller == nominated_by:
        raise VettedByNominator
    if missing := [bar for bar in bars if bar not in found]:
        raise BarsUnchecked(missing=missing)
    for bar in bars:
        if found[bar]:
            raise Barred(bar=bar)


def may_monitor(*, on_post: bool, bars: Collection[str]) -> None:
    """执法人员不得担任: as far as the identity number is known, the register itself says so."""
    if on_post and Bar.ENFORCEMENT_STAFF in bars:
        raise EnforcementStaff


def is_known(*, known: bool, bars: Collection[str]) -> None:
    """Nobody gets past the register of officers by leaving the number out."""
    if not known and Bar.ENFORCEMENT_STAFF in bars:
        raise IdentityMissing


def may_be_known_by(*, told: bytes, known: bytes | None) -> None:
    """By one identity number; both are keyed hashes."""
    if known is not None and told != known:
        raise IdentityDiffers


def may_serve(*, term_from: date, term_to: date, today: date, longest_years: int) -> None:
    """The term is one that runs today."""
    longest = _years_after(term_from, longest_years)
    if not (term_from <= today <= term_to < longest):
        raise TermInvalid(
            term_from=term_from.isoformat(),
            term_to=term_to.isoformat(),
            longest_years=longest_years,
        )


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


def may_cover(*, grid: str, within: bool) -> None:
    """专业化+网格化: a grid cell has one or several monitors, of its own district or township."""
    if not within:
        raise GridElsewhere(grid=grid)


def may_log(*, kind: ActivityKind, reference: str | None) -> None:
    """A lead itself goes to those who handle it."""
    if kind is ActivityKind.LEAD and not reference:
        raise LeadWithoutReference


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    nominated_by: str,
    in_charge: bool,
    own: bool,
    assigned: bool,
) -> list[str]:
    """What somebody in charge, or the monitor, may do now; `assigned` to a grid cell or not."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    if in_charge:
        barred = {"vet"} if caller == nominated_by else set()
        if not assigned:
            barred.add("reverse")
        return [action for action in actions if action not in barred]
    return [action for action in actions if own and action == "activities"]
