"""Decisions about delegations of enforcement (委托执法): values in, `Refused` out."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from services.registry.delegated_powers.rules import PowerPassedOn
from services.registry.subjects.rules import SubjectKind, SubjectState
from shared.law.calendar import end_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

PENALTY_LAW_20_21 = "《中华人民共和国行政处罚法》第二十条、第二十一条"
REGISTERED_BY_MARKET_REGULATION = "9"
"""GB 32100: the first character of the codes of enterprises and other market entities."""


class TrusteeKind(Term):
    """What a trustee is said to be; only the first two can be one."""

    SUBJECT = "subject", "执法主体"
    PUBLIC_AFFAIRS = "public_affairs", "管理公共事务的组织"
    ENTERPRISE = "enterprise", "企业"
    INDIVIDUAL = "individual", "个人"
    OTHER = "other", "其他"


PUBLIC_BODIES = (TrusteeKind.SUBJECT, TrusteeKind.PUBLIC_AFFAIRS)


class DelegationState(Term):
    DRAFTED = "drafted", "拟定"
    EVALUATED = "evaluated", "已评估"
    APPROVED = "approved", "已批准"
    FILED = "filed", "已备案"
    PUBLISHED = "published", "已公布"
    ACTIVE = "active", "生效"
    EXPIRING = "expiring", "即将到期"
    EXPIRED = "expired", "已到期"
    REVOKED = "revoked", "已解除"
    REFUSED = "refused", "不予批准"


ENDED = (DelegationState.EXPIRED, DelegationState.REVOKED, DelegationState.REFUSED)
IN_FORCE = (DelegationState.ACTIVE, DelegationState.EXPIRING)
WAITING = (DelegationState.EVALUATED, DelegationState.FILED)
"""For a decision that looks at its powers and its bodies."""
_OPEN = tuple(state for state in DelegationState if state not in ENDED)
_ANOTHER = "another person than who drew it up"

LIFECYCLE = Lifecycle(
    DelegationState.DRAFTED,
    [
        Transition("change", DelegationState.DRAFTED, None, "delegation:draft"),
        Transition(
            "evaluate",
            DelegationState.DRAFTED,
            DelegationState.EVALUATED,
            "delegation:evaluate",
            needs=f"{_ANOTHER}, and a trustee that is fit",
        ),
        Transition(
            "return",
            DelegationState.EVALUATED,
            DelegationState.DRAFTED,
            "delegation:evaluate",
            needs="a reason",
        ),
        Transition(
            "approve",
            DelegationState.EVALUATED,
            DelegationState.APPROVED,
            "delegation:approve",
            needs=f"{_ANOTHER} or evaluated it, powers in force and published bodies",
        ),
        Transition(
            "refuse",
            (DelegationState.DRAFTED, DelegationState.EVALUATED),
            DelegationState.REFUSED,
            "delegation:approve",
            needs="a reason",
        ),
        Transition("sign", DelegationState.APPROVED, None, "delegation:draft", needs="no deed yet"),
        Transition(
            "file",
            DelegationState.APPROVED,
            DelegationState.FILED,
            "delegation:file",
            needs="a deed",
        ),
        Transition(
            "publish",
            DelegationState.FILED,
            DelegationState.PUBLISHED,
            "delegation:publish",
            needs="powers in force, published bodies and days left",
        ),
        Transition(
            "begin", DelegationState.PUBLISHED, DelegationState.ACTIVE, needs="its first day"
        ),
        Transition(
            "remind",
            IN_FORCE,
            DelegationState.EXPIRING,
            needs="as many days left as rule delegation.expiry_notice says",
        ),
        Transition("expire", IN_FORCE, DelegationState.EXPIRED, needs="its last day over"),
        Transition(
            "follow", _OPEN, None, needs="its delegator merged into another, which has its powers"
        ),
        Transition(
            "revoke",
            _OPEN,
            DelegationState.REVOKED,
            "delegation:revoke",
            needs="a reason, also by the end of its delegator or its trustee",
        ),
    ],
    terminal=ENDED,
)


class TrusteeNotPublicBody(Refused):
    """杜绝执法外包: enforcement is delegated to an organisation that administers public affairs."""

    code = "delegation-trustee-not-public-body"
    status = 422
    zh = (
        "不得将行政执法委托给企业、个人或者其他不具有管理公共事务职能的组织（{trustee}）："
        "《中华人民共和国行政处罚法》第二十条、第二十一条。"
    )
    en = (
        "Enforcement is delegated only to an organisation that administers public affairs, never to"
        " a company or a person ({trustee}): arts. 20 and 21 of the Administrative Penalty Law."
    )
    basis = PENALTY_LAW_20_21


class TrusteeUnfit(Refused):
    """What art. 21 asks of a trustee is not there."""

    code = "delegation-trustee-unfit"
    status = 422
    zh = "受委托组织不符合《中华人民共和国行政处罚法》第二十一条规定的条件：{missing}。"
    en = "The trustee lacks what art. 21 of the Administrative Penalty Law asks for: {missing}."
    basis = "《中华人民共和国行政处罚法》第二十一条"


class TrusteeNotPublished(Refused):
    """There is no published subject of that id."""

    code = "delegation-trustee-not-published"
    status = 422
    zh = "受委托的执法主体不存在或未公示。"
    en = "The trustee is no published enforcement subject."


class TrusteeIsDelegator(Refused):
    """Nobody delegates to themselves."""

    code = "delegation-trustee-is-delegator"
    status = 422
    zh = "委托机关与受委托组织不得为同一主体。"
    en = "Delegator and trustee are the same body."


class DelegatorNotPublished(Refused):
    """Who is no enforcement subject has nothing to delegate."""

    code = "delegation-delegator-not-published"
    zh = "委托机关未公示或已暂停（状态：{state}），不得委托执法。"
    en = "The delegator is {state}, not published, and delegates nothing."
    basis = "《重庆市行政执法监督条例》第七条"


class AreaNotDelegators(Refused):
    """Nobody delegates beyond the own division."""

    code = "delegation-area-not-the-delegators"
    status = 422
    zh = "委托区域 {division} 不在委托机关的管辖区域内。"
    en = "The division {division} does not lie in that of the delegator."


class DelegationPeriodInvalid(Refused):
    """It ends before it begins, or has ended."""

    code = "delegation-period-invalid"
    status = 422
    zh = "委托期限无效：{valid_from} 至 {valid_to}（截止日不得早于起始日，也不得早于今天）。"
    en = "From {valid_from} to {valid_to} is no period that can be delegated for."


class DelegationOver(Refused):
    """Its last day has passed before it began."""

    code = "delegation-over"
    zh = "委托期限已于 {valid_to} 届满。"
    en = "The last day of the delegation was {valid_to}."


class DelegationTooLong(Refused):
    """Longer than the rule in force allows."""

    code = "delegation-too-long"
    status = 422
    zh = "委托期限最长为{years}年。"
    en = "A delegation runs for {years} years at most."


class DelegationSelfApproval(Refused):
    """Two pairs of eyes."""

    code = "delegation-self-approval"
    zh = "拟定人不得评估或批准自己拟定的委托，评估人不得批准自己评估的委托。"
    en = "Who drew it up neither evaluates nor approves it, and who evaluated it does not approve."


class DeedMissing(Refused):
    """A delegation is in writing."""

    code = "delegation-deed-missing"
    zh = "尚未登记委托书，不得备案。"
    en = "The written deed has not been recorded."
    basis = "《中华人民共和国行政处罚法》第二十条"


class DeedSigned(Refused):
    """There is one deed; another one is another delegation."""

    code = "delegation-deed-signed"
    zh = "委托书已登记，不得更改；如有错误，应解除后重新委托。"
    en = "The deed has been recorded; to change it, revoke the delegation and draw up another."


class DeedNumberTaken(Refused):
    """The delegator has given this number to another deed."""

    code = "delegation-deed-number-taken"
    zh = "该委托书编号已使用。"
    en = "The delegator has used this number for another deed."


class DelegationDayImpossible(Refused):
    """A step was taken before the one it follows, or is still to come."""

    code = "delegation-day-impossible"
    status = 422
    zh = "日期 {on} 不得早于 {after}，也不得晚于今天。"
    en = "The day {on} lies before {after} or is still to come."


def may_be_trustee(*, kind: TrusteeKind, credit_code: str | None) -> None:
    """处罚法 arts. 20-21: a public body, whatever a company is called in the application."""
    if kind not in PUBLIC_BODIES:
        raise TrusteeNotPublicBody(trustee=kind.label)
    if credit_code is not None and credit_code.startswith(REGISTERED_BY_MARKET_REGULATION):
        raise TrusteeNotPublicBody(trustee=credit_code)


def may_delegate(*, state: str, kind: str) -> None:
    """A published subject that is not itself there by delegation."""
    if state != SubjectState.PUBLISHED:
        raise DelegatorNotPublished(state=str(state))
    if kind == SubjectKind.ENTRUSTED:
        raise PowerPassedOn(powers=SubjectKind.ENTRUSTED.label)


def may_run(*, valid_from: date, valid_to: date, today: date, years: int) -> None:
    """A period of at most `years` years that is not over."""
    if valid_to < valid_from or valid_to < today:
        raise DelegationPeriodInvalid(
            valid_from=valid_from.isoformat(), valid_to=valid_to.isoformat()
        )
    length = (valid_to.year - valid_from.year, valid_to.month, valid_to.day)
    if length >= (years, valid_from.month, valid_from.day):
        raise DelegationTooLong(years=years)


def may_begin(*, valid_to: date, today: date) -> None:
    """There are days left."""
    if valid_to < today:
        raise DelegationOver(valid_to=valid_to.isoformat())


def may_evaluate(*, caller: str, authors: Collection[str]) -> None:
    """Who drew it up does not evaluate it."""
    if caller in authors:
        raise DelegationSelfApproval


def is_fit(*, administers_public_affairs: bool, qualified_staff: int, equipped: bool) -> None:
    """处罚法 art. 21: founded to administer public affairs, with qualified staff and the means."""
    conditions = {
        "依法成立并具有管理公共事务职能": administers_public_affairs,
        "取得行政执法资格的工作人员": qualified_staff > 0,
        "技术检查或者技术鉴定条件": equipped,
    }
    if missing := [name for name, met in conditions.items() if not met]:
        raise TrusteeUnfit(missing="、".join(missing))


def may_approve(*, caller: str, authors: Collection[str], evaluated_by: str | None) -> None:
    """Neither who drew it up nor who evaluated it."""
    if caller in authors or caller == evaluated_by:
        raise DelegationSelfApproval


def may_sign(*, signed: bool) -> None:
    """There is one deed."""
    if signed:
        raise DeedSigned


def may_file(*, signed: bool) -> None:
    """It is in writing."""
    if not signed:
        raise DeedMissing


def has_been(on: date, *, after: date | None, today: date) -> None:
    """A day on which a step was taken: not before the step that it follows, and not to come."""
    if on > today or (after is not None and on < after):
        raise DelegationDayImpossible(on=on.isoformat(), after=(after or date.min).isoformat())


def next_notice(*, valid_to: date, today: date, days: Sequence[int]) -> date | None:
    """The next day on which the end is announced; `days` are as many days before it."""
    to_come = [valid_to - timedelta(days=n) for n in days if (valid_to - today).days > n]
    return min(to_come, default=None)


def due_at(*, state: str, filing_due_at: datetime | None, valid_from: date) -> datetime | None:
    """The first moment too late for the next step: filing after the deed, publication by its
    first day."""
    match state:
        case DelegationState.APPROVED:
            return filing_due_at
        case DelegationState.FILED:
            return end_of(valid_from)
        case _:
            return None


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    authors: Collection[str],
    evaluated_by: str | None,
    signed: bool,
    stands: bool,
    over: bool,
) -> list[str]:
    """What somebody in charge may do now.

    `stands` says whether its powers are in force and its bodies published, `over` whether its last
    day has passed.
    """
    barred = {"sign"} if signed else {"file"}
    if caller in authors:
        barred |= {"evaluate", "approve"}
    if caller == evaluated_by or not stands:
        barred.add("approve")
    if over or not stands:
        barred.add("publish")
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action not in barred]
