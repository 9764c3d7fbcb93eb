"""Decisions about disputes between enforcement bodies (执法争议): values in, `Refused` out.

重庆市行政执法监督条例 art. 11: they negotiate, then the supervision authority coordinates, then the
government rules; while it is pending nobody acts alone, but for the safety of the public or of a
person.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from services.escalation.ladder.rules import IssueLevel
from shared.law.calendar import DeadlinePassed, by_local_clock
from shared.law.divisions import Scope
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝争"


class DisputeKind(Term):
    JURISDICTION = "jurisdiction", "管辖争议"
    BASIS = "basis", "执法依据争议"
    JOINT_ENFORCEMENT = "joint_enforcement", "联合执法争议"
    ASSISTANCE = "assistance", "执法协助争议"
    TRANSFER = "transfer", "案件移送争议"


class DisputeState(Term):
    NEGOTIATING = "negotiating", "协商中"
    APPLIED = "applied", "已申请协调"
    ACCEPTED = "accepted", "已受理"
    FORWARDED = "forwarded", "已转送答复"
    COORDINATING = "coordinating", "协调中"
    PROPOSED = "proposed", "协调意见待签发"
    OPINED = "opined", "已出具协调意见"
    OBJECTED = "objected", "对协调意见有异议"
    SUBMITTED = "submitted", "已报请政府裁定"
    RULED = "ruled", "政府已裁定"
    CLOSED = "closed", "已办结"
    SETTLED = "settled", "协商一致"
    REFUSED = "refused", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"


class DisputeRefusalGround(Term):
    NOT_ENFORCEMENT = "not_enforcement", "不属于行政执法争议"
    NOT_NEGOTIATED = "not_negotiated", "未经协商"
    NOT_COMPETENT = "not_competent", "不属于本机关协调范围"
    DECIDED = "decided", "已有协调意见或者裁定"
    IN_PROCEEDINGS = "in_proceedings", "已进入复议或者诉讼程序"


class DisputeOutcome(Term):
    OPINION = "opinion", "协调意见"
    RULING = "ruling", "政府裁定"


_S = DisputeState
_AT_WORK = (_S.ACCEPTED, _S.FORWARDED, _S.COORDINATING)
_BEFORE_LEVEL = (*_AT_WORK, _S.PROPOSED, _S.OBJECTED, _S.SUBMITTED)
PENDING = (_S.NEGOTIATING, _S.APPLIED, *_BEFORE_LEVEL)
"""Nobody acts alone on what is disputed."""
_NEGOTIABLE = (_S.NEGOTIATING, *_AT_WORK)

TERMS = {
    _S.NEGOTIATING: "dispute.negotiate",
    _S.APPLIED: "dispute.accept",
    _S.ACCEPTED: "dispute.forward",
    _S.FORWARDED: "dispute.reply",
    _S.COORDINATING: "dispute.coordinate",
    _S.OPINED: "dispute.object",
    _S.OBJECTED: "dispute.submit",
    _S.SUBMITTED: "dispute.ruling",
}
"""The rule whose term begins with a state. A drafted opinion is within that of coordination."""
REMINDER = "dispute.reminder"
WAITED_FOR = frozenset(PENDING)
"""Somebody is late if the term passes; after an opinion it only becomes final."""

_COORDINATE, _TAKE_PART = "dispute:coordinate", "dispute:take_part"
_BY_LEVEL, _BY_PARTY = "by the level that coordinates", "by a party"
_BY_ANOTHER = "by another of the level than who drafted it"

LIFECYCLE = Lifecycle(
    _S.NEGOTIATING,
    [
        Transition("propose_terms", _NEGOTIABLE, None, _TAKE_PART, _BY_PARTY),
        Transition("consent", _NEGOTIABLE, None, _TAKE_PART, "by each other party"),
        Transition("settle", _NEGOTIABLE, _S.SETTLED, _TAKE_PART, "once each party consented"),
        Transition("apply", _S.NEGOTIATING, _S.APPLIED, _TAKE_PART, "by who opened it"),
        Transition(
            "withdraw",
            [_S.NEGOTIATING, _S.APPLIED, *_AT_WORK],
            _S.WITHDRAWN,
            _TAKE_PART,
            "by who opened it",
        ),
        Transition("report_safety_action", PENDING, None, _TAKE_PART, _BY_PARTY),
        Transition("accept", _S.APPLIED, _S.ACCEPTED, "dispute:accept", _BY_LEVEL),
        Transition("refuse", _S.APPLIED, _S.REFUSED, "dispute:accept", "on a ground"),
        Transition("order_interim", _BEFORE_LEVEL, None, _COORDINATE, _BY_LEVEL),
        Transition("lift_interim", _BEFORE_LEVEL, None, _COORDINATE, _BY_LEVEL),
        Transition("forward", _S.ACCEPTED, _S.FORWARDED, _COORDINATE, _BY_LEVEL),
        Transition("reply", _S.FORWARDED, None, _TAKE_PART, "by the other parties"),
        Transition(
            "coordinate",
            _S.FORWARDED,
            _S.COORDINATING,
            _COORDINATE,
            "with every reply, or after their term",
        ),
        Transition("propose_opinion", _S.COORDINATING, _S.PROPOSED, _COORDINATE, _BY_LEVEL),
        Transition("return_opinion", _S.PROPOSED, _S.COORDINATING, "dispute:opine", _BY_ANOTHER),
        Transition("issue_opinion", _S.PROPOSED, _S.OPINED, "dispute:opine", _BY_ANOTHER),
        Transition("object", _S.OPINED, _S.OBJECTED, _TAKE_PART, "by a party, in time"),
        Transition(
            "submit",
            [_S.COORDINATING, _S.OBJECTED],
            _S.SUBMITTED,
            _COORDINATE,
            "to the government of the level",
        ),
        Transition(
            "record_ruling", _S.SUBMITTED, _S.RULED, "dispute:opine", "with the document's number"
        ),
        Transition(
            "close",
            [_S.OPINED, _S.RULED],
            _S.CLOSED,
            _COORDINATE,
            "an opinion, once nobody may object any more",
        ),
        Transition("mark_overdue", sorted(WAITED_FOR), None, None, "the term has passed"),
    ],
    terminal=[_S.CLOSED, _S.SETTLED, _S.REFUSED, _S.WITHDRAWN],
)
BY_PARTIES = frozenset(t.action for t in LIFECYCLE.transitions if t.permission == _TAKE_PART)
BY_APPLICANT = frozenset({"apply", "withdraw"})


class DisputePartiesSame(Refused):
    code = "dispute-parties-same"
    status = 422
    zh = "同一单位({organisation})不得作为争议多方。"
    en = "A body ({organisation}) is a party once."


class DisputeLeadNotParty(Refused):
    """Who leads, and who has the power, is one of those that dispute it."""

    code = "dispute-lead-not-party"
    status = 422
    zh = "{organisation}不是争议一方。"
    en = "The body {organisation} is no party."


class DisputeNotParty(Refused):
    code = "dispute-not-party"
    status = 403
    zh = "仅由争议各方办理。"
    en = "Only a party to the dispute does this."


class DisputeNotApplicant(Refused):
    code = "dispute-not-applicant"
    status = 403
    zh = "仅由提出争议的一方办理。"
    en = "Only the party that opened the dispute does this."


class DisputeApplicantElsewhere(Refused):
    """The level is that of all the parties' divisions: nobody chooses it by naming another."""

    code = "dispute-applicant-elsewhere"
    status = 422
    zh = "提出争议的一方应为本单位,所在区划为{division}。"
    en = "The applicant is the caller's own body, of division {division}."


class DisputeNotRespondent(Refused):
    code = "dispute-not-respondent"
    status = 403
    zh = "答复由其他各方作出。"
    en = "The other parties reply."


class DisputeNotInCharge(Refused):
    code = "dispute-not-in-charge"
    status = 403
    zh = "该争议由{level}协调。"
    en = "The dispute is coordinated at another level ({level})."


class DisputeOwnCause(Refused):
    """Nobody coordinates a dispute of the body they work for."""

    code = "dispute-own-cause"
    status = 403
    zh = "争议一方的人员不得协调该争议。"
    en = "Whoever works for a party does not coordinate the dispute."


class DisputeNoTerms(Refused):
    code = "dispute-no-terms"
    zh = "尚未提出协商方案。"
    en = "No terms have been proposed."


class DisputeConsented(Refused):
    code = "dispute-consented"
    zh = "已经同意该协商方案。"
    en = "The party has consented to these terms."


class DisputeNotAgreed(Refused):
    code = "dispute-not-agreed"
    zh = "尚有一方未同意协商方案。"
    en = "A party has not consented to the terms."


class DisputeRepliesOutstanding(Refused):
    code = "dispute-replies-outstanding"
    zh = "答复期限未满且尚有一方未答复。"
    en = "A party has not replied and still has time to."


class DisputeNoInterim(Refused):
    code = "dispute-no-interim"
    zh = "没有执行中的临时措施。"
    en = "No interim measures are in force."


class DisputeOpinionByDrafter(Refused):
    """Two pairs of eyes."""

    code = "dispute-opinion-by-drafter"
    status = 403
    zh = "拟稿人员不得自行签发协调意见。"
    en = "An opinion is issued or returned by another person than who drafted it."


class DisputeMayBeObjected(Refused):
    code = "dispute-may-be-objected"
    zh = "异议期限至{due_at}届满,在此之前不得办结。"
    en = "The parties may object until {due_at}."


def level_between(scopes: Iterable[Scope]) -> IssueLevel:
    """The common superior: the district of all, or else the Bureau."""
    districts = {scope.district for scope in scopes}
    return (
        IssueLevel.DISTRICT
        if len(districts) == 1 and None not in districts
        else (IssueLevel.BUREAU)
    )


def may_open(organisations: Collection[str]) -> None:
    seen: set[str] = set()
    for organisation in organisations:
        if organisation in seen:
            raise DisputePartiesSame(organisation=organisation)
        seen.add(organisation)


def may_name(named: Iterable[str | None], organisations: Collection[str]) -> None:
    """Only parties lead, or have what is disputed."""
    for organisation in named:
        if organisation is not None and organisation not in organisations:
            raise DisputeLeadNotParty(organisation=organisation)


def is_overdue(*, state: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether somebody is late."""
    return state in WAITED_FOR and due_at is not None and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a dispute decides who may do what now."""

    state: str
    level: str
    due_at: datetime | None
    proposed_by: str | None
    has_terms: bool
    has_interim: bool
    agreed: bool
    """Whether each party consented to the terms."""
    replied: bool
    """Whether each party but the applicant replied."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part a caller has in it."""

    sub: str
    in_charge: bool
    """Acts for the level that coordinates."""
    party: bool
    applicant: bool
    consented: bool
    own_cause: bool
    """Works for a party."""


def next_state(action: str, at: Standing, part: Part, *, now: datetime) -> DisputeState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    hindrance = _hindrance(action, at, part, now=now)
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    at: Standing, part: Part, *, now: datetime, permissions: Collection[str]
) -> list[str]:
    """What a holder of `permissions` may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, part, now=now) is None
    ]


def _hindrance(action: str, at: Standing, part: Part, *, now: datetime) -> Refused | None:
    if action in BY_PARTIES:
        return _hindrance_to_party(action, at, part, now=now)
    if not part.in_charge:
        return DisputeNotInCharge(level=IssueLevel(at.level).label)
    if part.own_cause:
        return DisputeOwnCause()
    running = at.due_at is not None and at.due_at > now
    match action:
        case "coordinate" if not at.replied and running:
            return DisputeRepliesOutstanding()
        case "lift_interim" if not at.has_interim:
            return DisputeNoInterim()
        case "issue_opinion" | "return_opinion" if part.sub == at.proposed_by:
            return DisputeOpinionByDrafter()
        case "close" if at.state == _S.OPINED and running:
            assert at.due_at is not None
            return DisputeMayBeObjected(due_at=by_local_clock(at.due_at))
    return None


def _hindrance_to_party(action: str, at: Standing, part: Part, *, now: datetime) -> Refused | None:
    if not part.party:
        return DisputeNotParty()
    if action in BY_APPLICANT and not part.applicant:
        return DisputeNotApplicant()
    match action:
        case "reply" if part.applicant:
            return DisputeNotRespondent()
        case "consent" | "settle" if not at.has_terms:
            return DisputeNoTerms()
        case "consent" if part.consented:
            return DisputeConsented()
        case "settle" if not at.agreed:
            return DisputeNotAgreed()
        case "object" if at.due_at is not None and at.due_at <= now:
            return DeadlinePassed(due_at=by_local_clock(at.due_at))
    return None
