"""How a supervision inspection (监督检查) goes, and what it must keep to."""

from collections.abc import Collection

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class InspectionKind(Term):
    SPECIAL = "special", "专项监督"
    FOCUSED = "focused", "重点监督"
    ROUTINE = "routine", "日常监督"


class InspectionMode(Term):
    ANNOUNCED = "announced", "明查"
    UNANNOUNCED = "unannounced", "暗访"
    FILE_REVIEW = "file_review", "案卷"
    DOUBLE_RANDOM = "double_random", "双随机"


class InspectionState(Term):
    ASSIGNED = "assigned", "已指派"
    ACCEPTED = "accepted", "已接受"
    NOTIFIED = "notified", "已通知"
    ON_SITE = "on_site", "现场检查"
    EVIDENCE_SEALED = "evidence_sealed", "证据已封存"
    FINDINGS_SIGNED = "findings_signed", "已签字"
    CLOSED = "closed", "已办结"
    CANCELLED = "cancelled", "已取消"


_S = InspectionState
CONDUCT, CHALLENGE = "inspection:conduct", "inspection:challenge"
UNDER_WAY = (_S.ASSIGNED, _S.ACCEPTED, _S.NOTIFIED, _S.ON_SITE, _S.EVIDENCE_SEALED)
FOUND_IN = (_S.ON_SITE, _S.EVIDENCE_SEALED)
"""While findings are recorded: on site, and from the sealed evidence until they are signed."""

LIFECYCLE = Lifecycle(
    InspectionState.ASSIGNED,
    [
        Transition("accept", _S.ASSIGNED, _S.ACCEPTED, CONDUCT),
        Transition("notify", _S.ACCEPTED, _S.NOTIFIED, CONDUCT, "it is not unannounced"),
        Transition(
            "start",
            [_S.ACCEPTED, _S.NOTIFIED],
            _S.ON_SITE,
            CONDUCT,
            "the subject was notified, or it is unannounced",
        ),
        Transition(
            "recuse",
            UNDER_WAY,
            None,
            CONDUCT,
            "enough inspectors remain, by another than the inspector and whoever asked for it",
        ),
        Transition("record_finding", FOUND_IN, None, "finding:record"),
        Transition("seal", _S.ON_SITE, _S.EVIDENCE_SEALED, CONDUCT),
        Transition(
            "sign",
            _S.EVIDENCE_SEALED,
            _S.FINDINGS_SIGNED,
            CONDUCT,
            "no request for recusal is undecided",
        ),
        Transition("close", _S.FINDINGS_SIGNED, _S.CLOSED, CONDUCT, "every finding is decided"),
        Transition("cancel", [_S.ASSIGNED, _S.ACCEPTED, _S.NOTIFIED], _S.CANCELLED, CONDUCT),
        Transition("request_recusal", UNDER_WAY, None, CHALLENGE, "none is open of the inspector"),
        Transition(
            "refuse_recusal",
            UNDER_WAY,
            None,
            CONDUCT,
            "one is asked for, by another than the inspector and whoever asked for it",
        ),
    ],
    terminal=[InspectionState.CLOSED, InspectionState.CANCELLED],
)


class TooFewInspectors(Refused):
    code = "too-few-inspectors"
    status = 422
    zh = "监督检查人员不得少于 {least} 人。"
    en = "An inspection needs at least {least} inspectors."
    basis = "重庆市行政执法监督条例 第十四条"


class InspectorTwice(Refused):
    code = "inspector-twice"
    status = 422
    zh = "检查人员 {sub} 重复。"
    en = "The inspector {sub} is named twice."


class InspectorOfSubject(Refused):
    """Nobody inspects the body they work for."""

    code = "inspector-of-subject"
    status = 422
    zh = "检查人员 {sub} 属于被检查单位，应当回避。"
    en = "The inspector {sub} belongs to the inspected organisation."


class InspectorNotAssigned(Refused):
    code = "inspector-not-assigned"
    status = 422
    zh = "{sub} 不是本次检查的检查人员。"
    en = "{sub} is not an inspector of this inspection."


class InspectorRecused(Refused):
    """Who was recused does not come back."""

    code = "inspector-recused"
    status = 422
    zh = "{sub} 已回避本次检查。"
    en = "{sub} was recused from this inspection."


class ActorRecused(Refused):
    """Who was recused takes no further part, at the desk neither; nor does who is challenged, until
    it is decided."""

    code = "actor-recused"
    status = 403
    zh = "您已回避本次检查，或者对您的回避申请尚未决定，不得办理。"
    en = "You were recused from this inspection, or a request for it is not decided yet."


class RecusalOfOneself(Refused):
    """Nobody decides on their own recusal: they ask for it."""

    code = "recusal-of-oneself"
    status = 403
    zh = "本人的回避应当提出申请，由他人决定。"
    en = "Ask for your own recusal; another decides on it."


class OwnRecusalRequest(Refused):
    """Two pairs of eyes."""

    code = "own-recusal-request"
    status = 403
    zh = "您提出的回避申请由他人决定。"
    en = "You asked for a recusal; another decides on it."


class RecusalAsked(Refused):
    code = "recusal-asked"
    zh = "对 {sub} 的回避申请尚未决定。"
    en = "A request for the recusal of {sub} is not decided yet."


class RecusalNotAsked(Refused):
    code = "recusal-not-asked"
    zh = "没有待决定的回避申请。"
    en = "No request for recusal waits for a decision."


class RecusalUndecided(Refused):
    """What an inspector found who should not have been there does not stand."""

    code = "recusal-undecided"
    zh = "回避申请尚未决定，不能签字。"
    en = "A request for recusal is undecided, so the findings cannot be signed."


class InspectsItself(Refused):
    code = "inspects-itself"
    status = 409
    zh = "不得对本单位开展监督检查。"
    en = "A body cannot inspect itself."


class UnannouncedNeedsHigherBody(Refused):
    """A township's office shares its division with the inspected: they would see it coming."""

    code = "unannounced-needs-higher-body"
    status = 409
    zh = "暗访应由被检查单位所在层级以上的监督机构组织。"
    en = "An unannounced inspection is held by a body above the township."


class InspectionUnannounced(Refused):
    code = "inspection-unannounced"
    status = 409
    zh = "暗访不事先通知被检查单位。"
    en = "An unannounced inspection is not notified."


class SubjectNotNotified(Refused):
    code = "subject-not-notified"
    status = 409
    zh = "进场前应当先通知被检查单位。"
    en = "The subject must be notified before the inspectors arrive."


class FindingsUndecided(Refused):
    code = "findings-undecided"
    status = 409
    zh = "还有 {undecided} 项问题未认定或撤销。"
    en = "{undecided} findings are neither confirmed nor withdrawn."


class FollowedUnknown(Refused):
    """No such rectification, or not one that the caller may see."""

    code = "followed-rectification-unknown"
    status = 422
    zh = "没有可由您办理的责令整改 {follows_id}。"
    en = "There is no rectification {follows_id} within your reach."


class FollowsAnotherSubject(Refused):
    code = "followed-rectification-of-another-subject"
    status = 422
    zh = "回头看的整改事项不属于该单位。"
    en = "The rectification that it follows is not one of the inspected subject."


class FollowsUnverified(Refused):
    """What is not verified yet is judged first."""

    code = "followed-rectification-not-verified"
    status = 409
    zh = "整改尚未验收通过（当前状态：{state}），不能开展回头看。"
    en = "Only a verified rectification is followed up; this one is {state}."


def may_follow(*, state: str, same_subject: bool) -> None:
    """A follow-up (回头看) looks back on what was verified, at the same subject."""
    if not same_subject:
        raise FollowsAnotherSubject
    if state != "verified":
        raise FollowsUnverified(state=state)


def may_assign(
    *,
    mode: str,
    inspectors: Collection[tuple[str, str]],
    subject: str,
    least: int,
    authority: str,
    authority_organisation: str | None,
) -> None:
    """`inspectors` are (sub, credit code); `subject` is the inspected body's credit code.

    At least two inspectors: 重庆市行政执法监督条例 art. 14.
    """
    if authority_organisation == subject:
        raise InspectsItself
    if mode == InspectionMode.UNANNOUNCED and len(authority) == 9:
        raise UnannouncedNeedsHigherBody
    may_inspect(inspectors, subject=subject, least=least)


def may_inspect(inspectors: Collection[tuple[str, str]], *, subject: str, least: int) -> None:
    """Whether these people together may inspect the subject."""
    subs = [sub for sub, _ in inspectors]
    for sub, organisation in inspectors:
        if subs.count(sub) > 1:
            raise InspectorTwice(sub=sub)
        if organisation == subject:
            raise InspectorOfSubject(sub=sub)
    if len(subs) < least:
        raise TooFewInspectors(least=least)


def may_challenge(inspector: str, *, assigned: Collection[str], asked: Collection[str]) -> None:
    """Whether an inspector may be challenged; `asked` are those who are already."""
    if inspector not in assigned:
        raise InspectorNotAssigned(sub=inspector)
    if inspector in asked:
        raise RecusalAsked(sub=inspector)


def may_recuse(
    inspector: str,
    *,
    assigned: Collection[str],
    recused: Collection[str],
    replacement: str | None,
    sub: str,
) -> None:
    """Whether one leaves and another, who never left, comes; `sub` is who decides."""
    if inspector == sub:
        raise RecusalOfOneself
    if inspector not in assigned:
        raise InspectorNotAssigned(sub=inspector)
    if replacement is not None and replacement in {*recused, inspector}:
        raise InspectorRecused(sub=replacement)


def next_state(
    action: str,
    *,
    state: str,
    mode: str,
    undecided: int,
    recused: bool,
    challenged: Collection[str] = (),
    asked_by: Collection[str] = (),
    sub: str = "",
) -> InspectionState:
    """The state that `action` leads to, or why not; `recused` says that the caller `sub` was.

    `challenged` are the inspectors whose recusal is asked for and undecided, `asked_by` who asked.
    """
    target = LIFECYCLE.next(action, state)
    refusal = _hindrance(
        action,
        state=state,
        mode=mode,
        undecided=undecided,
        recused=recused,
        challenged=challenged,
        own_request=sub in asked_by,
    )
    if refusal is not None:
        raise refusal
    return target


def allowed_actions(
    *,
    state: str,
    mode: str,
    undecided: int,
    recused: bool,
    permissions: Collection[str],
    challenged: Collection[str],
    asked_by: Collection[str],
    inspectors: int,
    sub: str,
) -> list[str]:
    """What a holder of `permissions` may do now; see `next_state`."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(
            action,
            state=state,
            mode=mode,
            undecided=undecided,
            recused=recused,
            challenged=challenged,
            own_request=sub in asked_by,
        )
        is None
        and (action != "request_recusal" or len(challenged) < inspectors)
    ]


def _hindrance(
    action: str,
    *,
    state: str,
    mode: str,
    undecided: int,
    recused: bool,
    challenged: Collection[str],
    own_request: bool,
) -> Refused | None:
    if recused:
        return ActorRecused()
    unannounced = mode == InspectionMode.UNANNOUNCED
    found: Refused | None = None
    match action:
        case "notify" if unannounced:
            found = InspectionUnannounced()
        case "start" if state == InspectionState.ACCEPTED and not unannounced:
            found = SubjectNotNotified()
        case "close" if undecided:
            found = FindingsUndecided(undecided=undecided)
        case "sign" if challenged:
            found = RecusalUndecided()
        case "refuse_recusal" if not challenged:
            found = RecusalNotAsked()
        case "recuse" | "refuse_recusal" if own_request:
            found = OwnRecusalRequest()
    return found
