"""Pilot townships over HTTP."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.permissions import in_charge
from services.registry.pilot_townships.rules import PILOT_TOWNSHIP, PilotTownshipState
from services.registry.pilot_townships.tables import PilotTownship
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Prose, ResourceView


class DesignationRequest(Input):
    """Which township, in which programme, from which day on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "programme_id": "019ab3a0-0000-7000-8000-000000000001",
                    "township": "500106104",
                    "designated_on": "2026-03-02",
                }
            ]
        }
    )

    programme_id: UUID
    township: DivisionCode
    designated_on: date | None = Field(default=None, description="Today if left out")
    ended_on: date | None = Field(
        default=None,
        description="Its last day as a pilot; only with `backfill`",
    )
    backfill: bool = Field(
        default=False, description="History filed late (补录): of a programme that is closed, say"
    )


class EndRequest(Input):
    """Why the township is no pilot any more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "机构调整,不再承担试点"}]})

    reason: Prose


class PilotTownshipView(ResourceView):
    """A township that a pilot district designated (试点乡镇、街道)."""

    programme_id: UUID
    division: str = Field(description="The pilot district, by the code it bore on the day")
    township: str
    designated_on: date
    ended_on: date | None = Field(description="Its last day as a pilot")
    state: PilotTownshipState
    reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this"
    )

    @classmethod
    def of(cls, designation: PilotTownship, actor: Actor) -> Self:
        """The view of `designation` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(designation, name)
            for name in cls.model_fields
            if name != "allowed_actions"
        }
        actions: list[str] = []
        if in_charge(
            actor,
            district=designation.district,
            township=designation.township,
            organisation="",
        ):
            actions = PILOT_TOWNSHIP.allowed_actions(designation.state, actor.permissions)
        return cls.model_validate({**told, "allowed_actions": actions})


class PilotTownshipQuery(Paging):
    """Which designations of a district, in which order."""

    sort: Literal["id", "-id", "designated_on", "-designated_on"] = "id"
    programme_id: UUID | None = None
    state: PilotTownshipState | None = None
    on: date | None = Field(default=None, description="Those that were pilots on this day")
