"""Decisions about campaigns of supervision (专项, 重点, 日常监督): values in, `Refused` out."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from services.oversight.inspections.rules import InspectionMode
from shared.law.calendar import months_from
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class CampaignState(Term):
    PLANNED = "planned", "待批准"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已批准"
    RUNNING = "running", "实施中"
    REPORTED = "reported", "已报告"
    CLOSED = "closed", "已办结"
    CANCELLED = "cancelled", "已取消"


class Ground(Term):
    """Why it is held."""

    PLAN = "plan", "年度工作计划"
    AUTHORITY = "authority", "权力机关要求"
    SUPERIOR = "superior", "上级机关交办"
    JUDICIAL = "judicial", "司法建议、检察建议"
    COMPLAINTS = "complaints", "投诉举报集中反映"
    MEDIA = "media", "新闻媒体曝光"
    OTHER = "other", "其他"


class Recurrence(Term):
    MONTHLY = "monthly", "每月"
    QUARTERLY = "quarterly", "每季度"
    YEARLY = "yearly", "每年"


MANDATORY = frozenset({Ground.AUTHORITY, Ground.SUPERIOR, Ground.JUDICIAL})
"""重庆市行政执法监督条例 art. 13: on these it must be held, and its result reported back."""

_MONTHS = {Recurrence.MONTHLY: 1, Recurrence.QUARTERLY: 3, Recurrence.YEARLY: 12}

_S = CampaignState
PLAN, DECIDE, CONDUCT = "campaign:plan", "campaign:decide", "campaign:conduct"

LIFECYCLE = Lifecycle(
    _S.PLANNED,
    [
        Transition("change", [_S.PLANNED, _S.RETURNED], None, PLAN),
        Transition("submit", _S.RETURNED, _S.PLANNED, PLAN),
        Transition(
            "approve", _S.PLANNED, _S.APPROVED, DECIDE, "by another than who planned or changed it"
        ),
        Transition("return", _S.PLANNED, _S.RETURNED, DECIDE, "by another than who planned it"),
        Transition("start", _S.APPROVED, _S.RUNNING, CONDUCT, "its period has begun"),
        Transition(
            "report",
            _S.RUNNING,
            _S.REPORTED,
            CONDUCT,
            "an inspection was held and none is still open",
        ),
        Transition("return", _S.REPORTED, _S.RUNNING, DECIDE, "by another than who reported"),
        Transition("close", _S.REPORTED, _S.CLOSED, DECIDE, "by another than who reported"),
        Transition(
            "cancel",
            [_S.PLANNED, _S.RETURNED, _S.APPROVED, _S.RUNNING],
            _S.CANCELLED,
            PLAN,
            "no inspection is open, and a mandatory one not by the planner but from above",
        ),
    ],
    terminal=[_S.CLOSED, _S.CANCELLED],
)

WAITING = (_S.APPROVED, _S.RUNNING)
"""Those whose report is still to come."""


class PeriodBackwards(Refused):
    code = "campaign-period-backwards"
    status = 422
    zh = "结束日期 {ends_on} 早于开始日期 {starts_on}。"
    en = "The campaign ends on {ends_on}, before it starts on {starts_on}."


class GroundWithoutDocument(Refused):
    """Who asked for it is on record, or it cannot be reported back to them."""

    code = "campaign-ground-without-document"
    status = 422
    zh = "依据“{ground}”开展的，须填写交办或者建议文书。"
    en = "A campaign on the ground {ground} names the document that asks for it."
    basis = "重庆市行政执法监督条例 第十三条"


class CampaignNeedsHigherBody(Refused):
    """A township's office shares its division with those to be visited: they would see it."""

    code = "campaign-needs-higher-body"
    zh = "暗访应由被检查单位所在层级以上的监督机构组织。"
    en = "An unannounced campaign is held by a body above the township."


class OwnPlan(Refused):
    """Two pairs of eyes."""

    code = "campaign-own-plan"
    status = 403
    zh = "不得审批本人制定或者修改的方案。"
    en = "Nobody decides on a plan of their own."


class OwnReport(Refused):
    """Two pairs of eyes."""

    code = "campaign-own-report"
    status = 403
    zh = "不得审核本人提交的结果报告。"
    en = "Nobody decides on a report of their own."


class CampaignNotBegun(Refused):
    code = "campaign-not-begun"
    zh = "监督活动自 {starts_on} 起开展，尚未到期。"
    en = "The campaign starts on {starts_on}."


class CampaignInspectionsOpen(Refused):
    code = "campaign-inspections-open"
    zh = "还有 {open} 次检查未办结。"
    en = "{open} inspections of the campaign are still open."


class CampaignDrawOpen(Refused):
    """What was drawn is also inspected; what is not to be drawn is voided with its reason."""

    code = "campaign-draw-open"
    zh = "还有 {draws} 次抽取未转为检查任务或者作废。"
    en = "{draws} draws of the campaign have neither become inspections nor been voided."


class CampaignWithoutInspection(Refused):
    code = "campaign-without-inspection"
    zh = "尚未开展任何检查，不能提交结果报告。"
    en = "No inspection was held, so there is no result to report."


class ReportBackMissing(Refused):
    code = "campaign-report-back-missing"
    status = 422
    zh = "应当向提出要求的机关报告结果：请填写报告的对象。"
    en = "The result is reported back to whoever asked for the campaign: say to whom."
    basis = "重庆市行政执法监督条例 第十三条"


class MandatoryCampaign(Refused):
    """Whoever must hold it does not call it off."""

    code = "campaign-mandatory"
    status = 403
    zh = "该监督活动依据“{ground}”应当开展，承办单位不得取消。"
    en = "A campaign on the ground {ground} must be held; who holds it cannot cancel it."
    basis = "重庆市行政执法监督条例 第十三条"


class CampaignUnknown(Refused):
    """No such campaign, or not one that the caller knows of: the two look the same."""

    code = "campaign-unknown"
    status = 422
    zh = "没有可由您办理的监督活动 {campaign_id}。"
    en = "There is no campaign {campaign_id} within your reach."


class CampaignNotRunning(Refused):
    code = "campaign-not-running"
    zh = "监督活动处于“{state}”，不在实施中。"
    en = "The campaign is {state}, not running."


class CampaignDisclosed(Refused):
    """Whoever is still to be visited would know of it."""

    code = "campaign-disclosed"
    zh = "暗访活动的结果已报告，不得再安排检查。"
    en = "The result of this unannounced campaign was reported: nothing more is held under it."


class OutsideCampaign(Refused):
    """An inspection keeps to what was approved."""

    code = "inspection-outside-campaign"
    status = 422
    zh = "检查不在已批准的监督活动范围内（{what}）。"
    en = "The inspection is outside of what the campaign was approved for ({what})."


class Tally(NamedTuple):
    """How many of a campaign's inspections there are, by what is left to do."""

    open: int = 0
    held: int = 0
    """Closed; a cancelled one was not held."""
    draws: int = 0
    """Draws that are under way, or whose subjects have no inspection yet."""


def may_plan(
    *,
    starts_on: date,
    ends_on: date,
    ground: Ground,
    reference: str | None,
    concealed: bool,
    authority: str,
) -> None:
    """What a plan must keep to; art. 13 of 重庆市行政执法监督条例 for the grounds."""
    if ends_on < starts_on:
        raise PeriodBackwards(starts_on=starts_on.isoformat(), ends_on=ends_on.isoformat())
    if ground in MANDATORY and reference is None:
        raise GroundWithoutDocument(ground=ground.label)
    if concealed and len(authority) == 9:
        raise CampaignNeedsHigherBody


def may_report(*, ground: str, reported_to: str | None) -> None:
    """The result of a mandatory one goes back to whoever asked for it."""
    if ground in MANDATORY and reported_to is None:
        raise ReportBackMissing


def may_go_on(*, state: str, mode: str, concealed: bool) -> None:
    """Whether anything more may be held under a campaign."""
    if state != CampaignState.RUNNING:
        raise CampaignNotRunning(state=state)
    if mode == InspectionMode.UNANNOUNCED and not concealed:
        raise CampaignDisclosed


def may_hold_under(
    *,
    state: str,
    kind: str,
    mode: str,
    planned_on: date,
    starts_on: date,
    ends_on: date,
    same_kind: str,
    same_mode: str,
    concealed: bool,
    places: Collection[str | None],
    divisions: Collection[str],
    domains: Collection[str],
    subject_domains: Collection[str],
) -> None:
    """Whether an inspection is one of a campaign: `places` are the subject's divisions."""
    may_go_on(state=state, mode=mode, concealed=concealed)
    wrong = {
        "kind": kind != same_kind,
        "mode": mode != same_mode,
        "planned_on": not starts_on <= planned_on <= ends_on,
        "division": not is_within(places, divisions),
        "domain": not is_of(subject_domains, domains),
    }
    for what, is_wrong in wrong.items():
        if is_wrong:
            raise OutsideCampaign(what=what)


def is_within(places: Collection[str | None], divisions: Collection[str]) -> bool:
    """Whether a subject, by its township, district and city, lies in one of the divisions."""
    return not set(places).isdisjoint(divisions)


def is_of(subject_domains: Collection[str], domains: Collection[str]) -> bool:
    """Whether a subject enforces in one of the domains; none named are all."""
    return not domains or not set(subject_domains).isdisjoint(domains)


def hindrance(
    action: str,
    *,
    state: str,
    ground: str,
    sub: str,
    planned_by: Collection[str],
    reported_by: str | None,
    from_above: bool,
    starts_on: date,
    today: date,
    tally: Tally,
) -> Refused | None:
    """Why not, though the state would allow it. `planned_by` wrote or changed the plan.

    `from_above` says that the caller's body stands above the one that holds it, or, where none
    does, that the caller is not the planner.
    """
    found: Refused | None = None
    match action:
        case "approve" | "return" if state == CampaignState.PLANNED and sub in planned_by:
            found = OwnPlan()
        case "return" | "close" if state == CampaignState.REPORTED and sub == reported_by:
            found = OwnReport()
        case "start" if today < starts_on:
            found = CampaignNotBegun(starts_on=starts_on.isoformat())
        case "report" if tally.draws:
            found = CampaignDrawOpen(draws=tally.draws)
        case "report" | "cancel" if tally.open:
            found = CampaignInspectionsOpen(open=tally.open)
        case "report" if not tally.held:
            found = CampaignWithoutInspection()
        case "cancel" if ground in MANDATORY and not from_above:
            found = MandatoryCampaign(ground=Ground(ground).label)
        case "cancel" if tally.draws:
            found = CampaignDrawOpen(draws=tally.draws)
    return found


def next_period(
    starts_on: date, ends_on: date, recurrence: Recurrence, until: date | None
) -> tuple[date, date] | None:
    """The period after this one, or None once the series is over.

    A day that the month does not have becomes its last one.
    """
    months = _MONTHS[recurrence]
    following = months_from(starts_on, months)
    if until is not None and following > until:
        return None
    return following, months_from(ends_on, months)


def is_overdue(*, state: str, due: bool) -> bool:
    """Whether the report should be there by now; `due` says that its last day is over."""
    return due and state in WAITING
