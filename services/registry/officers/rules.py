"""Decisions about officers: values in, `Refused` out. Certificates have their own."""

from datetime import date

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class Staffing(Term):
    STAFF = "staff", "在编"
    AUXILIARY = "auxiliary", "辅助"


class OfficerState(Term):
    ON_POST = "on_post", "在岗"
    RETIRED = "retired", "离岗"


OFFICER = Lifecycle(
    OfficerState.ON_POST,
    [
        Transition("change", OfficerState.ON_POST, None, "officer:register"),
        Transition("reassign", OfficerState.ON_POST, None, "officer:reassign"),
        Transition("retire", OfficerState.ON_POST, OfficerState.RETIRED, "officer:retire"),
    ],
    terminal=(OfficerState.RETIRED,),
)


class OfficerAlreadyRegistered(Refused):
    """Somebody on post has this identity number."""

    code = "officer-already-registered"
    zh = "该人员已登记为在岗人员。"
    en = "This person is already registered as being on post."


class OfficerIsLayMonitor(Refused):
    """Who enforces is not among those who watch it from outside."""

    code = "officer-is-lay-monitor"
    zh = "该人员现任行政执法监督员，解聘或者辞聘后方可登记为执法人员。"
    en = "This person serves as a lay monitor, which ends before they enforce."


class AlreadyThere(Refused):
    """A reassignment leads to another subject."""

    code = "officer-already-there"
    zh = "该人员已属该执法主体。"
    en = "The officer belongs to that subject already."


class QualificationNotHeld(Refused):
    """Number and day belong to a qualification that is held."""

    code = "legal-qualification-not-held"
    status = 422
    zh = "未取得法律职业资格的，不得填写证书编号和取得日期。"
    en = "Number and day are those of a legal qualification that is held."


class DateInFuture(Refused):
    """What has been done cannot have been done tomorrow."""

    code = "date-in-future"
    status = 422
    zh = "日期 {on} 尚未到来。"
    en = "The date {on} is still to come."


class ReasonRepeatsNumber(Refused):
    """What is kept of a look at an identity number is never the number."""

    code = "reveal-reason-repeats-number"
    status = 422
    zh = "查看原因中不得写入身份证号码。"
    en = "The reason must not repeat the identity number."


def may_reveal(*, reason: str, number: str) -> None:
    """The audit trail keeps the reason as it is."""
    if number.lower() in "".join(reason.split()).lower():
        raise ReasonRepeatsNumber


def may_enforce(*, monitors: bool) -> None:
    """执法人员不得担任监督员: the bar to appointment holds the other way, too."""
    if monitors:
        raise OfficerIsLayMonitor


def may_reassign(*, same: bool) -> None:
    """Within a subject the post changes, and the certificate stays."""
    if same:
        raise AlreadyThere


def may_qualify(*, held: bool, number: str | None, since: date | None, today: date) -> None:
    """法律职业资格: who has none names neither number nor day, and nobody got it tomorrow."""
    if not held and (number is not None or since is not None):
        raise QualificationNotHeld
    if since is not None:
        has_been(since, today=today)


def has_been(on: date, *, today: date) -> None:
    """A day on which something was done is not to come."""
    if on > today:
        raise DateInFuture(on=on.isoformat())
