"""Enforcement acts (执法行为): what may be told of one, and how what was told becomes one act.

An act is the merge of all that its source told of it. Each field remembers by which edition of the
source it was told (`told`), so that records may come late, in any order and more than once: the
newest edition of a field wins whenever it comes.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from shared.refusals import Refused
from shared.vocabulary import Term


class ActKind(Term):
    """The ten kinds of 行政职权 in action, and others."""

    PENALTY = "penalty", "行政处罚"
    PERMIT = "permit", "行政许可"
    COERCION = "coercion", "行政强制"
    CHECK = "check", "行政检查"
    LEVY = "levy", "行政征收"
    REQUISITION = "requisition", "行政征用"
    ADJUDICATION = "adjudication", "行政裁决"
    BENEFIT = "benefit", "行政给付"
    CONFIRMATION = "confirmation", "行政确认"
    AWARD = "award", "行政奖励"
    OTHER = "other", "其他执法行为"


class ActStage(Term):
    """In the order in which an act goes through them."""

    FILED = "filed", "立案或者受理"
    INVESTIGATED = "investigated", "调查取证"
    LEGAL_REVIEW = "legal_review", "法制审核"
    DECIDED = "decided", "作出决定"
    SERVED = "served", "送达"
    PUBLISHED = "published", "公示"
    EXECUTED = "executed", "执行"
    CLOSED = "closed", "结案"


class ActState(Term):
    """The furthest stage that was told, or that the act was taken back."""

    FILED = "filed", "已立案或者受理"
    INVESTIGATED = "investigated", "已调查取证"
    LEGAL_REVIEW = "legal_review", "已法制审核"
    DECIDED = "decided", "已作出决定"
    SERVED = "served", "已送达"
    PUBLISHED = "published", "已公示"
    EXECUTED = "executed", "已执行"
    CLOSED = "closed", "已结案"
    WITHDRAWN = "withdrawn", "已撤回报送"


class ActProcedure(Term):
    SIMPLE = "simple", "简易程序"
    EXPEDITED = "expedited", "快速办理"
    ORDINARY = "ordinary", "普通程序"


class PenaltyKind(Term):
    """From light to heavy, as the annual statistics have them; `other` counts only by itself."""

    OTHER = "other", "其他行政处罚"
    WARNING = "warning", "警告、通报批评"
    FINE = "fine", "罚款"
    CONFISCATION = "confiscation", "没收违法所得、没收非法财物"
    SUSPENSION = "suspension", "暂扣许可证件、降低资质等级"
    REVOCATION = "revocation", "吊销许可证件"
    RESTRICTION = "restriction", "限制开展生产经营活动"
    CLOSURE = "closure", "责令停产停业、责令关闭、限制从业"
    DETENTION = "detention", "行政拘留"


class ActOutcome(Term):
    """What was decided, where it is not a penalty."""

    GRANTED = "granted", "准予"
    REFUSED = "refused", "不予"
    REVOKED = "revoked", "撤销"
    NO_PENALTY = "no_penalty", "不予处罚"
    CASE_DROPPED = "case_dropped", "撤销立案"
    COMPLIANT = "compliant", "未发现问题"
    PROBLEM_FOUND = "problem_found", "发现问题"
    CARRIED_OUT = "carried_out", "已实施"
    LIFTED = "lifted", "已解除"


class PartyKind(Term):
    NATURAL = "natural", "自然人"
    SOLE_TRADER = "sole_trader", "个体工商户"
    ENTERPRISE = "enterprise", "企业"
    ORGANISATION = "organisation", "其他组织"


class PeriodKind(Term):
    """What does not count in the term for deciding."""

    APPRAISAL = "appraisal", "检测检验、鉴定"
    HEARING = "hearing", "听证"
    PUBLIC_NOTICE = "public_notice", "公告"
    EXPERT_REVIEW = "expert_review", "专家评审"
    SUSPENSION = "suspension", "中止"
    OTHER = "other", "其他依法不计入的期间"


class RecordOutcome(Term):
    """What became of one record that was sent."""

    ACCEPTED = "accepted", "已入库"
    UPDATED = "updated", "已更新"
    UNCHANGED = "unchanged", "无变化"
    REFUSED = "refused", "已退回"


STAGES = tuple(ActStage)
EARLIEST, LATEST = date(1970, 1, 1), date(2100, 1, 1)
"""Days from and before which a record may speak of: an act's id bears its moment from 1970 on."""
MOST_EXCLUDED = timedelta(days=3 * 366)
"""From the first to the last day of one period that does not count in a term."""
HEAVINESS = {kind.value: weight for weight, kind in enumerate(PenaltyKind)}
ENTERPRISES = frozenset({PartyKind.ENTERPRISE, PartyKind.SOLE_TRADER})


class CorrectionWithoutReason(Refused):
    """What was told already is changed: the source says why."""

    code = "act-correction-without-reason"
    status = 422
    zh = "更正已报送的内容（{field}）须说明理由（reason）。"
    en = "A correction of what was told already ({field}) gives its reason."


class EditionToldTwice(Refused):
    """One edition cannot say two things."""

    code = "act-edition-told-twice"
    status = 422
    zh = "同一版本（revision、reported_at）对 {field} 报送了不同内容。"
    en = "The same edition (revision, reported_at) has told something else of {field}."


class StageInFuture(Refused):
    code = "act-stage-in-future"
    status = 422
    zh = "环节时间晚于当前时间。"
    en = "A stage cannot lie in the future."


class ReportedInFuture(Refused):
    """It would outdo all that is told until then."""

    code = "act-reported-in-future"
    status = 422
    zh = "报送时间晚于当前时间。"
    en = "What is told was not told in the future."


class StageTwice(Refused):
    """A record says one thing of a stage."""

    code = "act-stage-twice"
    status = 422
    zh = "同一条记录中环节重复。"
    en = "A record names each stage once."


class ActTooOld(Refused):
    """Acts of that time are not kept any more."""

    code = "act-too-old"
    status = 422
    zh = "该执法行为早于数据保存期限的起点 {first}。"
    en = "The act is older than what is kept, which begins on {first}."


class OutsideReach(Refused):
    """A source reports for its own bodies only."""

    code = "act-outside-reach"
    status = 422
    zh = "该数据源无权为该执法主体报送。"
    en = "The source may not report for this subject."


class WithdrawalWithoutReason(Refused):
    code = "act-withdrawal-without-reason"
    status = 422
    zh = "撤回报送须说明理由（reason）。"
    en = "A withdrawal gives its reason."


class Told(NamedTuple):
    """One record as it was read: which fields it tells, and in which edition of the source."""

    line: int
    external_id: str
    edition: str
    """Sorts as the source's editions do."""
    reason: str | None
    fields: dict[str, Any]
    """By field: its value; of a stage (`stage_field`) its moment and the number of its document; of
    the party `{kind, key, masked, sealed, digest}`."""


class Changed(NamedTuple):
    """An act before and after a chunk, as columns; `old` is None for one that is new."""

    old: Mapping[str, Any] | None
    new: dict[str, Any]
    fields: list[str]
    """What of it is different; empty if only the editions are newer."""
    reason: str | None = None

    @property
    def outcome(self) -> RecordOutcome:
        if self.old is None:
            return RecordOutcome.ACCEPTED
        return RecordOutcome.UPDATED if self.fields else RecordOutcome.UNCHANGED


def stage_field(stage: str) -> str:
    """The field, and column, of a stage's moment: `legal_review` alone is what the review said."""
    return f"{stage}_at"


PARTY = ("party_kind", "party_key", "party_masked", "party_sealed", "party_digest")
PLAIN: dict[str, Any] = {
    "kind": None,
    "organisation": None,
    "item_code": None,
    "procedure": None,
    "title": None,
    "certificate_nos": [],
    "performed_by": [],
    "delegation_no": None,
    "check_no": None,
    "legal_review": None,
    "recording_ref": None,
    "penalties": [],
    "fine_fen": 0,
    "confiscated_fen": 0,
    "outcome": None,
    "publication_url": None,
    "excluded_periods": [],
    "extended_to": None,
    "criminal_suspected": False,
    "transfer_no": None,
    "withdrawn": False,
}
"""The fields that are columns, with what they are before anybody tells."""
EMPTY: dict[str, Any] = {
    **PLAIN,
    **dict.fromkeys(PARTY),
    **{stage_field(stage): None for stage in STAGES},
    "documents": {},
    "told": {},
}
"""An act of which nothing was told."""


def edition_of(revision: int | None, reported_at: datetime) -> str:
    """How editions compare: by the source's own count, then by when it told."""
    return f"{revision or 0:012d} {reported_at.timestamp():020.6f}"


def first_id(moment: datetime) -> UUID:
    """Below the ids of all acts that began at `moment` or later: an act's id bears its time."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def merge(old: Mapping[str, Any] | None, record: Told) -> tuple[dict[str, Any], list[str]]:
    """The act with what the record tells of it, and which fields are different now.

    Refuses what one edition tells twice, and a correction or a withdrawal without a reason. Pure:
    `old` stays as it is.
    """
    if old is None:
        return _first(record)
    before, new = old, dict(old)
    editions = {field: at for at, fields in before["told"].items() for field in fields}
    different, refreshed = [], False
    for field, value in record.fields.items():
        at = editions.get(field)
        if at is not None and at > record.edition:
            continue
        if at is not None and _value(before, field) == _comparable(field, value):
            refreshed = refreshed or at < record.edition
        else:
            if at == record.edition:
                raise EditionToldTwice(field=field)
            if not record.reason:
                if at is not None:
                    raise CorrectionWithoutReason(field=field)
                if field == "withdrawn" and value:
                    raise WithdrawalWithoutReason
            _put(new, field, value)
            different.append(field)
        editions[field] = record.edition
    if not different and not refreshed:
        return dict(old), []
    told: dict[str, list[str]] = {}
    for field, at in editions.items():
        told.setdefault(at, []).append(field)
    new["told"] = told
    if different:
        _conclude(new)
    return new, different


def _first(record: Told) -> tuple[dict[str, Any], list[str]]:
    """An act of which nothing was told before."""
    if record.fields.get("withdrawn") and not record.reason:
        raise WithdrawalWithoutReason
    new = dict(EMPTY)
    for field, value in record.fields.items():
        _put(new, field, value)
    fields = list(record.fields)
    new["told"] = {record.edition: fields}
    _conclude(new)
    return new, fields


def _put(act: dict[str, Any], field: str, value: Any) -> None:
    if field == "party":
        act.update(dict.fromkeys(PARTY) if value is None else value)
    elif field in PLAIN:
        act[field] = PLAIN[field] if value is None else value
    else:
        act[field], document = value
        stage = _stage_of(field)
        others = {of: no for of, no in act["documents"].items() if of != stage}
        act["documents"] = {**others, stage: document} if document else others


def _value(act: Mapping[str, Any], field: str) -> Any:
    if field == "party":
        return act["party_digest"]
    if field in PLAIN:
        return act[field]
    return act[field], act["documents"].get(_stage_of(field))


def _stage_of(field: str) -> str:
    return field.removesuffix("_at")


def _comparable(field: str, value: Any) -> Any:
    # What is sealed differs each time that it is sealed.
    if field == "party":
        return None if value is None else value["party_digest"]
    return PLAIN[field] if value is None and field in PLAIN else value


def _conclude(act: dict[str, Any]) -> None:
    """What follows from the fields."""
    reached = [stage for stage in STAGES if act[stage_field(stage)] is not None]
    act["state"] = ActState.WITHDRAWN.value if act["withdrawn"] else reached[-1].value
    act["began_at"] = min(act[stage_field(stage)] for stage in reached)
    act["result"] = heaviest(act["penalties"]) or act["outcome"]


def heaviest(penalties: Sequence[str]) -> str | None:
    """Combined penalties count once, in the heaviest class."""
    return max(penalties, key=HEAVINESS.__getitem__, default=None)


def missing_stages(act: Mapping[str, Any]) -> list[ActStage]:
    """Stages before the furthest one that nobody told of: what the process view shows as gaps."""
    reached = [i for i, stage in enumerate(STAGES) if act[stage_field(stage)] is not None]
    return [stage for stage in STAGES[: reached[-1]] if act[stage_field(stage)] is None]


def out_of_order(act: Mapping[str, Any]) -> list[ActStage]:
    """Stages that are said to have come before one that they follow."""
    found, latest = [], None
    for stage in STAGES:
        at = act[stage_field(stage)]
        if at is None:
            continue
        if latest is not None and at < latest:
            found.append(stage)
        latest = at if latest is None else max(latest, at)
    return found
