"""Requests for case files (调卷): asked for by a day, handed over, looked through, given back."""

from collections.abc import Collection
from datetime import datetime

from shared.law.calendar import last_day_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class FileRequestState(Term):
    REQUESTED = "requested", "待提供"
    ANSWERED = "answered", "已提供"
    CLOSED = "closed", "已办结"
    WITHDRAWN = "withdrawn", "已撤回"


_S = FileRequestState
ASK, ANSWER = "file_request:ask", "file_request:answer"

LIFECYCLE = Lifecycle(
    FileRequestState.REQUESTED,
    [
        Transition("answer", _S.REQUESTED, _S.ANSWERED, ANSWER),
        Transition("return", _S.ANSWERED, _S.REQUESTED, ASK, "something is missing"),
        Transition("close", _S.ANSWERED, _S.CLOSED, ASK),
        Transition("withdraw", _S.REQUESTED, _S.WITHDRAWN, ASK),
        Transition("mark_overdue", _S.REQUESTED, None, None, "the deadline has passed"),
    ],
    terminal=[_S.CLOSED, _S.WITHDRAWN],
)


class FilesOfConcealedInspection(Refused):
    """A request would tell the subject that somebody is coming."""

    code = "file-request-of-concealed-inspection"
    status = 409
    zh = "检查人员到场前，不得以该检查的名义调卷。"
    en = "No files are asked for in the name of an inspection that the subject must not know of."


class InspectionOfAnotherSubject(Refused):
    code = "file-request-inspection-of-another-subject"
    status = 422
    zh = "该监督检查不是对该单位的检查。"
    en = "The inspection is not one of this subject."


class FileNotAsked(Refused):
    """An answer tells of what was asked for, each once."""

    code = "file-request-answer-does-not-fit"
    status = 422
    zh = "答复须逐项对应所调案卷（第 {position} 项不符）。"
    en = "The answer does not tell of each file that was asked for once (see no. {position})."


class FileTermTooLong(Refused):
    code = "file-request-term-too-long"
    status = 422
    zh = "提供案卷的期限不得超过规定的期限（最迟 {latest}）。"
    en = "Files are due no later than the rule says (until {latest} at the latest)."


def may_set(due_at: datetime, *, latest: datetime) -> None:
    """A term of the asker's own choice is never longer than the rule's."""
    if due_at > latest:
        raise FileTermTooLong(latest=last_day_of(latest).isoformat())


def may_answer(*, asked: int, answered: Collection[int]) -> None:
    """`answered` are positions, counted from 1; each file that was asked for is told of once."""
    positions = list(answered)
    for position in positions:
        if not 1 <= position <= asked or positions.count(position) > 1:
            raise FileNotAsked(position=position)
    for position in range(1, asked + 1):
        if position not in positions:
            raise FileNotAsked(position=position)


def is_overdue(*, state: str, due_at: datetime, now: datetime) -> bool:
    """Whether the deadline has passed without an answer."""
    return state == FileRequestState.REQUESTED and due_at <= now
