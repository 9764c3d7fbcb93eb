"""The directory over HTTP. An address comes in once and goes out masked."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.notify.holders.rules import EMAIL_AS, MOST, PHONE_AS, Email, Phone, masked
from services.notify.holders.tables import Holder, Vacancy
from services.notify.messages.rules import Reach
from shared.access.actor import Role
from shared.sealing import Seal
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, View

Code = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}|[0-9]{6}|[0-9]{9})$")]


class HolderRequest(Input):
    """Somebody with a role: `sub` as in the person's tokens."""

    sub: Line
    name: Line
    role: Role
    division: Code
    organisation: Annotated[str, StringConstraints(pattern=r"^([0-9A-Z]{18})?$")] = Field(
        default="", description="Credit code, for the role within one body"
    )
    email: Email | None = None
    phone: Phone | None = None


class DirectoryRequest(Input):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "统一身份认证平台",
                    "complete": True,
                    "holders": [
                        {
                            "sub": "zhao",
                            "name": "赵明",
                            "role": "district_supervisor",
                            "division": "500106",
                            "email": "zhao@example.gov.cn",
                            "phone": "13800000001",
                        }
                    ],
                }
            ]
        }
    )

    source: Line = Field(description="Which directory this is: each is kept in step by itself")
    complete: bool = Field(
        default=False,
        description="Whether it names everybody of the caller's divisions: who is missing has left",
    )
    holders: list[HolderRequest] = Field(min_length=1, max_length=MOST)


class DirectoryQuery(Input):
    """Which directory a file is, and whether it is whole."""

    source: Line
    complete: bool = False


class DirectoryView(View):
    """What a load did."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"named": 12, "joined": 3, "left": 1, "filled": 2}]}
    )

    named: int
    joined: int = Field(description="Who was not there before")
    left: int = Field(description="Who is there no more")
    filled: int = Field(description="Vacancies that are none any more")


class HolderQuery(Paging):
    """Which holders, in the order in which they came."""

    role: Role | None = None
    division: Code | None = None


class HolderView(View):
    """Somebody with a role, and whether there is a way to reach the person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
                    "sub": "zhao",
                    "name": "赵明",
                    "role": "district_supervisor",
                    "division": "500106",
                    "organisation": "",
                    "email": "z***@example.gov.cn",
                    "phone": "138****0001",
                    "source": "统一身份认证平台",
                    "seen_at": "2026-03-02T01:00:00Z",
                }
            ]
        }
    )

    id: UUID
    sub: str
    name: str
    role: Role
    division: str
    organisation: str
    email: str | None = Field(description="Masked")
    phone: str | None = Field(description="Masked")
    source: str = Field(description="The directory, or `self`: the person's own token")
    seen_at: datetime

    @classmethod
    def of(cls, row: Holder, seal: Seal) -> Self:
        told: dict[str, Any] = {name: getattr(row, name) for name in cls.model_fields}
        told["email"] = masked(seal.open(row.email, EMAIL_AS)) if row.email else None
        told["phone"] = masked(seal.open(row.phone, PHONE_AS)) if row.phone else None
        return cls.model_validate(told)


class VacancyView(View):
    """A role that messages were addressed to and that nobody is known to hold (岗位无人)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
                    "reach": "township",
                    "role": "township_supervision_office",
                    "district": "500106",
                    "township": "500106001",
                    "organisation": None,
                    "person": None,
                    "since": "2026-03-02T01:00:00Z",
                    "last_at": "2026-03-05T02:00:00Z",
                    "messages": 4,
                }
            ]
        }
    )

    id: UUID
    reach: Reach
    role: Role | None
    district: str | None
    township: str | None
    organisation: str | None
    person: str | None
    since: datetime
    last_at: datetime = Field(description="When the last message was addressed to nobody")
    messages: int = Field(description="How many were")

    @classmethod
    def of(cls, row: Vacancy) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})
