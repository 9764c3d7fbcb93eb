"""Decisions about circulars (通报): values in, `Refused` out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.notify.messages.rules import Addressee as MessageAddressee
from services.notify.messages.rules import Draft, Kind, Reach, Urgency
from shared.access.actor import REACH, Role
from shared.clock import SHANGHAI
from shared.db import Scope
from shared.law.lifecycle import Lifecycle, Transition, TransitionNotAllowed
from shared.refusals import Refused
from shared.vocabulary import Term

BASIS = "渝府办发〔2022〕70号四(四)"


class CircularKind(Term):
    CRITICISM = "criticism", "通报批评"
    COMMENDATION = "commendation", "通报表扬"
    SITUATION = "situation", "情况通报"
    PROGRESS = "progress", "试点进展通报"


class CircularState(Term):
    DRAFT = "draft", "拟稿"
    UNDER_REVIEW = "under_review", "审核中"
    REVIEWED = "reviewed", "待签发"
    ISSUED = "issued", "已印发"
    RECALLED = "recalled", "已撤回"
    DISCARDED = "discarded", "已作废"


class ReceiptState(Term):
    """What a recipient has done with a circular."""

    PENDING = "pending", "待签收"
    ACKNOWLEDGED = "acknowledged", "已签收"


_S = CircularState
SENT = frozenset({_S.ISSUED, _S.RECALLED})
"""What its recipients see."""

LIFECYCLE = Lifecycle(
    _S.DRAFT,
    [
        Transition("change", _S.DRAFT, None, "circular:draft"),
        Transition(
            "submit", _S.DRAFT, _S.UNDER_REVIEW, "circular:draft", needs="somebody to send it to"
        ),
        Transition(
            "return",
            _S.UNDER_REVIEW,
            _S.DRAFT,
            "circular:review",
            needs="another person than who wrote it, a reason",
        ),
        Transition(
            "approve",
            _S.UNDER_REVIEW,
            _S.REVIEWED,
            "circular:review",
            needs="another person than who wrote it",
        ),
        Transition(
            "issue",
            _S.REVIEWED,
            _S.ISSUED,
            "circular:issue",
            needs="another person than who wrote it",
        ),
        Transition("recall", _S.ISSUED, _S.RECALLED, "circular:issue", needs="a reason"),
        Transition(
            "discard",
            [_S.DRAFT, _S.UNDER_REVIEW, _S.REVIEWED],
            _S.DISCARDED,
            "circular:draft",
            needs="a reason",
        ),
    ],
    terminal=(_S.RECALLED, _S.DISCARDED),
)
RECEIPT = Lifecycle(
    ReceiptState.PENDING,
    [
        Transition(
            "acknowledge",
            ReceiptState.PENDING,
            ReceiptState.ACKNOWLEDGED,
            "circular:acknowledge",
            needs="somebody of the office or body it is addressed to, the circular issued and not"
            " recalled",
        )
    ],
    terminal=(ReceiptState.ACKNOWLEDGED,),
)

OFFICE_OF = {
    2: Role.BUREAU_SUPERVISOR,
    6: Role.DISTRICT_SUPERVISOR,
    9: Role.TOWNSHIP_SUPERVISION_OFFICE,
}
"""Who writes and issues circulars, by the length of the division's code."""


class AudienceRole(Term):
    """The offices that a circular can be addressed to; bodies are named by their credit code."""

    BUREAU_SUPERVISOR = Role.BUREAU_SUPERVISOR.value, "市司法局"
    DISTRICT_SUPERVISOR = Role.DISTRICT_SUPERVISOR.value, "区县司法局"
    TOWNSHIP_SUPERVISION_OFFICE = Role.TOWNSHIP_SUPERVISION_OFFICE.value, "镇街监督机构"
    TOWNSHIP_ENFORCEMENT = Role.TOWNSHIP_ENFORCEMENT.value, "镇街执法机构"


class CircularByAuthor(Refused):
    """Two pairs of eyes."""

    code = "circular-decided-by-author"
    status = 403
    zh = "拟稿人不得审核或者签发自己拟写的通报。"
    en = "Who wrote a circular neither reviews nor issues it."


class CircularWithoutRecipients(Refused):
    """It is for somebody."""

    code = "circular-without-recipients"
    status = 422
    zh = "通报范围内没有任何接收单位。"
    en = "There is nobody in the circular's scope."


class CircularNamesTheAnonymised(Refused):
    """What is anonymised must not stand in the text."""

    code = "circular-names-the-anonymised"
    status = 422
    zh = "匿名通报的标题、正文或者事项中出现了当事单位名称:{name}。"
    en = "An anonymised circular must not name {name} in its title, text or matters."


class CircularWithoutItems(Refused):
    """Who criticises or commends says whom and for what."""

    code = "circular-without-items"
    status = 422
    zh = "通报批评、通报表扬须列明被通报单位及事项。"
    en = "A circular of criticism or commendation names whom it is about, and the matter."


class CircularWithoutFigures(Refused):
    """A progress circular rests on frozen figures."""

    code = "circular-without-figures"
    status = 422
    zh = "{first_day} 至 {last_day} 没有已固定的试点数据。"
    en = "No figures were frozen for {first_day} to {last_day}."
    basis = BASIS


class CircularPeriod(Refused):
    """Only a progress circular has a period, and each has one."""

    code = "circular-period"
    status = 422
    zh = "试点进展通报须指明数据期间,其他通报不得指明。"
    en = "A progress circular names the period of its figures; no other does."


class NotOffice(Refused):
    """The role would allow it, but this one is another office's."""

    code = "circular-of-another-office"
    status = 403
    zh = "该通报不由您所在单位印发。"
    en = "The circular is not issued by your office."


class NotAddressed(Refused):
    """Its recipients acknowledge a circular, nobody for them."""

    code = "circular-not-addressed"
    status = 403
    zh = "该通报不是发给您所在单位的。"
    en = "The circular is not addressed to your office or body."


def may_be(
    *,
    kind: str,
    title: str,
    body: str,
    items: Sequence[Mapping[str, Any]],
    anonymous: bool,
    has_period: bool,
) -> None:
    """A circular's own sense: items where it judges, no name where it is anonymised."""
    if has_period != (kind == CircularKind.PROGRESS):
        raise CircularPeriod
    if kind in (CircularKind.CRITICISM, CircularKind.COMMENDATION) and not items:
        raise CircularWithoutItems
    if anonymous:
        told = [title, body, *(item["matter"] for item in items)]
        for item in items:
            if any(item["name"] in text for text in told):
                raise CircularNamesTheAnonymised(name=item["name"])


def next_state(action: str, *, state: str, authors: Collection[str], sub: str) -> CircularState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    if _by_author(action, authors, sub):
        raise CircularByAuthor
    return target


def allowed_actions(
    *, state: str, authors: Collection[str], sub: str, permissions: Collection[str]
) -> list[str]:
    """What `sub` of the issuing office, or of one above it, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if not _by_author(action, authors, sub)
    ]


def may_acknowledge(state: str, *, addressed: bool) -> None:
    """While it is issued and not recalled, and only those it is addressed to."""
    if state != CircularState.ISSUED:
        raise TransitionNotAllowed(action="acknowledge", state=state, allowed=[])
    if not addressed:
        raise NotAddressed


def may_report(state: str) -> None:
    """Of what was issued."""
    if state not in SENT:
        raise TransitionNotAllowed(action="report", state=state, allowed=[])


def _by_author(action: str, authors: Collection[str], sub: str) -> bool:
    return action in {"return", "approve", "issue"} and sub in authors


def reaches(role: str, division: str) -> bool:
    """Whether there is such an office in a division of this level."""
    return len(division) in REACH[Role(role)]


def reminder(due_at: datetime, hours: Iterable[int], *, after: datetime) -> datetime | None:
    """When the next reminder is, later than `after`; `hours` are counted from `due_at`."""
    moments = sorted(due_at + timedelta(hours=number) for number in hours)
    return next((moment for moment in moments if moment > after), None)


def shown_item(
    item: Mapping[str, Any], place: int, *, anonymous: bool, in_full: bool
) -> dict[str, Any]:
    """An item as a reader sees it: anonymised, only the matter is left."""
    if not anonymous or in_full:
        return dict(item)
    return {"name": f"某单位({place})", "division": None, "organisation": None} | {
        "matter": item["matter"]
    }


# What is written to those whom it concerns.


def _draft(rule: str, to: MessageAddressee, urgency: Urgency, id: Any, *text: str) -> Draft:
    title, body = text
    return Draft(
        rule=rule,
        kind=Kind.CIRCULAR,
        urgency=urgency,
        to=to,
        title=title if len(title) <= 200 else f"{title[:199]}…",
        body=body,
        link=f"/notify/v1/circulars/{id}",
    )


def office(division: str, scope: Scope) -> MessageAddressee:
    """The office that writes circulars in a division."""
    reach = {2: Reach.CITY, 6: Reach.DISTRICT, 9: Reach.TOWNSHIP}[len(division)]
    return MessageAddressee(reach, OFFICE_OF[len(division)], scope)


def to_review(id: Any, title: str, to: MessageAddressee) -> Draft:
    return _draft(
        "circular_submitted",
        to,
        Urgency.NORMAL,
        id,
        f"待审核通报:{title}",
        f"通报“{title}”已送审,请由拟稿人以外的人员审核。",
    )


def to_issue(id: Any, title: str, to: MessageAddressee) -> Draft:
    return _draft(
        "circular_approved",
        to,
        Urgency.NORMAL,
        id,
        f"待签发通报:{title}",
        f"通报“{title}”已通过审核,请由拟稿人以外的人员签发。",
    )


def to_mend(id: Any, title: str, reason: str, author: str, scope: Scope) -> Draft:
    return _draft(
        "circular_returned",
        MessageAddressee(Reach.PERSON, None, scope, person=author),
        Urgency.IMPORTANT,
        id,
        f"退回修改:{title}",
        f"通报“{title}”经审核退回。意见:{reason}",
    )


def to_acknowledge(
    id: Any, *, kind: str, number: str, title: str, due_at: datetime, to: MessageAddressee
) -> Draft:
    return _draft(
        "circular_issued",
        to,
        Urgency.IMPORTANT,
        id,
        f"{CircularKind(kind).label}:{title}",
        f"{number}“{title}”已印发,请于{_until(due_at)}前签收。",
    )


def to_hurry(
    id: Any, *, number: str, title: str, due_at: datetime, overdue: bool, to: MessageAddressee
) -> Draft:
    words = "已逾期未签收" if overdue else "尚未签收"
    return _draft(
        "circular_reminded",
        to,
        Urgency.URGENT if overdue else Urgency.IMPORTANT,
        id,
        f"通报{words}:{title}",
        f"{number}“{title}”{words}(签收期限{_until(due_at)}),请尽快签收。",
    )


def to_chase(
    id: Any, *, number: str, title: str, missing: int, recipients: int, to: MessageAddressee
) -> Draft:
    return _draft(
        "circular_overdue",
        to,
        Urgency.IMPORTANT,
        id,
        f"通报签收逾期:{title}",
        f"{number}“{title}”签收期限已满,{recipients}个接收单位中尚有{missing}个未签收。",
    )


def to_forget(id: Any, *, number: str, title: str, reason: str, to: MessageAddressee) -> Draft:
    return _draft(
        "circular_recalled",
        to,
        Urgency.IMPORTANT,
        id,
        f"通报已撤回:{title}",
        f"{number}“{title}”已撤回。原因:{reason}",
    )


def _until(due_at: datetime) -> str:
    """A legal deadline ends with its last day."""
    last = (due_at - timedelta.resolution).astimezone(SHANGHAI)
    return f"{last.year}年{last.month}月{last.day}日24:00"
