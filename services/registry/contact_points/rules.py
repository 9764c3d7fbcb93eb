"""Decisions about grassroots contact points: values in, `Refused` out."""

from calendar import monthrange
from collections.abc import Collection
from datetime import date, datetime, timedelta

from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ContactPointKind(Term):
    """Where a contact point is set up."""

    VILLAGE_COMMUNITY = "village_community", "村(社区)"
    ENTERPRISE = "enterprise", "企业"
    SCHOOL = "school", "学校"
    MARKET = "market", "市场"
    ASSOCIATION = "association", "行业协会商会"
    PARK = "park", "园区"
    OTHER = "other", "其他"


class ContactPointState(Term):
    PROPOSED = "proposed", "拟设"
    OPEN = "open", "运行"
    SUSPENDED = "suspended", "暂停"
    CLOSED = "closed", "撤销"


_S = ContactPointState
_REASON = "a reason"

LIFECYCLE = Lifecycle(
    _S.PROPOSED,
    [
        Transition("change", (_S.PROPOSED, _S.OPEN, _S.SUSPENDED), None, "contact_point:propose"),
        Transition(
            "open",
            _S.PROPOSED,
            _S.OPEN,
            "contact_point:open",
            needs="another person than who proposed it",
        ),
        Transition("visits", _S.OPEN, None, "contact_point:visit"),
        Transition("suspend", _S.OPEN, _S.SUSPENDED, "contact_point:suspend", needs=_REASON),
        Transition("resume", _S.SUSPENDED, _S.OPEN, "contact_point:suspend"),
        Transition(
            "close",
            (_S.PROPOSED, _S.OPEN, _S.SUSPENDED),
            _S.CLOSED,
            "contact_point:close",
            needs=_REASON,
        ),
    ],
    terminal=(_S.CLOSED,),
)


class ContactPointPlace(Refused):
    """A contact point is at the grassroots."""

    code = "contact-point-not-at-grassroots"
    status = 422
    zh = "基层行政执法联系点应设在区县或者乡镇(街道)，不设在全市（{division}）。"
    en = "A contact point is set up in a district or a township, not in the city ({division})."
    basis = "渝府办发〔2022〕70号四(二)"


class ContactPointNameTaken(Refused):
    """A contact point of this name is proposed or at work in the division."""

    code = "contact-point-name-taken"
    zh = "该区划内已有同名的联系点。"
    en = "The division has a contact point of this name already."


class OpenedByProposer(Refused):
    """Who proposes does not decide."""

    code = "contact-point-opened-by-proposer"
    zh = "提出设立的人员不得批准设立。"
    en = "Who proposed the contact point cannot open it."


class VisitTooEarly(Refused):
    """Nobody visits a contact point that is not there yet."""

    code = "contact-point-visit-too-early"
    status = 422
    zh = "走访日期 {on} 早于联系点设立日期 {opened_on}。"
    en = "The visit on {on} is before the day {opened_on} on which the contact point was opened."


def may_be_at(division: str) -> None:
    """四(二)探索建立基层行政执法联系点."""
    if level_of(division) is Level.CITY:
        raise ContactPointPlace(division=division)


def may_open(*, caller: str, proposed_by: str) -> None:
    """Two pairs of eyes."""
    if caller == proposed_by:
        raise OpenedByProposer


def may_have_been_visited(on: date, *, opened_on: date) -> None:
    """A visit is one of an open contact point."""
    if on < opened_on:
        raise VisitTooEarly(on=on.isoformat(), opened_on=opened_on.isoformat())


def last_day_of_period(day: date, months: int) -> date:
    """The last day of the period of `months` months that `day` lies in, counted from January.

    >>> last_day_of_period(date(2026, 5, 7), 3)
    datetime.date(2026, 6, 30)
    """
    month = ((day.month - 1) // months + 1) * months
    return date(day.year, month, monthrange(day.year, month)[1])


def next_visit_by(last: date, months: int) -> date:
    """The last day for the next visit: that of the period after the one of the last visit."""
    return last_day_of_period(last_day_of_period(last, months) + timedelta(days=1), months)


def is_overdue(*, due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at <= now


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, proposed_by: str
) -> list[str]:
    """What somebody in charge may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action != "open" or caller != proposed_by]
