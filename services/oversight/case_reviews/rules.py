"""Decisions about the review of case files (案卷评查): values in, `Refused` out."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from shared.law.calendar import by_local_clock
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

ZERO = Decimal("0.00")
MANAGE, ANSWER = "case_review:manage", "case_review:answer"


class ErrorClass(Term):
    """What an error in a case file is about."""

    SUBJECT = "subject", "主体资格"
    BASIS = "basis", "职权与依据"
    FACTS = "facts", "事实与证据"
    PROCEDURE = "procedure", "执法程序"
    DISCRETION = "discretion", "裁量适用"
    DOCUMENTS = "documents", "文书制作"
    FILING = "filing", "立卷归档"


class CaseReviewState(Term):
    SAMPLED = "sampled", "已抽样"
    ASSIGNED = "assigned", "评查中"
    SCORED = "scored", "已评分"
    ANNOUNCED = "announced", "已反馈"
    OBJECTED = "objected", "已提出异议"
    CONCLUDED = "concluded", "已办结"
    CANCELLED = "cancelled", "已取消"


_S = CaseReviewState

LIFECYCLE = Lifecycle(
    CaseReviewState.SAMPLED,
    [
        Transition(
            "assign",
            _S.SAMPLED,
            _S.ASSIGNED,
            MANAGE,
            needs="two reviewers and an arbiter, three persons, none of the subject",
        ),
        Transition("settle", _S.ASSIGNED, _S.SCORED, needs="the last file has its score"),
        Transition(
            "announce",
            _S.SCORED,
            _S.ANNOUNCED,
            MANAGE,
            needs="another person than who scored",
        ),
        Transition("accept", _S.ANNOUNCED, _S.CONCLUDED, ANSWER),
        Transition(
            "object",
            _S.ANNOUNCED,
            _S.OBJECTED,
            ANSWER,
            needs="the term for objections runs",
        ),
        Transition(
            "conclude",
            _S.ANNOUNCED,
            _S.CONCLUDED,
            MANAGE,
            needs="the term for objections is over",
        ),
        Transition(
            "decide",
            _S.OBJECTED,
            _S.CONCLUDED,
            MANAGE,
            needs="another person than who scored",
        ),
        Transition(
            "cancel",
            [_S.SAMPLED, _S.ASSIGNED],
            _S.CANCELLED,
            MANAGE,
            needs="a reason",
        ),
    ],
    terminal=(_S.CONCLUDED, _S.CANCELLED),
)


class CaseReviewExists(Refused):
    """One review an inspection."""

    code = "case-review-exists"
    zh = "该监督检查已有案卷评查。"
    en = "The inspection has a review of case files already."


class InspectionNotOfFiles(Refused):
    """Files are reviewed within an inspection of files, while it goes on."""

    code = "case-review-inspection-not-of-files"
    zh = "案卷评查须在进行中的案卷检查内开展（方式：{mode}，状态：{state}）。"
    en = "Files are reviewed within an inspection of files that is going on, not a {mode} {state}."


class SampleTooLarge(Refused):
    code = "case-review-sample-too-large"
    status = 422
    zh = "抽取 {asked} 卷，案卷总数只有 {listed} 卷。"
    en = "{asked} files are to be drawn, of {listed} that are listed."


class ReviewersNotThree(Refused):
    """Two reviewers and an arbiter are three persons."""

    code = "case-review-reviewers-not-three"
    status = 422
    zh = "两名评查人和一名复评人不得为同一人。"
    en = "Two reviewers and an arbiter are three persons."


class ReviewerOfSubject(Refused):
    """Nobody reviews the files of the body they work for."""

    code = "case-review-reviewer-of-subject"
    status = 422
    zh = "{sub} 属于被评查单位，不得参加评查。"
    en = "{sub} works for the reviewed body and cannot review its files."


class ReviewerRecused(Refused):
    """Who was taken off the inspection reviews none of its files."""

    code = "case-review-reviewer-recused"
    status = 422
    zh = "{sub} 已回避本次检查，或者对其的回避申请尚未决定，不得参加评查。"
    en = "{sub} was recused from the inspection, or a request for it is not decided yet."


class AnnouncedByScorer(Refused):
    """Two pairs of eyes."""

    code = "case-review-announced-by-scorer"
    status = 403
    zh = "评分人员不得反馈或者复核自己评出的结果。"
    en = "Who scored files neither announces the result nor decides on objections to it."


class CaseObjectionTermOver(Refused):
    code = "case-review-objection-term-over"
    zh = "提出异议的期限已于 {due_at} 届满。"
    en = "The term for objections ended at {due_at}."


class CaseObjectionTermRunning(Refused):
    """The body is heard first."""

    code = "case-review-objection-term-running"
    zh = "异议期至 {due_at}，期满前不得办结。"
    en = "The body may object until {due_at}; nothing is concluded before."


class CaseFileUnknown(Refused):
    """No such file in the review."""

    code = "case-file-unknown"
    status = 422
    zh = "本次评查没有抽取案卷 {case_file_id}。"
    en = "The file {case_file_id} is not in the sample of this review."


class ScoreAboveHundred(Refused):
    code = "case-file-score-above-full"
    status = 422
    zh = "案卷得分不得超过 {full} 分。"
    en = "A file earns at most {full} points."


def may_sample(*, mode: str, state: str, of_files: str, going_on: str) -> None:
    """Within an inspection of files that is going on: then findings can be made of it."""
    if mode != of_files or state != going_on:
        raise InspectionNotOfFiles(mode=str(mode), state=str(state))


def sample(numbers: Collection[str], *, size: int, seed: str) -> list[str]:
    """The files that a seed draws: those whose SHA-256 of seed, line break and number is lowest.

    >>> sample(["a", "b", "c"], size=2, seed="s") == sample(["c", "b", "a"], size=2, seed="s")
    True
    """
    if size > len(numbers):
        raise SampleTooLarge(asked=size, listed=len(numbers))
    return sorted(numbers, key=lambda number: (_digest(f"{seed}\n{number}"), number))[:size]


def population_digest(numbers: Iterable[str]) -> str:
    """The SHA-256 of the sorted numbers, a line break between: what the sample was drawn from."""
    return _digest("\n".join(sorted(numbers)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def may_assign(
    people: Sequence[tuple[str, str | None]], *, subject: str, recused: Collection[str]
) -> None:
    """Two reviewers and an arbiter by `sub` and organisation; `recused` were taken off it."""
    if len({sub for sub, _ in people}) < len(people):
        raise ReviewersNotThree
    for sub, organisation in people:
        if organisation == subject:
            raise ReviewerOfSubject(sub=sub)
        if sub in recused:
            raise ReviewerRecused(sub=sub)


def next_state(
    action: str,
    *,
    state: str,
    due_at: datetime | None,
    scorers: Collection[str],
    sub: str,
    now: datetime,
) -> CaseReviewState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    hindrance = _hindrance(action, due_at=due_at, scorers=scorers, sub=sub, now=now)
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    *,
    state: str,
    due_at: datetime | None,
    scorers: Collection[str],
    sub: str,
    now: datetime,
    permissions: Collection[str],
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now with a review."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(action, due_at=due_at, scorers=scorers, sub=sub, now=now) is None
    ]


def _hindrance(
    action: str, *, due_at: datetime | None, scorers: Collection[str], sub: str, now: datetime
) -> Refused | None:
    running = due_at is not None and now < due_at
    told = by_local_clock(due_at) if due_at is not None else None
    match action:
        case "announce" | "decide" if sub in scorers:
            return AnnouncedByScorer()
        case "object" if not running:
            return CaseObjectionTermOver(due_at=told)
        case "conclude" if running:
            return CaseObjectionTermRunning(due_at=told)
        case _:
            return None
