"""Rules of law and proposals over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from services.registry.rule_sets.rules import ProposalKind, ProposalState, allowed_actions
from services.registry.rule_sets.tables import RuleProposal
from shared.access.actor import Actor
from shared.past import AsOf
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

RuleCode = Annotated[
    str,
    StringConstraints(max_length=80, pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$"),
    Field(examples=["issue.level_reply"]),
]
Basis = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True),
    Field(description="The article that it rests on, in words"),
]


class RuleRequest(Input):
    """A rule that is to hold from a day on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "finding.comment",
                    "effective_from": "2027-01-01",
                    "legal_basis": "《重庆市行政执法监督工作办法》第十二条",
                    "value": {"n": 10, "unit": "wd"},
                }
            ]
        }
    )

    code: RuleCode
    effective_from: date
    legal_basis: Basis
    policy_id: UUID | None = Field(default=None, description="The policy that says so")
    article: Line | None = Field(
        default=None, description="The article of that policy, by its number"
    )
    provisional: bool = Field(
        default=False, description="Taken until the text that settles it has been seen"
    )
    value: dict[str, JsonValue] = Field(
        description="In the form of the present rule, where there is one; a deadline is "
        "`{n, unit: wd | d | h, roll: none | next_wd}`"
    )


class ClosingRequest(Input):
    """From which day on the rule does not hold, by which text."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"effective_to": "2027-06-01", "legal_basis": "所依据的办法已废止"}]
        }
    )

    effective_to: date = Field(description="The first day without it")
    legal_basis: Basis


class WithdrawalRequest(Input):
    """Why it is not pursued."""

    reason: Prose = Field(examples=["依据有误,重新提出"])


class RuleView(View):
    """A rule of law from a day to a day."""

    id: UUID
    code: str
    effective_from: date
    effective_to: date | None = Field(
        description="The first day on which another rule, or none, holds"
    )
    legal_basis: str
    provisional: bool = Field(description="Taken until the text that settles it has been seen")
    value: dict[str, Any]
    policy_id: UUID | None = Field(description="The policy that says so, where it was named")
    article: str | None


class RuleSetView(View):
    """A code with the rule of the day and all that held before and will hold after."""

    code: str
    rule: RuleView | None = Field(description="Of the day; none where none holds then")
    history: list[RuleView] = Field(description="The newest first")


class ProposalView(ResourceView):
    """A proposal to change the rules of law."""

    kind: ProposalKind
    code: str
    effective_from: date
    effective_to: date | None = Field(description="Of a closing: the first day without the rule")
    legal_basis: str
    provisional: bool
    value: dict[str, Any]
    policy_id: UUID | None
    article: str | None
    state: ProposalState
    proposed_by: str = Field(description="`sub` of the person")
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None = Field(description="Why it was withdrawn")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this"
    )

    @classmethod
    def of(cls, proposal: RuleProposal, actor: Actor) -> Self:
        """The view of `proposal` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(proposal, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions = allowed_actions(
            state=proposal.state,
            permissions=actor.permissions,
            caller=actor.sub,
            proposed_by=proposal.proposed_by,
        )
        return cls.model_validate({**told, "allowed_actions": actions})


class RuleQuery(Paging):
    """Which rules, in which order."""

    sort: Literal["code", "-code", "effective_from", "-effective_from"] = "code"
    code: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        default=None, description="How the code begins"
    )
    on: date | None = Field(default=None, description="Only what holds on this day")
    provisional: bool | None = None


class RuleDayQuery(Input):
    """As of which day."""

    as_of: AsOf = None


class ProposalQuery(Paging):
    """Which proposals, in which order."""

    sort: Literal["id", "-id"] = "-id"
    state: ProposalState | None = None
    code: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        default=None, description="How the code begins"
    )
