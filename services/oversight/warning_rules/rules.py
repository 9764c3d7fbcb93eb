"""Warning rules (预警规则) as data.

A rule says which acts it is about, what exempts one, and one check. The check gives a level: yellow
while a limit is near, red once it is passed (`warnings.rules.judge`).
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from typing import Annotated, Any, Literal, NamedTuple, Self, cast
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.oversight.acts.rules import STAGES, ActKind, ActStage
from shared.clock import legal_day
from shared.law.calendar import Deadline, Unit
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term
from shared.web.schemas import Input, Line, Prose


class WarningLevel(Term):
    """How far it has come."""

    YELLOW = "yellow", "黄色预警(临近)"
    RED = "red", "红色预警(已逾越)"


class CheckKind(Term):
    """What a rule looks for."""

    TERM = "term", "两个环节之间的期限"
    REQUIRED = "required", "到达环节时必须具备"
    CERTIFICATES = "certificates", "执法证件有效"
    LISTED = "listed", "事项在职权或者清单之内"
    DELEGATED = "delegated", "委托在有效期和范围之内"
    OUTSOURCED = "outsourced", "由无权组织的人员实施"
    REPEATED = "repeated", "对同一相对人重复检查"
    DISPUTED = "disputed", "争议未决期间单方处理"


class RuleState(Term):
    DRAFT = "draft", "起草"
    ACTIVE = "active", "启用"
    RETIRED = "retired", "停用"


class Operator(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    PRESENT = "present"
    ABSENT = "absent"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    COUNT_AT_LEAST = "count_at_least"
    COUNT_AT_MOST = "count_at_most"


Test = Callable[[Mapping[str, Any]], bool]

DRAFT, ADOPT = "warning_rule:draft", "warning_rule:adopt"
LIFECYCLE = Lifecycle(
    RuleState.DRAFT,
    [
        Transition("change", RuleState.DRAFT, None, DRAFT),
        Transition("try", RuleState.DRAFT, None, DRAFT),
        Transition(
            "activate",
            RuleState.DRAFT,
            RuleState.ACTIVE,
            ADOPT,
            "tried as it stands, by another than who drafted it",
        ),
        Transition("discard", RuleState.DRAFT, RuleState.RETIRED, DRAFT),
        Transition("retire", RuleState.ACTIVE, RuleState.RETIRED, ADOPT),
    ],
    terminal=[RuleState.RETIRED],
)


class FieldType(StrEnum):
    """What a field of an act holds, and so which operators it has."""

    TEXT = "text"
    LIST = "list"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STAGE = "stage"


_TEXTS = (
    *("kind", "state", "procedure", "organisation", "item_code", "delegation_no", "party_kind"),
    *("check_no", "recording_ref", "legal_review.conclusion", "outcome", "result"),
    *("publication_url", "transfer_no"),
)
FIELDS: dict[str, FieldType] = {
    **dict.fromkeys(_TEXTS, FieldType.TEXT),
    **dict.fromkeys(("domains", "certificate_nos", "performed_by", "penalties"), FieldType.LIST),
    **dict.fromkeys(("fine_fen", "confiscated_fen"), FieldType.NUMBER),
    **dict.fromkeys(("legal_review.required", "criminal_suspected"), FieldType.BOOLEAN),
    **dict.fromkeys(map(str, STAGES), FieldType.STAGE),
}
"""What of an act a condition may ask for; of a stage, whether it was reached."""

_ANY: dict[Operator, type] = dict.fromkeys((Operator.PRESENT, Operator.ABSENT), type(None))
OPERATORS: dict[FieldType, dict[Operator, type]] = {
    FieldType.TEXT: {
        **_ANY,
        **dict.fromkeys((Operator.IS, Operator.IS_NOT), str),
        **dict.fromkeys((Operator.IN, Operator.NOT_IN), list),
    },
    FieldType.LIST: {
        **_ANY,
        Operator.CONTAINS: str,
        **dict.fromkeys((Operator.COUNT_AT_LEAST, Operator.COUNT_AT_MOST), int),
    },
    FieldType.NUMBER: {
        **_ANY,
        **dict.fromkeys(
            (Operator.IS, Operator.IS_NOT, Operator.AT_LEAST, Operator.AT_MOST),
            int,
        ),
    },
    FieldType.BOOLEAN: {**_ANY, **dict.fromkeys((Operator.IS, Operator.IS_NOT), bool)},
    FieldType.STAGE: _ANY,
}
"""By type of the field: which operators it has, and what each compares with."""


class WarningRuleNotTried(Refused):
    """What goes live was tried on history, as it stands."""

    code = "warning-rule-not-tried"
    status = 409
    zh = "规则须先以现有内容完成历史试算，方可启用。"
    en = "A rule is tried on history, as it stands, before it goes live."


class WarningRuleTriedOnNothing(Refused):
    """A trial that met no act that the rule is about says nothing of it."""

    code = "warning-rule-tried-on-nothing"
    status = 409
    zh = "历史试算未涉及任何适用该规则的执法行为，不能视为完成试算；请另选期间重新试算。"
    en = "The trial met no act that the rule is about: try it on another period."


class WarningRuleActivatedByAuthor(Refused):
    """Two pairs of eyes."""

    code = "warning-rule-activated-by-author"
    status = 403
    zh = "起草规则的人员不得自行启用。"
    en = "A rule goes live by another person than the one who drafted it."


class WarningRuleCodeTaken(Refused):
    code = "warning-rule-draft-exists"
    status = 409
    zh = "该规则已有起草中的版本。"
    en = "There is a draft of this rule already."


class WarningRulePeriodInvalid(Refused):
    code = "warning-rule-period-invalid"
    status = 422
    zh = "起止日期无效:{first} 至 {last}。"
    en = "From {first} to {last} is no period."


class Condition(Input):
    """A field of an act, an operator, and what it is compared with.

    `present` and `absent` need no value and are for every field. A text is compared with a text
    (`is`, `is_not`) or a list of texts (`in`, `not_in`); a list has `contains` and the counts; a
    number is compared with a number; a boolean with a boolean; a stage was reached or was not.
    """

    field: str
    op: Operator
    value: str | int | bool | list[str] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (kind := FIELDS.get(self.field)) is None:
            raise PydanticCustomError("unknown-field", "an act has no such field")
        if (wanted := OPERATORS[kind].get(self.op)) is None:
            raise PydanticCustomError("operator-does-not-fit", "the field has no such operator")
        if type(self.value) is not wanted:  # True is no number here
            raise PydanticCustomError("value-does-not-fit", "the value does not fit the operator")
        return self

    def holds(self, act: Mapping[str, Any]) -> bool:
        """Whether it is so of an act."""
        return self.test(act)

    @cached_property
    def test(self) -> Test:
        """`holds`, with what it says looked up once: each act is held against many of these."""
        value, wanted = _reader(self.field), cast(Any, self.value)  # its type was checked
        match self.op:
            case Operator.PRESENT:
                return lambda act: bool(value(act))
            case Operator.ABSENT:
                return lambda act: not value(act)
            case Operator.IS:
                return lambda act: bool(value(act) == wanted)
            case Operator.IS_NOT:
                return lambda act: bool(value(act) != wanted)
            case Operator.IN:
                listed = _listed(wanted)
                return lambda act: value(act) in listed
            case Operator.NOT_IN:
                listed = _listed(wanted)
                return lambda act: value(act) not in listed
            case Operator.CONTAINS:
                return lambda act: wanted in (value(act) or ())
            case Operator.AT_LEAST:
                return lambda act: bool((value(act) or 0) >= wanted)
            case Operator.AT_MOST:
                return lambda act: bool((value(act) or 0) <= wanted)
            case Operator.COUNT_AT_LEAST:
                return lambda act: bool(len(value(act) or ()) >= wanted)
            case Operator.COUNT_AT_MOST:
                return lambda act: bool(len(value(act) or ()) <= wanted)


def _listed(value: Any) -> frozenset[str]:
    assert isinstance(value, list)
    return frozenset(value)


def _reader(name: str) -> Callable[[Mapping[str, Any]], Any]:
    head, _, part = name.partition(".")
    if part:
        return lambda act: (act[head] or {}).get(part)
    return itemgetter(f"{name}_at" if name in STAGES else name)


def _all(conditions: Sequence[Condition]) -> Test:
    tests = [condition.test for condition in conditions]
    if len(tests) == 1:
        return tests[0]
    return lambda act: all(test(act) for test in tests)


class TermCheck(Input):
    """From one stage to another within a term: 90 days from filing to decision.

    The day of the first stage does not count. Yellow `early` before the end, red after it, and red
    too if the second stage was reached too late.
    """

    kind: Literal[CheckKind.TERM] = CheckKind.TERM
    begins: ActStage
    reaches: ActStage
    term: Deadline
    early: int = Field(0, ge=0, le=365, description="Days before the end, in the term's own unit")
    excluded_periods: bool = Field(
        False, description="Days of hearings, appraisals and the like do not count"
    )
    extensions: bool = Field(False, description="An approved extension moves the end")

    @cached_property
    def least(self) -> timedelta:
        """However days are counted, the term does not end before so long after it began."""
        if self.term.unit is Unit.HOURS:
            return timedelta(hours=self.term.n)
        return timedelta(days=self.term.n)


class RequiredCheck(Input):
    """Once a stage is reached, all of this holds, at the latest when the grace is over."""

    kind: Literal[CheckKind.REQUIRED] = CheckKind.REQUIRED
    once: ActStage
    must: list[Condition] = Field(min_length=1, max_length=10)
    grace: Deadline | None = Field(None, description="For what is told a little later")


class CertificatesCheck(Input):
    """Each certificate named in the act was in force on its day."""

    kind: Literal[CheckKind.CERTIFICATES] = CheckKind.CERTIFICATES


class ListedCheck(Input):
    """The item is the subject's own power, or in the township's list in force on the day.

    Of a township of which no list of that day is known, and of another body of which no power is
    known, nothing is said.
    """

    kind: Literal[CheckKind.LISTED] = CheckKind.LISTED


class DelegatedCheck(Input):
    """The deed named in the act is of that body, was in force on its day and covers the item."""

    kind: Literal[CheckKind.DELEGATED] = CheckKind.DELEGATED


class OutsourcedCheck(Input):
    """Nobody enforced but the subject's own people, or those of a body entrusted by it."""

    kind: Literal[CheckKind.OUTSOURCED] = CheckKind.OUTSOURCED


class RepeatedCheck(Input):
    """The same party was not checked by anybody else shortly before."""

    kind: Literal[CheckKind.REPEATED] = CheckKind.REPEATED
    within_days: int = Field(ge=1, le=366)
    others_only: bool = Field(False, description="Checks by the same subject do not count")


class DisputedCheck(Input):
    """Nothing that is in dispute was decided by one of the parties alone while it was pending.

    The party that leads meanwhile may, and so may any for the safety of the public or of a person,
    if it has said so.
    """

    kind: Literal[CheckKind.DISPUTED] = CheckKind.DISPUTED


Check = Annotated[
    TermCheck
    | RequiredCheck
    | CertificatesCheck
    | ListedCheck
    | DelegatedCheck
    | OutsourcedCheck
    | RepeatedCheck
    | DisputedCheck,
    Field(discriminator="kind"),
]


class Content(Input):
    """What a rule says."""

    name: Line
    description: Prose
    legal_basis: list[Line] = Field(min_length=1, max_length=20)
    provisional: bool = Field(description="Not read at the source, or a proposal")
    effective_from: date = Field(description="Acts that began on this day or later")
    effective_to: date | None = Field(None, description="The first day that it is not about")
    kinds: list[ActKind] = Field(min_length=1, max_length=11)
    when: list[Condition] = Field(default=[], max_length=10, description="All of these hold")
    unless: list[list[Condition]] = Field(
        default=[],
        max_length=10,
        description="Exceptions: an act is exempt if all conditions of any of them hold",
    )
    check: Check

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            raise PydanticCustomError("not-a-period", "it ends before it begins")
        return self

    def covers(self, day: date) -> bool:
        """Whether it is of the time of acts that began on `day`."""
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)

    @cached_property
    def applies(self) -> Test:
        """Whether it looks at an act of its kinds and of its time."""
        when = _all(self.when)
        unless = [_all(group) for group in self.unless]

        def applies(act: Mapping[str, Any]) -> bool:
            return when(act) and not any(exempts(act) for exempts in unless)

        return applies if unless else when

    def is_about(self, act: Mapping[str, Any]) -> bool:
        """Whether the rule looks at an act at all."""
        return (
            is_judged(act)
            and act["kind"] in self.kinds
            and self.covers(legal_day(act["began_at"]))
            and self.applies(act)
        )


def is_judged(act: Mapping[str, Any]) -> bool:
    """Whether any rule may look at an act: of a subject that is not known yet none does."""
    return not act["withdrawn"] and act["subject_id"] is not None


class Edition(NamedTuple):
    """An edition in force."""

    id: UUID
    code: str
    edition: int
    content: Content


class Rulebook:
    """The editions in force, so kept that of an act only those are asked that may speak of it.

    Of the editions of a code the newest speaks that is of the act's time, also where it says
    nothing.
    """

    def __init__(self, editions: Iterable[Edition]) -> None:
        """By code, newer ones first."""
        self.editions = tuple(editions)
        ends = [(one.content.effective_from, one.content.effective_to) for one in self.editions]
        self._turns = sorted({day for pair in ends for day in pair if day is not None})
        self._found: dict[tuple[str, int], tuple[Edition, ...]] = {}

    def speaking_on(self, day: date) -> dict[str, Edition]:
        """By code the edition that speaks of acts that began on a day."""
        speaking: dict[str, Edition] = {}
        for one in self.editions:
            if one.code not in speaking and one.content.covers(day):
                speaking[one.code] = one
        return speaking

    def about(self, act: Mapping[str, Any], day: date) -> list[Edition]:
        """Those that look at an act that began on `day`."""
        key = (act["kind"], bisect_right(self._turns, day))
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = tuple(
                one for one in self.speaking_on(day).values() if act["kind"] in one.content.kinds
            )
        return [one for one in found if one.content.applies(act)]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a rule decides who may do what now."""

    state: str
    drafted_by: str
    tried: bool
    """A trial of what it says now is done, and met acts that it is about."""
    tried_on_nothing: bool = False
    """A trial is done that met none."""


def next_state(action: str, at: Standing, *, sub: str) -> RuleState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, sub)) is not None:
        raise hindrance
    return target


def allowed_actions(at: Standing, *, sub: str, permissions: Iterable[str]) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, frozenset(permissions))
        if _hindrance(action, at, sub) is None
    ]


def _hindrance(action: str, at: Standing, sub: str) -> Refused | None:
    if action == "activate":
        if sub == at.drafted_by:
            return WarningRuleActivatedByAuthor()
        if not at.tried:
            return WarningRuleTriedOnNothing() if at.tried_on_nothing else WarningRuleNotTried()
    return None
