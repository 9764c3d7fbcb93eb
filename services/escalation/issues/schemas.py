"""What comes in and goes out over HTTP about issues."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from services.escalation.issues.rules import (
    SYSTEM,
    DeadlineState,
    IssueKind,
    IssueSeverity,
    IssueSource,
    IssueState,
    allowed_actions,
    deadline_state,
)
from services.escalation.ladder.rules import (
    IssueAction,
    IssueLevel,
    is_above,
    is_holder,
    level_of_division,
)
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Scope
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Moment, Prose, ResourceView, View


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Lines = Annotated[list[Line], Field(max_length=20), AfterValidator(_distinct)]
Domain = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
Domains = Annotated[list[Domain], Field(max_length=20), AfterValidator(_distinct)]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class IssueRequest(Input):
    """An issue to raise."""

    model_config = _example(
        title="镇街与区级部门对占道经营执法职责理解不一",
        description="赋权事项承接后,占道经营的日常巡查与处罚由谁负责,镇与区城市管理部门各执一词。",
        kind="new_situation",
        division="500106001",
        major=False,
        source="manual",
        severity="serious",
        domains=["urban_management"],
        occurred_on="2026-11-20",
        place="某某路农贸市场周边",
        legal_basis=["《中华人民共和国行政处罚法》第二十四条"],
        reference="沙执监〔2026〕12号",
    )

    title: Line
    description: Prose
    kind: IssueKind
    division: DivisionCode = Field(
        description="Where it arose. A township's issue begins at the township, a district's at"
        " the district, the city's at the Bureau."
    )
    major: bool = Field(default=False, description="重大事项: a matter of weight")
    source: IssueSource = IssueSource.MANUAL
    severity: IssueSeverity | None = None
    domains: Domains = Field(default=[], description="Domains of enforcement (执法领域)")
    occurred_on: date | None = None
    place: Line | None = None
    contact: Line | None = Field(
        default=None, description="Who can be asked, and how. Sealed; shown to supervisors only."
    )
    legal_basis: Lines = Field(default_factory=list)
    subject_id: UUID | None = Field(default=None, description="The enforcement subject, if one")
    organisation: CreditCode | None = Field(
        default=None, description="Credit code of the body that it concerns, which then sees it"
    )
    reference: Line | None = Field(default=None, description="来文号: number of the letter")


class NoteRequest(Input):
    """What to put in the history, if anything."""

    model_config = _example(note="已受理,由执法监督科办理")

    note: Prose | None = None


class EscalateRequest(Input):
    """Why it goes up, and whether as a direct report."""

    model_config = _example(reason="超出本级权限,需上级协调")

    reason: Prose
    to: Literal[IssueLevel.BUREAU] | None = Field(
        default=None,
        description="`bureau`: the direct report of a participating district on a new situation"
        " (新情况新问题及时报市司法局). Left out: to the next level.",
    )


class ReasonRequest(Input):
    """Why."""

    model_config = _example(reason="请补充当事人陈述后再报")

    reason: Prose


class DecisionRequest(Input):
    """What is decided and what is to be done."""

    model_config = _example(
        decision="由区城市管理部门牵头,镇协助;试行三个月后评估。",
        measures=["一周内明确巡查职责", "三个月后提交评估报告"],
    )

    decision: Prose
    measures: Lines = Field(default_factory=list)


class FeedbackRequest(Input):
    """How the decision was carried out."""

    model_config = _example(feedback="职责已明确,巡查已按月开展。")

    feedback: Prose


class DecisionView(View):
    """A decision on an issue."""

    id: UUID
    decision: str
    measures: list[str]
    level: IssueLevel
    decided_at: Moment
    decided_by: str
    decided_by_name: str


class InboxCounts(View):
    """How many wait for the caller's level, by how their deadline stands."""

    overdue: int
    due_soon: int = Field(description="Within the days of the rule `issue.reminder`")
    on_time: int
    paused: int


class IssueQuery(Paging):
    """Which issues, in which order."""

    state: list[IssueState] = Field(default=[], max_length=11, description="Any of these")
    level: IssueLevel | None = Field(default=None, description="Who has it now")
    division: DivisionCode | None = Field(
        default=None, description="Arisen in this division; a district with its townships"
    )
    direct: Direct = False
    overdue: bool | None = None
    deadline_state: DeadlineState | None = Field(
        default=None, description="How its running deadline stands"
    )
    parent_id: UUID | None = Field(default=None, description="The parts of this issue")
    kind: list[IssueKind] = Field(default=[], max_length=8, description="Any of these")
    major: bool | None = None
    source: IssueSource | None = None
    severity: IssueSeverity | None = None
    organisation: CreditCode | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    due_before: datetime | None = Field(default=None, description="Deadline before this moment")
    raised_from: date | None = Field(default=None, description="Raised on this day or later")
    raised_to: date | None = Field(default=None, description="Raised up to this day")
    due_from: date | None = Field(
        default=None, description="The deadline passes on this day or later"
    )
    due_to: date | None = Field(default=None, description="The deadline passes up to this day")
    closed_from: date | None = Field(default=None, description="Closed on this day or later")
    closed_to: date | None = Field(default=None, description="Closed up to this day")
    q: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=100, strip_whitespace=True),
        Field(description="Text in the title, or the beginning of the number"),
    ] = None
    sort: Literal["-created_at", "created_at", "due_at", "-due_at"] = Field(
        default="-created_at", description="By due_at, what has no running deadline comes last"
    )

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @model_validator(mode="after")
    def _with_offset(self) -> Self:
        for name in ("created_after", "created_before", "due_before"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise PydanticCustomError("timezone-aware", "a moment needs its offset")
        return self


class InboxQuery(Paging):
    """Which of the issues that wait for the caller's level."""

    kind: list[IssueKind] = Field(default=[], max_length=8, description="Any of these")
    major: bool | None = None
    overdue: bool | None = None
    deadline_state: DeadlineState | None = Field(
        default=None, description="How its running deadline stands"
    )


class IssueSummary(ResourceView):
    """An issue in a list."""

    number: str = Field(examples=["渝协〔2026〕17号"])
    title: str
    kind: IssueKind
    severity: IssueSeverity | None
    major: bool
    source: IssueSource
    division: str = Field(description="Where it arose")
    district: str | None = Field(description="The district it belongs to now")
    organisation: str | None
    level: IssueLevel = Field(description="Who has it now")
    state: IssueState
    due_at: Moment | None = Field(
        description="The first moment that is too late for the reply of the level that has it;"
        " null while paused or done"
    )
    due_provisional: bool = Field(
        description="The deadline may still move: days whose calendar is not announced, or a"
        " provisional rule"
    )
    overdue: bool
    deadline_state: DeadlineState | None = Field(
        description="How the running deadline stands; null where none runs"
    )
    extended: bool = Field(description="Whether the level that has it was given more time")
    urges: int = Field(description="How often those above have urged it")
    parent_id: UUID | None = Field(description="The issue that it is a part of")
    created_at: Moment
    allowed_actions: list[str] = Field(description="What the caller may do now")

    @classmethod
    def of(cls, issue: Any, actor: Actor, moment: datetime, soon: timedelta, **more: Any) -> Self:
        """An issue (a row or an entity) as `actor` sees it at `moment`."""
        if isinstance(issue, Row):
            values = issue._asdict()
        else:
            values = {name: getattr(issue, name) for name in _stored(cls) if name not in more}
        due_at, division = values["due_at"], values["division"]
        stands = deadline_state(due_at, moment, soon)
        values["deadline_state"], values["overdue"] = stands, stands is DeadlineState.OVERDUE
        level, origin = values["level"], level_of_division(division)
        township = division if origin == IssueLevel.TOWNSHIP else None
        scope = Scope(district=values["district"], township=township)
        values["allowed_actions"] = allowed_actions(
            values["state"],
            level,
            origin,
            edition=issue.edition,
            overdue=values["overdue"],
            holds=is_holder(level, scope, actor.roles, actor.division),
            oversees=is_above(level, scope, actor.roles, actor.division),
            began=is_holder(origin, scope, actor.roles, actor.division),
            proposed=issue.proposed_by == actor.sub,
            extended=values["extended"],
            by_system=issue.created_by == SYSTEM,
            permissions=actor.permissions,
        )
        return cls.model_validate(values | more)


class IssueView(IssueSummary):
    """An issue."""

    description: str
    source_id: UUID | None = Field(description="The rectification that raised it")
    reference: str | None
    domains: list[str]
    occurred_on: date | None
    place: str | None
    contact: str | None = Field(description="Shown to supervisors and to whoever raised it")
    legal_basis: list[str]
    subject_id: UUID | None
    arrived_at: Moment = Field(description="Since when the level has it")
    decision: str | None
    measures: list[str]
    decided_level: IssueLevel | None
    decided_at: Moment | None
    feedback: str | None
    closed_at: Moment | None
    created_by: str | None = Field(description="Shown to supervisors and to whoever raised it")
    proposed_by: str | None = Field(
        description="Who wants it to go up, while that waits for approval; shown to supervisors"
    )
    proposed_reason: str | None
    proposed_direct: bool | None
    routed_by: str | None = Field(
        description="The rule of `issue.routing` that sent it to another level than its division's"
    )
    merged_into: UUID | None = Field(description="The issue that it goes on as a part of")


class IssueHistoryView(View):
    """One line of an issue's history."""

    id: UUID
    at: Moment
    by: str | None = Field(
        description="`sub` of the person, or `system`; who raised it is shown to supervisors and to"
        " themselves"
    )
    by_name: str | None
    action: IssueAction
    from_state: IssueState | None
    to_state: IssueState
    from_level: IssueLevel | None
    to_level: IssueLevel
    text: str | None
    due_at: Moment | None = Field(description="The deadline from then on")

    @classmethod
    def of(cls, line: Any, *, told: bool) -> Self:
        """A line as it is shown; `told`: also who raised the issue."""
        view = cls.model_validate(line)
        if told or view.action is not IssueAction.RAISE:
            return view
        return view.model_copy(update={"by": None, "by_name": None})


@cache
def _stored(view: type[IssueSummary]) -> tuple[str, ...]:
    return tuple(view.model_fields.keys() - {"overdue", "deadline_state", "allowed_actions"})
