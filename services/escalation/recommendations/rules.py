"""Decisions about papers on what the pilot showed (意见建议): values in, `Refused` out."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from services.escalation.ladder.rules import LADDER, IssueLevel
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝协建"
MOST_IDS = 200
"""Ids behind one number that the paper names; its link leads to all of them."""
NOTICE = "渝府办发〔2022〕70号五(三)"


class RecommendationState(Term):
    DRAFT = "draft", "起草中"
    SUBMITTED = "submitted", "待审定"
    RETURNED = "returned", "退回修改"
    APPROVED = "approved", "已审定"
    ISSUED = "issued", "已印发"
    WITHDRAWN = "withdrawn", "已撤回"


class SourceKind(Term):
    """What a recommendation rests on."""

    ISSUE = "issue", "上报事项"
    DISPUTE = "dispute", "执法争议"
    REPORT = "report", "总结报告"
    FIGURES = "figures", "冻结数据"


_S = RecommendationState
EDITABLE = (_S.DRAFT, _S.RETURNED)
_WRITE, _APPROVE = "recommendation:write", "recommendation:approve"
_OTHER = "by another than who wrote or submitted it"

LIFECYCLE = Lifecycle(
    _S.DRAFT,
    [
        Transition("change", EDITABLE, _S.DRAFT, _WRITE, "by its level"),
        Transition("recompile", EDITABLE, None, _WRITE, "by its level"),
        Transition("submit", _S.DRAFT, _S.SUBMITTED, _WRITE, "with at least one item"),
        Transition("approve", _S.SUBMITTED, _S.APPROVED, _APPROVE, _OTHER),
        Transition("return", _S.SUBMITTED, _S.RETURNED, _APPROVE, _OTHER),
        Transition("issue", _S.APPROVED, _S.ISSUED, _WRITE, "by its level"),
        Transition(
            "withdraw", [*EDITABLE, _S.SUBMITTED, _S.APPROVED], _S.WITHDRAWN, _WRITE, "by its level"
        ),
    ],
    terminal=[_S.ISSUED, _S.WITHDRAWN],
)


class ProgrammeUnknown(Refused):
    code = "programme-unknown"
    status = 422
    zh = "没有试点方案 {programme_id}。"
    en = "There is no programme {programme_id}."


class RecommendationNotYours(Refused):
    code = "recommendation-not-yours"
    status = 403
    zh = "该意见建议由{level}起草和印发。"
    en = "The paper is that of another level ({level})."


class RecommendationByWriter(Refused):
    code = "recommendation-by-writer"
    status = 403
    zh = "起草或者送审的人员不得审定或者退回。"
    en = "Whoever wrote or submitted the paper neither approves nor returns it."


class RecommendationEmpty(Refused):
    code = "recommendation-empty"
    zh = "尚无一条意见建议。"
    en = "The paper recommends nothing yet."
    basis = NOTICE


class SourceUnknown(Refused):
    """What nobody can look up proves nothing."""

    code = "recommendation-source-unknown"
    status = 422
    zh = "没有可作依据的{kind} {id}。"
    en = "There is no {kind} {id} that it could rest on."


class Source(NamedTuple):
    """A source as a paper names it."""

    kind: SourceKind
    id: UUID


@dataclass(frozen=True, kw_only=True)
class Part:
    """What the caller is to a paper."""

    own: bool
    """Acts for its level."""
    wrote: bool
    """Wrote on it last, or submitted it."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a paper decides who may do what now."""

    state: str
    level: str
    items: int


def known(items: Iterable[Mapping[str, Any]], labels: Mapping[Source, str]) -> list[dict[str, Any]]:
    """The items as they are kept, each source with what it is called; refuses an unknown one."""
    kept = []
    for item in items:
        sources = [Source(SourceKind(one["kind"]), one["id"]) for one in item["sources"]]
        for source in sources:
            if source not in labels:
                raise SourceUnknown(kind=source.kind.label, id=str(source.id))
        told = [{"kind": one.kind, "id": str(one.id), "label": labels[one]} for one in sources]
        kept.append({**item, "sources": told})
    return kept


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of what was issued, in hexadecimal."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def told_to(level: str) -> IssueLevel:
    """Who learns of an issued paper: the level above; the Bureau, above which is none, itself."""
    return LADDER[min(LADDER.index(IssueLevel(level)) + 1, len(LADDER) - 1)]


def next_state(action: str, at: Standing, part: Part) -> RecommendationState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, part)) is not None:
        raise hindrance
    return target


def allowed_actions(at: Standing, part: Part, *, permissions: Collection[str]) -> list[str]:
    """What a holder of `permissions` may do now."""
    actions = LIFECYCLE.allowed_actions(at.state, permissions)
    return [action for action in actions if _hindrance(action, at, part) is None]


def _hindrance(action: str, at: Standing, part: Part) -> Refused | None:
    if not part.own:
        return RecommendationNotYours(level=IssueLevel(at.level).label)
    if action in {"approve", "return"} and part.wrote:
        return RecommendationByWriter()
    if action == "submit" and not at.items:
        return RecommendationEmpty()
    return None
