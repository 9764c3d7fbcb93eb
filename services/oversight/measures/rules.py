"""What follows a confirmed finding (监督处理): decided by two, executed, reported, verified."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.oversight.findings.rules import FindingState
from shared.law.calendar import Deadline, last_day_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class MeasureKind(Term):
    ORDER_PERFORMANCE = "order_performance", "责令履行"
    ANNUL = "annul", "撤销"
    CHANGE = "change", "变更"
    CONFIRM_ILLEGAL = "confirm_illegal", "确认违法"
    CONFIRM_INVALID = "confirm_invalid", "确认无效"
    CRITICISE = "criticise", "通报批评"
    INTERVIEW = "interview", "约谈"
    SUSPEND_CERTIFICATE = "suspend_certificate", "暂扣执法证件"
    OFF_POST_TRAINING = "off_post_training", "离岗培训"


class MeasureGround(Term):
    """Which of them a measure can rest on, its dated rule says."""

    NOT_PERFORMED = "not_performed", "不履行法定职责"
    DELAYED = "delayed", "拖延履行法定职责"
    FACTS_UNCLEAR = "facts_unclear", "主要事实不清、证据不足"
    WRONG_BASIS = "wrong_basis", "适用依据错误"
    PROCEDURE_VIOLATED = "procedure_violated", "违反法定程序"
    BEYOND_POWERS = "beyond_powers", "超越或者滥用职权"
    MANIFESTLY_IMPROPER = "manifestly_improper", "明显不当"
    PERFORMANCE_POINTLESS = "performance_pointless", "责令履行已无意义"
    NOTHING_TO_ANNUL = "nothing_to_annul", "违法但无可撤销内容"
    ANNULMENT_HARMS = "annulment_harms", "撤销将造成重大损害"
    NO_LEGAL_BASIS = "no_legal_basis", "没有法定依据"
    NO_SEAL = "no_seal", "未加盖印章"
    UNENFORCEABLE = "unenforceable", "内容无法执行"
    NOT_CORRECTED = "not_corrected", "拒不纠正或者逾期未纠正"
    REPEATED = "repeated", "屡查屡犯"
    GRAVE_BREACH = "grave_breach", "情节严重"
    HIGH_ERROR_RATE = "high_error_rate", "执法错误率高"
    DISCIPLINED = "disciplined", "受到处分"
    CONVICTED = "convicted", "被追究刑事责任"
    ENFORCED_UNLAWFULLY = "enforced_unlawfully", "违法执法"
    UNCIVIL = "uncivil", "不文明执法"
    FAILED_APPRAISAL = "failed_appraisal", "考核不合格"


class MeasureState(Term):
    PROPOSED = "proposed", "拟处理"
    DECIDED = "decided", "已决定"
    EXECUTED = "executed", "已执行"
    REPORTED = "reported", "已报告"
    VERIFIED = "verified", "已核实"
    DECLINED = "declined", "不予处理"
    UNEXECUTED = "unexecuted", "未获执行"
    REVOKED = "revoked", "已撤回"


class Executor(Term):
    SUBJECT = "subject", "被监督单位"
    AUTHORITY = "authority", "监督机构"
    ISSUER = "issuer", "发证机关"


_S = MeasureState
RUNNING = (_S.DECIDED, _S.EXECUTED)
"""States in which the deadline runs: to execute it, and to report that."""
ENDED = (_S.VERIFIED, _S.DECLINED, _S.UNEXECUTED, _S.REVOKED)
PROPOSE, DECIDE = "measure:propose", "measure:decide"
EXECUTE, JUDGE = "measure:execute", "measure:judge"

LIFECYCLE = Lifecycle(
    MeasureState.PROPOSED,
    [
        Transition("decide", _S.PROPOSED, _S.DECIDED, DECIDE, "by another than who proposed it"),
        Transition("decline", _S.PROPOSED, _S.DECLINED, DECIDE, "by another than who proposed it"),
        Transition(
            "execute", _S.DECIDED, _S.EXECUTED, EXECUTE, "by whom the rule names for its kind"
        ),
        Transition("report", _S.EXECUTED, _S.REPORTED, EXECUTE),
        Transition("verify", _S.REPORTED, _S.VERIFIED, JUDGE, "by another than who reported it"),
        Transition(
            "reject",
            _S.REPORTED,
            _S.EXECUTED,
            JUDGE,
            "by another than who reported it, and not of what the issuer did",
        ),
        Transition(
            "revoke",
            [_S.DECIDED, _S.EXECUTED, _S.REPORTED],
            _S.REVOKED,
            DECIDE,
            "by another than who decided it",
        ),
        Transition("settle", _S.DECIDED, _S.REPORTED, None, "the issuer suspended the certificate"),
        Transition(
            "fail", _S.DECIDED, _S.UNEXECUTED, None, "the issuer refused, or no certificate is held"
        ),
        Transition("mark_overdue", RUNNING, None, None, "the deadline has passed"),
    ],
    terminal=ENDED,
)


class Terms(BaseModel):
    """What the dated rule of a kind says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    executor: Executor
    term: Deadline
    grounds: list[MeasureGround]
    officer: bool
    """It is against an officer, whom the finding names."""
    act: bool
    """It is about an enforcement act, which the finding names."""


class MeasureFindingUnknown(Refused):
    """No such finding, or not one that the caller may see."""

    code = "measure-finding-unknown"
    status = 422
    zh = "没有可由您办理的问题 {finding_id}。"
    en = "There is no finding {finding_id} within your reach."


class MeasureWithoutConfirmedFinding(Refused):
    code = "measure-without-confirmed-finding"
    status = 409
    zh = "问题尚未认定（当前状态：{state}），不能作出监督处理。"
    en = "A measure rests on a confirmed finding; this one is {state}."


class MeasureForDuplicate(Refused):
    code = "measure-for-duplicate-finding"
    status = 409
    zh = "该问题是重复记录，请对原记录（{duplicate_of}）作出监督处理。"
    en = "The finding is a duplicate of {duplicate_of}: the measure is taken on that one."


class MeasureExists(Refused):
    code = "measure-exists"
    status = 409
    zh = "对该问题已有同类监督处理在办。"
    en = "A measure of that kind is under way for the finding already."


class GroundNotOfKind(Refused):
    """The law names the grounds of each kind."""

    code = "measure-ground-not-of-kind"
    status = 422
    zh = "{ground} 不是该类监督处理的法定事由，可选：{possible}。"
    en = "{ground} is no ground for this kind of measure: {possible}."


class MeasureNeedsOfficer(Refused):
    code = "measure-needs-officer"
    status = 422
    zh = "该类监督处理针对执法人员，所依据的问题须指明执法人员。"
    en = "This measure is against an officer, and the finding names none."


class MeasureNeedsAct(Refused):
    code = "measure-needs-act"
    status = 422
    zh = "该类监督处理针对执法行为，所依据的问题须指明执法行为文书号。"
    en = "This measure is about an enforcement act, and the finding names none."


class MeasureTermTooLong(Refused):
    code = "measure-term-too-long"
    status = 422
    zh = "监督处理的履行期限不得超过规定的期限（最迟 {latest}）。"
    en = "The term is longer than the rule for this measure allows (until {latest} at the latest)."


class MeasureDecidedByProposer(Refused):
    """Two pairs of eyes."""

    code = "measure-decided-by-proposer"
    status = 403
    zh = "提出处理建议的人员不得自行决定。"
    en = "A measure is decided on by another person than the one who proposed it."


class MeasureJudgedByReporter(Refused):
    code = "measure-judged-by-reporter"
    status = 403
    zh = "报告执行情况的人员不得自行核实。"
    en = "A report is judged by another person than the one who made it."


class MeasureRevokedByDecider(Refused):
    code = "measure-revoked-by-decider"
    status = 403
    zh = "作出处理决定的人员不得自行撤回。"
    en = "A measure is revoked by another person than the one who decided it."


class SettledByIssuer(Refused):
    """What the issuer did is not sent back to anybody here."""

    code = "measure-settled-by-issuer"
    status = 409
    zh = "证件已由发证机关暂扣，不能退回重新执行。"
    en = "The issuer has suspended the certificate: there is nothing to be done again."


def may_propose(
    terms: Terms,
    *,
    ground: MeasureGround,
    finding_state: str,
    duplicate_of: UUID | None,
    officer: bool,
    act: bool,
) -> None:
    """`officer` and `act` say that the finding names them."""
    if finding_state != FindingState.CONFIRMED:
        raise MeasureWithoutConfirmedFinding(state=finding_state)
    if duplicate_of is not None:
        raise MeasureForDuplicate(duplicate_of=str(duplicate_of))
    if ground not in terms.grounds:
        raise GroundNotOfKind(
            ground=ground.label, possible="、".join(g.label for g in terms.grounds)
        )
    if terms.officer and not officer:
        raise MeasureNeedsOfficer
    if terms.act and not act:
        raise MeasureNeedsAct


def may_set(due_at: datetime, *, latest: datetime) -> None:
    """A term of the decider's own choice is never longer than the rule's."""
    if due_at > latest:
        raise MeasureTermTooLong(latest=last_day_of(latest).isoformat())


def is_overdue(*, state: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether the deadline has passed without a report that holds."""
    return state in RUNNING and due_at is not None and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a measure decides who may do what now."""

    state: str
    executor: str
    proposed_by: str
    decided_by: str | None
    reported_by: str | None


def next_state(action: str, at: Standing, *, sub: str) -> MeasureState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, sub)) is not None:
        raise hindrance
    return target


def allowed_actions(at: Standing, *, sub: str, permissions: Collection[str]) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, sub) is None
    ]


def _hindrance(action: str, at: Standing, sub: str) -> Refused | None:
    if action in {"decide", "decline"} and sub == at.proposed_by:
        return MeasureDecidedByProposer()
    if action in {"verify", "reject"} and sub == at.reported_by:
        return MeasureJudgedByReporter()
    if action == "reject" and at.executor == Executor.ISSUER:
        return SettledByIssuer()
    if action == "revoke" and sub == at.decided_by:
        return MeasureRevokedByDecider()
    return None
