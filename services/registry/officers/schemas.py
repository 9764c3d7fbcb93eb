"""Officers and certificates over HTTP. An identity number comes in once and goes out masked."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.certificates.rules import (
    CertificateState,
    allowed_actions,
    is_issuer,
    is_usable,
)
from services.registry.certificates.tables import Held
from services.registry.officers.rules import OfficerState, Staffing
from services.registry.officers.tables import IDENTITY_CONTEXT
from services.registry.permissions import in_charge
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import IdentityNumber, masked_identity
from shared.law.places import Direct
from shared.past import AsOf, Since
from shared.sealing import Seal
from shared.web.exports import Exported, ExportQuery
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

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
    legal_qualification: bool = Field(
        default=False, description="Holds the legal qualification (法律职业资格)"
    )
    legal_qualification_no: Line | None = Field(
        default=None, description="Number of its certificate (法律职业资格证书编号)"
    )
    legal_qualification_since: date | None = None
    since: Since = None


class OfficerPatch(Input):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"post": "法制审核岗"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    post: Line = Field(default_factory=str)
    staffing: Staffing = Field(default_factory=lambda: Staffing.STAFF)
    legal_qualification: bool = Field(
        default_factory=bool, description="Who loses it loses its number and day here too"
    )
    legal_qualification_no: Line | None = Field(default_factory=lambda: None)
    legal_qualification_since: date | None = Field(default_factory=lambda: None)


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
    """The result of an examination."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"score": 86}]})

    score: int | None = Field(
        default=None, ge=0, le=1_000, description="Decides by rule certificate.examination"
    )
    passed: bool | None = Field(
        default=None, description="Where there is no score; passed if left out too"
    )
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


class RenewRequest(Input):
    """How long it runs on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"valid_to": "2036-06-30"}]})

    valid_to: date = Field(description="The new last day, later than the present one")


class RevealRequest(Input):
    """Why the identity number has to be seen."""

    reason: Annotated[
        str,
        StringConstraints(min_length=4, max_length=500, strip_whitespace=True),
        Field(description="Kept in the audit trail", examples=["核对发证人员身份"]),
    ]


class RevealedIdentityView(View):
    """An identity number in full."""

    officer_id: UUID
    identity_no: str = Field(examples=["500112199001010017"])


class CertificateView(View):
    """A certificate from its application on."""

    id: UUID
    state: CertificateState
    certificate_no: str | None
    issuer: str | None = Field(description="Division of the legal office that issued it")
    training_hours: int | None
    trained_on: date | None
    exam_score: int | None
    exam_passed: bool | None = Field(description="Whether the newest examination was passed")
    exam_attempts: int
    examined_on: date | None
    issued_on: date | None
    renewed_on: date | None
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
    legal_qualification: bool
    legal_qualification_no: str | None
    legal_qualification_since: date | None
    training_hours: dict[str, int] = Field(
        description="Hours of continuing training by year", examples=[{"2026": 48}]
    )
    state: OfficerState
    since: date = Field(description="The day from which this is true as it stands")
    certificate: CertificateView | None
    may_enforce: bool = Field(
        description="On post, with a certificate that is good today, of a published subject"
    )
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, held: Held, actor: Actor, seal: Seal, *, on: date, past: bool = False) -> Self:
        """The view for `actor` on a day; nothing can be done to what is past."""
        officer, certificate, subject_state = held
        told: dict[str, Any] = {
            name: getattr(officer, name)
            for name in cls.model_fields
            if name not in {"identity_no", "certificate", "may_enforce", "allowed_actions"}
        }
        actions: list[str] = []
        if not past and in_charge(
            actor,
            district=officer.district,
            township=officer.township,
            organisation=officer.organisation,
        ):
            actions = allowed_actions(
                officer_state=officer.state,
                staffing=officer.staffing,
                subject_state=subject_state,
                certificate_state=certificate.state if certificate else None,
                issuing=is_issuer(
                    issuer=certificate.issuer if certificate else None,
                    office=actor.division,
                    district=officer.district,
                ),
                examiner=certificate is not None and certificate.examined_by == actor.sub,
                permissions=actor.permissions,
            )
        return cls.model_validate(
            {
                **told,
                "identity_no": masked_identity(seal.open(officer.identity_no, IDENTITY_CONTEXT)),
                "certificate": certificate,
                "may_enforce": is_usable(
                    officer_state=officer.state,
                    subject_state=subject_state,
                    certificate_state=certificate.state if certificate else None,
                    valid_to=certificate.valid_to if certificate else None,
                    on=on,
                ),
                "allowed_actions": actions,
            }
        )


class OfficerFilters(Input):
    """Which officers, in which order."""

    sort: Literal["id", "-id", "name", "-name", "updated_at", "-updated_at"] = "-id"
    subject_id: UUID | None = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    direct: Direct = False
    registered_from: date | None = Field(
        default=None, description="Registered on this day or later"
    )
    registered_to: date | None = Field(default=None, description="Registered up to this day")
    staffing: Staffing | None = None
    state: OfficerState | None = None
    certificate_state: CertificateState | None = None
    certified: bool | None = Field(
        default=None,
        description="Staff on post who may enforce that day, with a certificate that is good and a"
        " publicised body; or who may not",
    )
    valid_before: date | None = Field(
        default=None, description="Certificate good until a day before this one"
    )
    legal_qualification: bool | None = Field(default=None, description="法律职业资格")
    short_in: int | None = Field(
        default=None,
        ge=2000,
        le=2100,
        description="Staff on post short of the hours of continuing training in this year, by rule"
        " officer.training_hours",
    )
    hours_below: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="The same by a number of hours of the caller's; this year without `short_in`",
    )
    as_of: AsOf = None
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None,
        description="Part of the name or of the certificate number, or pinyin initials",
    )


class OfficerQuery(OfficerFilters, Paging):
    """The same, a page of them."""


class OfficerExport(OfficerFilters, ExportQuery):
    """The same, as a file."""


EXPORTED = (
    Exported("姓名", "name"),
    Exported("公民身份号码", "identity_no"),
    Exported("所属主体统一社会信用代码", "organisation"),
    Exported("岗位", "post"),
    Exported("人员性质", "staffing"),
    Exported("状态", "state"),
    Exported("起始日期", "since"),
    Exported("取得法律职业资格", "legal_qualification"),
    Exported("执法证编号", "certificate.certificate_no"),
    Exported("执法证状态", "certificate.state"),
    Exported("发证机关区划代码", "certificate.issuer"),
    Exported("发证日期", "certificate.issued_on"),
    Exported("有效期截止日期", "certificate.valid_to"),
    Exported("编号", "id"),
)


class CertificateQuery(Paging):
    """Which part of an officer's certificates; newest first unless said otherwise."""

    sort: Literal["id", "-id"] = "-id"
