"""Decisions about the dated rules of law: values in, `Refused` out."""

import math
import re
from collections.abc import Collection
from datetime import date
from typing import Any

from pydantic import ValidationError

from shared.law.calendar import Deadline
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

DEEPEST, MOST, LONGEST = 4, 100, 2_000
"""How deep a value nests, how much stands in one part of it, and how long a text in it is."""
LARGEST = 1_000_000_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]+")


class ProposalKind(Term):
    NEW = "new", "新增或修订"
    CLOSE = "close", "终止"


class ProposalState(Term):
    PROPOSED = "proposed", "待审定"
    ENACTED = "enacted", "已生效"
    WITHDRAWN = "withdrawn", "已撤回"


PROPOSAL = Lifecycle(
    ProposalState.PROPOSED,
    [
        Transition(
            "enact",
            ProposalState.PROPOSED,
            ProposalState.ENACTED,
            "rule_set:enact",
            needs="another person than who proposed",
        ),
        Transition(
            "withdraw",
            ProposalState.PROPOSED,
            ProposalState.WITHDRAWN,
            "rule_set:propose",
            needs="a reason",
        ),
    ],
    terminal=(ProposalState.ENACTED, ProposalState.WITHDRAWN),
)


class RuleNotLater(Refused):
    """A rule is never rewritten; another one follows it."""

    code = "rule-not-later"
    zh = "新规则的生效日期 {effective_from} 须晚于该规则最近一条的生效日期 {after}。"
    en = "A rule follows the last one, which holds from {after}, on a later day: {effective_from}."


class RuleEndsBeforeItBegins(Refused):
    """Its end lies before its beginning, or behind the end that it has."""

    code = "rule-end-invalid"
    status = 422
    zh = "终止日期 {effective_to} 须晚于生效日期 {effective_from}，且早于已定的终止日期。"
    en = "The end {effective_to} must be after {effective_from} and before the end that it has."


class RuleValueInvalid(Refused):
    """The value cannot be used as a rule."""

    code = "rule-value-invalid"
    status = 422
    zh = "规则值 {part} 无效。"
    en = "The part {part} of the value cannot be used."


class RuleShapeDiffers(Refused):
    """What reads the rule expects the form that it has."""

    code = "rule-shape-differs"
    status = 422
    zh = "规则值 {part} 的形式须与现行规则一致。"
    en = "The part {part} of the value must have the form that it has in the present rule."


class RuleCitesNothing(Refused):
    """An article is one of a policy that is published."""

    code = "rule-cites-nothing"
    status = 422
    zh = "所引的文件未发布，或没有条款“{article}”。"
    en = "The policy cited is not published, or has no article {article}."


class RuleProposedAlready(Refused):
    """One proposal at a time for a rule from a day."""

    code = "rule-proposed-already"
    zh = "该规则自同一日起的提案正在审定中。"
    en = "A proposal for this rule from this day waits already."


class ProposerEnacts(Refused):
    """Two pairs of eyes: who proposed does not enact."""

    code = "rule-proposer-enacts"
    zh = "提出人不得审定自己提出的规则。"
    en = "Who proposed the rule does not enact it."


def may_follow(*, effective_from: date, after: date | None) -> None:
    """`after` is the day from which the last rule of the code holds, if there is one."""
    if after is not None and effective_from <= after:
        raise RuleNotLater(effective_from=effective_from.isoformat(), after=after.isoformat())


def may_close(*, effective_from: date, effective_to: date, ends: date | None) -> None:
    """`effective_to` is the first day without it; `ends` the one that was set before."""
    if effective_to <= effective_from or (ends is not None and effective_to >= ends):
        raise RuleEndsBeforeItBegins(
            effective_to=effective_to.isoformat(), effective_from=effective_from.isoformat()
        )


def may_enact(*, enacts: str, proposed: str) -> None:
    """The decision of somebody else than who proposed."""
    if enacts == proposed:
        raise ProposerEnacts


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, proposed_by: str
) -> list[str]:
    """What somebody may do now."""
    actions = PROPOSAL.allowed_actions(state, permissions)
    return [action for action in actions if action != "enact" or caller != proposed_by]


def may_be(value: Any, *, part: str = "value", depth: int = 0) -> None:
    """Keys are names, numbers are finite and not negative, deadlines and patterns can be read."""
    match value:
        case bool():
            fits = True
        case int() | float():
            fits = math.isfinite(value) and 0 <= value <= LARGEST
        case str():
            fits = len(value) <= LONGEST and _PRINTABLE.fullmatch(value) is not None
            fits = fits and (not part.endswith(".pattern") or _is_pattern(value))
        case dict() if _is_deadline(value):
            fits = _is_valid_deadline(value)
        case dict():
            fits = 0 < len(value) <= MOST and depth < DEEPEST
            fits = fits and all(_KEY.fullmatch(key) for key in value)
        case list():
            fits = len(value) <= MOST and depth < DEEPEST
        case _:
            fits = False
    if not fits:
        raise RuleValueInvalid(part=part)
    for name, each in _parts(value):
        may_be(each, part=f"{part}.{name}", depth=depth + 1)


def may_replace(value: Any, *, like: Any, part: str = "value") -> None:
    """The same keys and types as the present rule's; a deadline may differ in unit and roll."""
    if isinstance(like, dict) and isinstance(value, dict):
        if _is_deadline(like) and _is_deadline(value):
            return
        if like.keys() != value.keys():
            raise RuleShapeDiffers(part=part)
        for name, each in value.items():
            may_replace(each, like=like[name], part=f"{part}.{name}")
    elif isinstance(like, list) and isinstance(value, list):
        for number, each in enumerate(value):
            if like and not any(_is_like(each, one) for one in like):
                raise RuleShapeDiffers(part=f"{part}.{number}")
    elif _kind(like) != _kind(value):
        raise RuleShapeDiffers(part=part)


def _is_like(value: Any, like: Any) -> bool:
    try:
        may_replace(value, like=like)
    except RuleShapeDiffers:
        return False
    return True


def _parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [] if _is_deadline(value) else list(value.items())
    if isinstance(value, list):
        return [(str(number), each) for number, each in enumerate(value)]
    return []


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case _:
            return type(value).__name__


def _is_deadline(value: dict[str, Any]) -> bool:
    return {"n", "unit"} <= value.keys()


def _is_valid_deadline(value: dict[str, Any]) -> bool:
    try:
        Deadline.model_validate(value)
    except ValidationError:
        return False
    return not isinstance(value["n"], str | float | bool)


def _is_pattern(value: str) -> bool:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
