"""What is handed from one body to another (移交): its kinds, its two sides, who may say what."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from shared.refusals import Refused
from shared.vocabulary import Term


class MatterKind(Term):
    TRANSFER = "transfer", "两法衔接移送"
    REVERSE_TRANSFER = "reverse_transfer", "反向移送"
    REFERRAL = "referral", "移送衔接"
    COOPERATION = "cooperation", "执法协作"


class Side(Term):
    """Which part a caller has in it."""

    SENDER = "sender", "移送方"
    RECEIVER = "receiver", "接收方"
    THIRD = "third", "第三方"
    SUPERVISOR = "supervisor", "监督机关"


class Step(NamedTuple):
    """Something that is due: by which rule of law, and which part of its value."""

    rule: str
    part: str | None = None


Steps = Mapping[str, Step]
REMINDER = "hand_off.reminder"
"""The rule that says when whoever has to do something is reminded."""


class MatterNotYours(Refused):
    """Each step is for one side of it."""

    code = "matter-not-yours"
    status = 403
    zh = "该步骤应由{sides}办理。"
    en = "This step is for another side of the matter ({sides})."


class AnswerWithoutDocument(Refused):
    """Whoever tells the other side's answer names the document that it was given in."""

    code = "matter-answer-without-document"
    status = 422
    zh = "由移送方代为登记对方答复的,须填写对方书面答复的文号。"
    en = "The sender records the receiver's answer with the number of the document it came in."


class SamePerson(Refused):
    """Two pairs of eyes."""

    code = "matter-approved-by-author"
    status = 403
    zh = "拟办、承办人员不得自行审批。"
    en = "It is decided on by another person than those who prepared it."


def not_for(
    action: str,
    sides: Collection[Side],
    *,
    who: Mapping[str, Collection[Side]],
    outside: Collection[Side] = (),
) -> MatterNotYours | None:
    """Why an action is not for a caller; what a side `outside` the system answers the sender
    records."""
    if set(who[action]) & set(sides):
        return None
    if Side.SENDER in sides and set(who[action]) <= set(outside):
        return None
    return MatterNotYours(sides=sides_named(who[action]))


def sides_named(sides: Collection[Side]) -> str:
    """For a refusal's sentence."""
    return "、".join(side.label for side in Side if side in sides)


def may_answer(*, answers: bool, document_no: str | None) -> None:
    """An answer is told by who gives it, or recorded by the sender with its document."""
    if not answers and document_no is None:
        raise AnswerWithoutDocument


def is_overdue(*, due_at: datetime | None, now: datetime) -> bool:
    """Whether something is due whose time has passed."""
    return due_at is not None and due_at <= now
