"""How a supervision document (监督文书) comes about, is numbered and served, and what it asks."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.oversight.document_kinds.rules import DocumentKindUnknown
from shared.law.calendar import by_local_clock
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class DocumentState(Term):
    DRAFTED = "drafted", "起草中"
    IN_REVIEW = "in_review", "法制审核中"
    REVIEWED = "reviewed", "审核通过"
    ISSUED = "issued", "已签发编号"
    SERVED = "served", "已送达"
    ACKNOWLEDGED = "acknowledged", "已签收"
    REPORTED = "reported", "已报告执行"
    EXECUTED = "executed", "已执行"
    AMENDED = "amended", "经复查变更"
    REVOKED = "revoked", "已撤销"
    DISCARDED = "discarded", "未签发作废"


class ServiceMethod(Term):
    DIRECT = "direct", "直接送达"
    LEFT = "left", "留置送达"
    ENTRUSTED = "entrusted", "委托送达"
    POST = "post", "邮寄送达"
    ELECTRONIC = "electronic", "电子送达"
    ANNOUNCED = "announced", "公告送达"


_S = DocumentState
PREPARING = (_S.DRAFTED, _S.IN_REVIEW, _S.REVIEWED)
IN_FORCE = (_S.SERVED, _S.ACKNOWLEDGED, _S.REPORTED, _S.EXECUTED)
"""States of a served document that holds."""
RUNNING = (_S.SERVED, _S.ACKNOWLEDGED)
"""States in which the term to execute it runs."""
DRAFT, REVIEW, SIGN = "document:draft", "document:review", "document:sign"
SERVE, ANSWER, JUDGE = "document:serve", "document:answer", "document:judge"
OBJECT = "re_examination:request"

LIFECYCLE = Lifecycle(
    DocumentState.DRAFTED,
    [
        Transition("change", _S.DRAFTED, None, DRAFT),
        Transition("submit", _S.DRAFTED, _S.IN_REVIEW, DRAFT, "it has what its kind asks"),
        Transition("return", [_S.IN_REVIEW, _S.REVIEWED], _S.DRAFTED, REVIEW),
        Transition(
            "approve", _S.IN_REVIEW, _S.REVIEWED, REVIEW, "by another than those who wrote it"
        ),
        Transition("sign", _S.REVIEWED, _S.ISSUED, SIGN, "by another than those who wrote it"),
        Transition("discard", PREPARING, _S.DISCARDED, DRAFT),
        Transition("serve", _S.ISSUED, _S.SERVED, SERVE),
        Transition("acknowledge", _S.SERVED, _S.ACKNOWLEDGED, ANSWER),
        Transition("report", _S.ACKNOWLEDGED, _S.REPORTED, ANSWER, "its kind is executed"),
        Transition("refuse", _S.REPORTED, _S.ACKNOWLEDGED, JUDGE),
        Transition("confirm", _S.REPORTED, _S.EXECUTED, JUDGE),
        Transition("revoke", [_S.ISSUED, *IN_FORCE], _S.REVOKED, SIGN),
        Transition("amend", IN_FORCE, _S.AMENDED, None, "a re-examination changed it"),
        Transition("mark_overdue", RUNNING, None, None, "the term has passed"),
    ],
    terminal=[_S.AMENDED, _S.REVOKED, _S.DISCARDED],
)

REQUEST = "request_re_examination"
"""Shown beside the lifecycle's actions: `POST /re-examinations` with this document's id."""


class DocumentIncomplete(Refused):
    """The kind says what must be there."""

    code = "document-incomplete"
    status = 409
    zh = "文书缺少必备内容：{missing}。"
    en = "The document lacks what its kind must say: {missing}."


class ReviewedByAuthor(Refused):
    """Two pairs of eyes."""

    code = "document-reviewed-by-author"
    status = 403
    zh = "起草人不得审核自己起草的文书。"
    en = "A document is reviewed by another person than those who wrote it."


class SignedByAuthor(Refused):
    code = "document-signed-by-author"
    status = 403
    zh = "起草人不得签发自己起草的文书。"
    en = "A document is signed by another person than those who wrote it."


class NothingToExecute(Refused):
    code = "document-not-executed"
    status = 409
    zh = "此类文书无需报告执行情况。"
    en = "A document of this kind asks for no execution."


class LinkUnknown(Refused):
    """No such thing, not one that the caller may see, or one of another subject."""

    code = "document-link-unknown"
    status = 422
    zh = "没有该单位的相应事项（{what}）。"
    en = "There is no such {what} of the subject within your reach."


class WitnessMissing(Refused):
    code = "service-witness-missing"
    status = 422
    zh = "留置送达应当有见证人。"
    en = "Leaving a document takes a witness."
    basis = "参照《中华人民共和国民事诉讼法》留置送达的规定"


class ServedOutOfTime(Refused):
    code = "service-day-impossible"
    status = 422
    zh = "送达日期应当在成文日期（{issued_on}）之后且不晚于今天。"
    en = "The day of service lies between {issued_on} and today."


class ObjectionNotAllowed(Refused):
    """Only a decision in force can be objected to."""

    code = "document-objection-not-allowed"
    status = 409
    zh = "该文书（{kind}，{state}）不能申请复查。"
    en = "A document of the kind {kind} that is {state} cannot be re-examined."
    basis = "《重庆市行政执法监督条例》第二十一条"


class ObjectionTooLate(Refused):
    code = "document-objection-too-late"
    status = 409
    zh = "申请复查的期限已于 {objection_due_at} 届满。"
    en = "The term to apply for a re-examination ended at {objection_due_at}."
    basis = "《重庆市行政执法监督条例》第二十一条"


class ObjectionExists(Refused):
    code = "document-objection-exists"
    status = 409
    zh = "该监督决定已申请复查。"
    en = "A re-examination of the decision was requested already."


@dataclass(frozen=True)
class Standing:
    """What decides on the actions of a document, beside the caller's permissions."""

    state: str
    kind: str
    authors: Collection[str]
    missing: Collection[str]
    kind_in_force: bool
    executes: bool
    objection: bool
    objection_due_at: datetime | None
    objected: bool


def next_state(action: str, standing: Standing, *, sub: str) -> DocumentState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, standing.state)
    hindrance = _hindrance(action, standing, sub=sub)
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    standing: Standing, *, sub: str, now: datetime, permissions: Collection[str]
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    actions = [
        action
        for action in LIFECYCLE.allowed_actions(standing.state, permissions)
        if _hindrance(action, standing, sub=sub) is None
    ]
    if OBJECT in permissions and _objection_hindrance(standing, now=now) is None:
        actions.append(REQUEST)
    return actions


def _hindrance(action: str, standing: Standing, *, sub: str) -> Refused | None:
    if action in {"submit", "sign"} and not standing.kind_in_force:
        return DocumentKindUnknown(kind=standing.kind)
    if action in {"submit", "sign"} and standing.missing:
        return DocumentIncomplete(missing="、".join(standing.missing))
    if action == "approve" and sub in standing.authors:
        return ReviewedByAuthor()
    if action == "sign" and sub in standing.authors:
        return SignedByAuthor()
    if action == "report" and not standing.executes:
        return NothingToExecute()
    return None


def may_object(standing: Standing, *, now: datetime) -> None:
    """Once, to a decision in force, within the term."""
    hindrance = _objection_hindrance(standing, now=now)
    if hindrance is not None:
        raise hindrance


def _objection_hindrance(standing: Standing, *, now: datetime) -> Refused | None:
    due_at = standing.objection_due_at
    if not standing.objection or standing.state not in IN_FORCE or due_at is None:
        return ObjectionNotAllowed(kind=standing.kind, state=standing.state)
    if standing.objected:
        return ObjectionExists()
    if due_at <= now:
        return ObjectionTooLate(objection_due_at=by_local_clock(due_at))
    return None


def may_serve(
    *, method: str, witnesses: Collection[str], served_on: date, issued_on: date, today: date
) -> None:
    """A service that can have been: with what its method takes, on a day that can be."""
    if method == ServiceMethod.LEFT and not witnesses:
        raise WitnessMissing
    if not issued_on <= served_on <= today:
        raise ServedOutOfTime(issued_on=issued_on.isoformat())


def is_overdue(*, state: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether the term to execute it has passed and nothing was reported."""
    return state in RUNNING and due_at is not None and due_at <= now


def digest_of(told: Mapping[str, Any]) -> str:
    """SHA-256 of what a signed document says, in one way of writing it."""
    written = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
