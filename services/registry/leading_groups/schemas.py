"""Leading groups over HTTP."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.registry.leading_groups.rules import GroupRole, GroupState, allowed_actions
from services.registry.leading_groups.tables import LeadingGroup, LeadingGroupMember
from services.registry.permissions import acts_in
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the group", examples=["人事变动"]),
]

_HEAD: JsonDict = {"role": "head", "name": "郑某", "post": "镇长"}
_EXAMPLE: JsonDict = {
    "division": "500106104",
    "name": "青木关镇行政执法协调监督领导小组",
    "duties": "统筹本镇行政执法协调监督工作。",
    "office": "领导小组办公室",
    "co_located_with": "青木关司法所",
    "office_duties": "承担日常工作。",
    "document_no": "青府发〔2022〕18号",
    "members": [_HEAD, {"role": "office_director", "name": "冯某", "post": "司法所所长"}],
}


class MemberRequest(Input):
    """Somebody who comes into the group or its office."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HEAD]})

    role: GroupRole
    name: Line
    post: Line = Field(description="What they are besides")
    duties: Line | None = Field(default=None, description="What they see to in the group")
    joined_on: date | None = Field(default=None, description="Today if left out")


class LeadingGroupRequest(Input):
    """A leading group that is to be set up."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    division: DivisionCode
    name: Line
    duties: Prose | None = None
    office: Line | None = Field(default=None, description="What its office is called")
    co_located_with: Line | None = Field(
        default=None, description="The justice office (司法所) that it works with (合署办公)"
    )
    office_duties: Prose | None = None
    document_no: Line | None = Field(default=None, description="Of the decision to set it up")
    members: list[MemberRequest] = Field(default_factory=list, max_length=100)


class LeadingGroupPatch(Input):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"office_duties": "承担日常工作,统筹乡镇执法协调监督。"}]}
    )

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    duties: Prose | None = Field(default_factory=lambda: None)
    office: Line | None = Field(default_factory=lambda: None)
    co_located_with: Line | None = Field(default_factory=lambda: None)
    office_duties: Prose | None = Field(default_factory=lambda: None)
    document_no: Line | None = Field(default_factory=lambda: None)


class ReleaseRequest(Input):
    """Who leaves, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"member_id": "019ab3a0-0000-7000-8000-000000000001", "reason": "人事变动"}
            ]
        }
    )

    member_id: UUID
    reason: Reason


class LeadingGroupReason(Input):
    """Why."""

    reason: Reason


class MemberView(View):
    """Somebody's time in the group or its office."""

    id: UUID
    role: GroupRole
    name: str
    post: str
    duties: str | None
    joined_on: date
    left_on: date | None = Field(description="The first day on which they were gone")
    reason: str | None


class LeadingGroupView(ResourceView):
    """A leading group with its office, and who is in it now."""

    division: str
    name: str
    duties: str | None
    office: str | None
    co_located_with: str | None
    office_duties: str | None
    document_no: str | None
    state: GroupState
    members: list[MemberView] = Field(description="Who is in the group or its office now")
    established_on: date | None
    reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, group: LeadingGroup, members: Sequence[LeadingGroupMember], actor: Actor) -> Self:
        """The view of `group` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(group, name)
            for name in cls.model_fields
            if name not in {"members", "allowed_actions"}
        }
        actions: list[str] = []
        if acts_in(actor, group.district, group.township):
            actions = allowed_actions(
                state=group.state,
                permissions=actor.permissions,
                caller=actor.sub,
                proposed_by=group.created_by,
                members=len(members),
            )
        return cls.model_validate({**told, "members": members, "allowed_actions": actions})


class LeadingGroupQuery(Paging):
    """Which leading groups, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    state: GroupState | None = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )


class MemberQuery(Paging):
    """Which part of those who are or were in the group."""

    sort: Literal["id", "-id"] = "id"
    current: bool | None = Field(default=None, description="Whether they are in it now")
