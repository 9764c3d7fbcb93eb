"""What comes in and goes out over HTTP about liaison."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.liaisons import rules
from services.escalation.liaisons.rules import (
    LiaisonEntryKind,
    LiaisonOrgan,
    LiaisonState,
)
from services.escalation.liaisons.tables import Liaison
from services.escalation.matters.rules import is_overdue
from services.escalation.matters.tables import acts_for
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class LiaisonRequest(Input):
    """Between whom it is, and who speaks for each."""

    model_config = _example(
        organ="petition",
        organ_name="沙坪坝区信访办公室",
        liaison_officer="李某",
        partner="police",
        partner_name="沙坪坝区公安分局",
        partner_officer="王某",
        partner_post="法制大队大队长",
        duties="涉执法信访事项的通报和会商",
    )

    organ: LiaisonOrgan
    organ_name: Line
    liaison_officer: Line
    partner: LiaisonOrgan
    partner_name: Line
    partner_body: CreditCode | None = Field(
        None, description="Credit code of the partner, if it uses the system: it sees the liaison"
    )
    partner_officer: Line
    partner_post: Line | None = None
    partner_phone: Line | None = Field(None, description="Kept sealed")
    duties: Prose


class LogLiaisonRequest(Input):
    """What was talked about."""

    model_config = _example(
        kind="meeting",
        held_on="2026-11-20",
        topic="涉执法信访形势分析",
        participants=["李某", "王某"],
        outcome="对三件重点信访事项逐件会商。",
    )

    kind: LiaisonEntryKind
    held_on: date
    topic: Line
    participants: Annotated[list[Line], Field(min_length=1, max_length=50)]
    outcome: Prose
    follow_up: Prose | None = None


class EndLiaisonRequest(Input):
    """Why."""

    model_config = _example(reason="机构调整")

    reason: Prose


class LiaisonQuery(Paging):
    """Which liaisons."""

    state: LiaisonState | None = None
    partner: LiaisonOrgan | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class LiaisonEntryQuery(Paging):
    """Which lines of the log."""

    sort: Literal["id", "-id"] = "-id"


class LiaisonView(ResourceView):
    """A line of the roster (联络名册)."""

    division: str
    organ: LiaisonOrgan
    organ_name: str
    liaison_officer: str
    partner: LiaisonOrgan
    partner_name: str
    partner_body: str | None
    partner_officer: str
    partner_post: str | None
    partner_phone: str | None = Field(description="Shown to the office that keeps it")
    duties: str
    state: LiaisonState
    contacts: int = Field(description="How many are in the log")
    last_contact_on: date | None
    due_at: datetime | None = Field(description="By when they should hear from each other")
    overdue: bool
    created_at: datetime
    created_by: str
    confirmed_by: str | None
    ended_at: datetime | None
    end_reason: str | None
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Liaison, actor: Actor, now: datetime, *, phone: str | None) -> Self:
        """One as `actor` sees it at `now`."""
        shown = {"overdue", "allowed_actions", "partner_phone"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            partner_phone=phone,
            overdue=is_overdue(due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.state,
                created_by=row.created_by,
                keeps=acts_for(actor, None, row.division),
                sub=actor.sub,
                permissions=actor.permissions,
            ),
        )


class LiaisonEntryView(View):
    """A line of the log (联络台账)."""

    id: UUID
    liaison_id: UUID
    kind: LiaisonEntryKind
    held_on: date
    topic: str
    participants: list[str]
    outcome: str
    follow_up: str | None
    logged_at: datetime
    logged_by: str
