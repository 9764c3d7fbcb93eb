"""Officers and certificates over HTTP. An identity number comes in once and goes out masked."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.officers.rules import (
    CertificateState,
    OfficerState,
    Staffing,
    allowed_actions,
    is_issuer,
)
from services.registry.officers.tables import Certificate, Officer
from services.registry.permissions import in_charge
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import IdentityNumber, masked_identity
from shared.past import AsOf, Since
from shared.sealing import Seal
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

IDENTITY_CONTEXT = "officer.identity_no"

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the certificate", examples=["受到政务处分"]),
]


class OfficerRequest(Input):
    """Somebody to be registered under a subject."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_id": "019ab3a0-0000-7000-8000-000000000001",
                    "name": "陈某",
                    "identity_no": "500112199001010017",
                    "post": "综合行政执法岗",
                    "staffing": "staff",
                }
            ]
        }
    )

    subject_id: UUID
    name: Line
    identity_no: IdentityNumber
    post: Line
    staffing: Staffing
    since: Since = None


class OfficerPatch(Input):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"post": "法制审核岗"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    post: Line = Field(default_factory=str)
    staffing: Staffing = Field(default_factory=lambda: Staffing.STAFF)


class ReassignRequest(Input):
    """Which subject the officer goes to; a certificate is given back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"subject_id": "019ab3a0-0000-7000-8000-000000000002", "reason": "工作调动"}
            ]
        }
    )

    subject_id: UUID
    post: Line | None = Field(default=None, description="The new post; the old one if left out")
    reason: Reason


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class TrainingRequest(Input):
    """A training that was completed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hours": 60}]})

    hours: int | None = Field(default=None, ge=1, le=10_000)
    on: date | None = Field(default=None, description="Today if left out")


class ExamRequest(Input):
    """An examination that was passed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"score": 86}]})

    score: int | None = Field(default=None, ge=0, le=1_000)
    on: date | None = Field(default=None, description="Today if left out")


class IssueRequest(Input):
    """The certificate that is issued."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"certificate_no": "渝A-500106-0001", "valid_to": "2031-06-30"}]
        }
    )

    certificate_no: Line = Field(
        description="In the form that rule certificate.number_pattern says"
    )
    valid_to: date = Field(description="The last day on which it is good")


class CertificateView(View):
    """A certificate from its application on."""

    id: UUID
    state: CertificateState
    certificate_no: str | None
    issuer: str | None = Field(description="Division of the legal office that issued it")
    training_hours: int | None
    trained_on: date | None
    exam_score: int | None
    examined_on: date | None
    issued_on: date | None
    valid_to: date | None = Field(description="The last day on which it is good")
    reason: str | None
    created_at: datetime
    updated_at: datetime


class OfficerView(ResourceView):
    """An officer, with the newest certificate."""

    subject_id: UUID
    organisation: str = Field(description="Credit code of the subject")
    name: str
    identity_no: str = Field(description="Masked", examples=["500***********0017"])
    post: str
    staffing: Staffing
    state: OfficerState
    since: date = Field(description="The day from which this is true as it stands")
    certificate: CertificateView | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls,
        officer: Officer,
        certificate: Certificate | None,
        actor: Actor,
        seal: Seal,
        *,
        past: bool = False,
    ) -> Self:
        """The view of `officer` for `actor`; nothing can be done to what is past."""
        told: dict[str, Any] = {
            name: getattr(officer, name)
            for name in cls.model_fields
            if name not in {"identity_no", "certificate", "allowed_actions"}
        }
        actions: list[str] = []
        if not past and in_charge(
            actor,
            district=officer.district,
            township=officer.township,
            organisation=officer.organisation,
        ):
            actions = allowed_actions(
                state=officer.state,
                staffing=officer.staffing,
                certificate_state=certificate.state if certificate else None,
                issuing=is_issuer(
                    issuer=certificate.issuer if certificate else None,
                    office=actor.division,
                    district=officer.district,
                ),
                permissions=actor.permissions,
            )
        return cls.model_validate(
            {
                **told,
                "identity_no": masked_identity(seal.open(officer.identity_no, IDENTITY_CONTEXT)),
                "certificate": certificate,
                "allowed_actions": actions,
            }
        )


class OfficerQuery(Paging):
    """Which officers, in which order."""

    sort: Literal["id", "-id", "name", "-name", "updated_at", "-updated_at"] = "-id"
    subject_id: UUID | None = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    staffing: Staffing | None = None
    state: OfficerState | None = None
    certificate_state: CertificateState | None = None
    valid_before: date | None = Field(
        default=None, description="Certificate good until a day before this one"
    )
    as_of: AsOf = None
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None,
        description="Part of the name or of the certificate number, or pinyin initials",
    )


class CertificateQuery(Paging):
    """Which part of an officer's certificates; newest first unless said otherwise."""

    sort: Literal["id", "-id"] = "-id"
