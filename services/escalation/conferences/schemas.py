"""What comes in and goes out over HTTP about conferences."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field

from services.escalation.clocks.tables import NEVER
from services.escalation.conferences import rules
from services.escalation.conferences.rules import (
    ConferenceKind,
    ConferenceState,
    MemberAnswer,
    MemberKind,
    Part,
    Standing,
    absent,
    speaks_for,
)
from services.escalation.conferences.tables import Conference, ConferenceMember
from services.escalation.ladder.rules import IssueLevel, is_above, is_holder
from shared.access.actor import Actor
from shared.clock import SHANGHAI, legal_day
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Members = Sequence[ConferenceMember]
Mandatory = Mapping[str, Sequence[str]]
"""Who must be there, by kind of conference: the value of `conference.mandatory`."""


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class MemberRequest(Input):
    """A body that is invited."""

    organisation: CreditCode
    name: Line
    kind: MemberKind
    division: DivisionCode = Field(description="Which division the body belongs to")


class AgendaItem(Input):
    title: Line
    presenter: Line | None = None
    reference: Line | None = Field(None, description="Number of the matter: 渝协〔2026〕17号")


_JUSTICE = {
    "organisation": "11500106000000777X",
    "name": "沙坪坝区司法局",
    "kind": "justice",
    "division": "500106",
}
_TIME = "2026-12-10T09:30:00+08:00"
Start = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=SHANGHAI), lt=datetime(2100, 1, 1, tzinfo=SHANGHAI)),
]
Agenda = Annotated[list[AgendaItem], Field(min_length=1, max_length=50)]
Invited = Annotated[list[MemberRequest], Field(min_length=1, max_length=100)]


class ConferenceRequest(Input):
    """A conference to be: when, where, what about, with whom."""

    model_config = _example(
        kind="joint",
        title="行政执法协调监督联席会议第三次会议",
        starts_at=_TIME,
        venue="区政府二号会议室",
        agenda=[{"title": "研究镇街执法编制"}],
        members=[_JUSTICE],
    )

    kind: ConferenceKind
    title: Line
    starts_at: Start
    venue: Line
    agenda: Agenda
    members: Invited


class ConferencePatch(Input):
    """What is to be different, before it is called; what is left out stays."""

    model_config = _example(venue="区政府一号会议室")

    # The factories only make the fields optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    starts_at: Start = Field(default_factory=lambda: NEVER)
    venue: Line = Field(default_factory=str)
    agenda: Agenda = Field(default_factory=list)
    members: Invited = Field(default_factory=list)


class AnswerRequest(Input):
    """Whether the body comes, and who for it."""

    model_config = _example(answer="attends", delegate="李某")

    answer: MemberAnswer
    delegate: Line | None = None


class PostponeRequest(Input):
    model_config = _example(starts_at=_TIME, reason="会议室调整")

    starts_at: Start
    reason: Prose


class WhyConference(Input):
    """Why."""

    model_config = _example(reason="议题已另行研究")

    reason: Prose


class HoldRequest(Input):
    """Who came."""

    model_config = _example(attended=["11500106000000777X"])

    attended: Annotated[list[CreditCode], Field(max_length=100)]


class ResolvedRequest(Input):
    """Something to do, by whom and until when."""

    requirement: Prose
    owner: CreditCode = Field(description="A body that was invited")
    due_on: date


class MinutesRequest(Input):
    """The draft of the minutes (会议纪要)."""

    model_config = _example(
        minutes="会议听取了镇街执法编制情况汇报。",
        decisions=["原则同意核增编制。"],
        resolutions=[
            {
                "requirement": "办理核增手续",
                "owner": "11500106000000777X",
                "due_on": "2027-01-31",
            }
        ],
    )

    minutes: Prose
    decisions: list[Prose] = Field(default=[], max_length=50)
    resolutions: list[ResolvedRequest] = Field(default=[], max_length=50)


class ConferenceQuery(Paging):
    """Which conferences."""

    kind: ConferenceKind | None = None
    state: ConferenceState | None = None
    level: IssueLevel | None = Field(None, description="Who convenes it")
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = Field(None, description="The minutes are late")
    starts_from: date | None = Field(None, description="Begins on this day or later")
    starts_to: date | None = Field(None, description="Begins up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class MemberView(View):
    organisation: str
    name: str
    kind: MemberKind
    division: str
    answer: MemberAnswer | None
    delegate: str | None
    answered_at: datetime | None
    attended: bool | None


class AgendaItemView(View):
    title: str
    presenter: str | None
    reference: str | None


class ResolvedView(View):
    requirement: str
    owner: str
    due_on: date


class ConferenceSummary(ResourceView):
    """A conference in a list."""

    number: str = Field(examples=["渝联会〔2026〕3号"])
    kind: ConferenceKind
    title: str
    division: str
    level: IssueLevel = Field(description="Who convenes it")
    state: ConferenceState
    starts_at: datetime
    venue: str
    unresolved: int = Field(description="How many resolutions are not done")
    due_at: datetime | None = Field(description="The first moment that is too late for the minutes")
    due_provisional: bool
    overdue: bool
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(
        cls, row: Conference, members: Members, mandatory: Mandatory, actor: Actor, now: datetime
    ) -> Self:
        """A conference as `actor` sees it at `now`."""
        return cls(**cls._told(row, members, mandatory, actor, now))

    @classmethod
    def _told(
        cls, row: Conference, members: Members, mandatory: Mandatory, actor: Actor, now: datetime
    ) -> dict[str, Any]:
        told = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return told | {
            "overdue": rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            "allowed_actions": rules.allowed_actions(
                standing(row, members, mandatory, now),
                part_of(row, members, actor),
                now=now,
                permissions=actor.permissions,
            ),
        }


class ConferenceView(ConferenceSummary):
    """A conference; its minutes are for those invited once they are issued."""

    agenda: list[AgendaItemView]
    members: list[MemberView]
    created_at: datetime
    created_by: str
    called_at: datetime | None
    reason: str | None
    held_at: datetime | None
    minutes: str | None
    decisions: list[str]
    resolved: list[ResolvedView] = Field(description="Each is at `/resolutions` once issued")
    minutes_by: str | None
    remarks: str | None
    issued_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(
        cls, row: Conference, members: Members, mandatory: Mandatory, actor: Actor, now: datetime
    ) -> Self:
        """A conference as `actor` sees it at `now`."""
        told = cls._told(row, members, mandatory, actor, now)
        convenes = any(
            holds(row.level, row.scope, actor.roles, actor.division)
            for holds in (is_holder, is_above)
        )
        if not convenes:
            told |= {"remarks": None, "minutes_by": None}
            if row.issued_at is None:
                told |= {"minutes": None, "decisions": [], "resolved": []}
        return cls(**told, members=[MemberView.model_validate(one) for one in members])


def member_of(row: Conference, members: Members, actor: Actor) -> ConferenceMember | None:
    """The member that the caller speaks for: the own body, or else the one of the own division."""
    own = [one for one in members if one.organisation == actor.organisation]
    if not own:
        own = [
            one
            for one in members
            if speaks_for(
                one.organisation,
                one.division,
                convened_in=row.division,
                own_organisation=actor.organisation,
                own_division=actor.division,
                roles=actor.roles,
            )
        ]
    return own[0] if len(own) == 1 else None


def part_of(row: Conference, members: Members, actor: Actor) -> Part:
    """Which part the caller has in it."""
    return Part(
        sub=actor.sub,
        convenes=is_holder(row.level, row.scope, actor.roles, actor.division),
        member=member_of(row, members, actor) is not None,
    )


def standing(row: Conference, members: Members, mandatory: Mandatory, now: datetime) -> Standing:
    """What decides who may do what now."""
    days = [date.fromisoformat(one["due_on"]) for one in row.resolved]
    return Standing(
        state=row.state,
        level=row.level,
        starts_at=row.starts_at,
        missing=absent({one.kind for one in members}, mandatory[row.kind]),
        minutes_by=row.minutes_by,
        unresolved=row.unresolved,
        in_time=all(day >= legal_day(now) for day in days),
    )
