"""Results of a checklist, as inspectors write them down without a connection and upload them later.

Each result bears an id that its device made: uploaded again, it is known, and counts once.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from services.oversight.inspections.rules import InspectionState
from shared.refusals import Refused
from shared.vocabulary import Term

FILL = "checklist:fill"
MOST_RESULTS = 500


class Outcome(Term):
    PASSED = "passed", "符合"
    PARTLY = "partly", "部分符合"
    FAILED = "failed", "不符合"
    NOT_APPLICABLE = "not_applicable", "不适用"


class Receipt(Term):
    """What became of one result of a batch."""

    ACCEPTED = "accepted", "已收录"
    DUPLICATE = "duplicate", "此前已收录"
    REFUSED = "refused", "未收录"


_WORTH = {Outcome.PASSED: 1.0, Outcome.PARTLY: 0.5, Outcome.FAILED: 0.0}


class ChecklistTaken(Refused):
    code = "checklist-taken"
    zh = "本次检查已选用该检查表。"
    en = "The inspection has this checklist already."


class ChecklistUnknown(Refused):
    code = "checklist-unknown"
    status = 422
    zh = "没有在用的检查表 {checklist_id}。"
    en = "There is no published checklist {checklist_id}."


class ChecklistTooLate(Refused):
    """Nothing is added to what was signed."""

    code = "checklist-too-late"
    zh = "检查处于“{state}”，不能再选用检查表或者上传结果。"
    en = "The inspection is {state}: its checklists are closed."


class NotOnSite(Refused):
    code = "checklist-not-on-site"
    zh = "尚未进场，没有可以上传的结果。"
    en = "Nobody is on site yet, so there are no results."


class ResultRefused(Refused):
    """Of one result in a batch; the others are taken."""

    code = "result-refused"
    status = 422
    zh = "该结果未收录：{why}。"
    en = "The result was not taken: {why}."


class ItemUnknown(ResultRefused):
    code = "result-item-unknown"
    zh = "检查表没有编码为 {item} 的检查项。"
    en = "The checklist has no item {item}."


class ItemAnswered(ResultRefused):
    """Two inspectors answered it; who corrects says what is replaced."""

    code = "result-item-answered"
    zh = "检查项 {item} 已有结果 {by}；如系更正，请注明被替换的结果。"
    en = "The item {item} has the result {by}; a correction names what it replaces."


class NotTheResult(ResultRefused):
    code = "result-replaces-nothing"
    zh = "检查项 {item} 没有可以替换的结果 {replaces}。"
    en = "The item {item} has no result {replaces} to replace."


class ClientIdReused(ResultRefused):
    """The same id for something else: a device that counts wrongly must not lose a result."""

    code = "result-id-reused"
    zh = "编号 {client_id} 已用于另一结果。"
    en = "The id {client_id} is that of another result."


class NotAnInspector(ResultRefused):
    code = "result-not-of-inspector"
    zh = "{sub} 不是本次检查的检查人员。"
    en = "{sub} is not an inspector of this inspection."


class OutsideVisit(ResultRefused):
    code = "result-outside-visit"
    zh = "记录时间不在进场以后、上传以前。"
    en = "It was recorded before the inspectors were on site, or is still to come."


class Told(NamedTuple):
    """A result as it was uploaded, or as it is on record."""

    client_id: str
    item: str
    outcome: str
    note: str | None
    inspector: str
    recorded_at: datetime
    replaces: str | None = None


def may_choose(state: str) -> None:
    """Whether an inspection may still get a checklist."""
    if state not in (
        InspectionState.ASSIGNED,
        InspectionState.ACCEPTED,
        InspectionState.NOTIFIED,
        InspectionState.ON_SITE,
    ):
        raise ChecklistTooLate(state=state)


def may_fill(state: str) -> None:
    """Whether results may be uploaded."""
    may_choose(state)
    if state != InspectionState.ON_SITE:
        raise NotOnSite


def is_known(told: Told, known: Told | None) -> bool:
    """Whether a result is on record already; refuses an id that means something else there."""
    if known is None:
        return False
    if known != told:
        raise ClientIdReused(client_id=told.client_id)
    return True


def may_take(
    told: Told,
    *,
    items: Collection[str],
    current: str | None,
    inspectors: Collection[str],
    started_at: datetime,
    now: datetime,
) -> None:
    """Whether a new result may be taken; `current` is the id of the item's result, if any."""
    if told.item not in items:
        raise ItemUnknown(item=told.item)
    if told.inspector not in inspectors:
        raise NotAnInspector(sub=told.inspector)
    if not started_at <= told.recorded_at <= now:
        raise OutsideVisit
    if told.replaces is not None and told.replaces != current:
        raise NotTheResult(item=told.item, replaces=told.replaces)
    if told.replaces is None and current is not None:
        raise ItemAnswered(item=told.item, by=current)


def score(answers: Iterable[tuple[int, str]]) -> float | None:
    """Of 100, by weight, of (weight, outcome) of what was answered and applies; one decimal."""
    counted = [(weight, _WORTH[Outcome(o)]) for weight, o in answers if o in _WORTH]
    whole = sum(weight for weight, _ in counted)
    if not whole:
        return None
    return round(100 * sum(weight * worth for weight, worth in counted) / whole, 1)
