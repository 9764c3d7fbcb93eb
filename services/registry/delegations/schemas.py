"""Delegations over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from services.registry.delegations.rules import (
    PUBLIC_BODIES,
    DelegationState,
    TrusteeKind,
    allowed_actions,
    due_at,
)
from services.registry.delegations.tables import Delegation
from services.registry.permissions import in_charge
from services.registry.subjects.rules import Domain
from shared.access.actor import Actor
from shared.clock import legal_day
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.past import AsOf
from shared.web.exports import Exported, ExportQuery
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


def _each_once(items: list[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept, and shown to the bodies", examples=["受委托组织已撤销"]),
]
PowerIds = Annotated[
    list[UUID],
    Field(min_length=1, max_length=500, description="Powers in force that the delegator holds"),
    AfterValidator(_each_once),
]
Basis = Annotated[
    list[Line],
    Field(min_length=1, max_length=50, description="Articles that allow the delegation"),
    AfterValidator(_each_once),
]
ValidTo = Annotated[date, Field(description="The last day")]
Digest = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{64}$"),
    Field(description="SHA-256 of the document, in hexadecimal"),
]

_EXAMPLE: JsonDict = {
    "delegator_id": "019ab3a0-0000-7000-8000-000000000001",
    "trustee": {
        "kind": "public_affairs",
        "name": "沙坪坝区市政设施管理中心",
        "credit_code": "125001064504014320",
    },
    "power_ids": ["019ab3a0-0000-7000-8000-000000000002"],
    "division": "500106",
    "authority": "对占道经营行为调查取证、作出警告和二百元以下罚款的决定",
    "basis": ["《重庆市市容环境卫生管理条例》第六条"],
    "valid_from": "2027-01-01",
    "valid_to": "2029-12-31",
}


class TrusteeRequest(Input):
    """Who is to enforce: a published subject by its id, another body by name and code."""

    kind: TrusteeKind = Field(
        description="A company, a person or anything else that is no public body is refused"
    )
    subject_id: UUID | None = Field(default=None, description="Of kind `subject`")
    name: Line | None = Field(default=None, description="Of a body that is no subject")
    credit_code: CreditCode | None = Field(default=None, description="Of a body that is no subject")

    @model_validator(mode="after")
    def _named(self) -> Self:
        # What cannot be a trustee at all is refused as such, whatever else is missing.
        if self.kind not in PUBLIC_BODIES:
            return self
        by_id = self.subject_id is not None and self.name is self.credit_code is None
        by_code = self.subject_id is None and None not in (self.name, self.credit_code)
        if not (by_id if self.kind is TrusteeKind.SUBJECT else by_code):
            raise PydanticCustomError(
                "trustee-not-named",
                "a subject is named by subject_id alone, another body by name and credit_code",
                {"zh": "执法主体只填 subject_id,其他组织须填 name 和 credit_code"},
            )
        return self


class DelegationRequest(Input):
    """A delegation (委托执法) to be drawn up."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    delegator_id: UUID = Field(description="A published subject")
    trustee: TrusteeRequest
    power_ids: PowerIds
    division: DivisionCode = Field(description="Where the trustee is to enforce")
    authority: Prose = Field(description="What it may do and decide (委托权限)")
    basis: Basis
    valid_from: date
    valid_to: ValidTo


class DelegationPatch(Input):
    """Fields of a draft to change; what is left out stays. The delegator never changes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"valid_to": "2028-12-31", "authority": "调查取证、作出警告"}]
        }
    )

    # The factories only make the fields optional: what was not sent is never looked at.
    trustee: TrusteeRequest = Field(
        default_factory=lambda: TrusteeRequest.model_construct(kind=TrusteeKind.OTHER)
    )
    power_ids: PowerIds = Field(default_factory=list)
    division: DivisionCode = Field(default_factory=str)
    authority: Prose = Field(default_factory=str)
    basis: Basis = Field(default_factory=list)
    valid_from: date = Field(default_factory=lambda: date.min)
    valid_to: ValidTo = Field(default_factory=lambda: date.min)


class EvaluateRequest(Input):
    """What the legal office found out about the trustee (处罚法 art. 21)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "administers_public_affairs": True,
                    "qualified_staff": 6,
                    "equipped": True,
                    "opinion": "人员、装备能够满足委托事项需要",
                }
            ]
        }
    )

    administers_public_affairs: bool = Field(
        description="Founded by law, with the function of administering public affairs"
    )
    qualified_staff: int = Field(ge=0, le=100_000, description="Staff who are qualified to enforce")
    equipped: bool = Field(description="Can do the inspections and tests that the powers take")
    opinion: Prose


class SignRequest(Input):
    """The written deed (委托书); the document itself is kept by the body."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "deed_no": "沙城管委〔2026〕1号",
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                }
            ]
        }
    )

    deed_no: Line
    sha256: Digest
    signed_on: date | None = Field(default=None, description="Today if left out")


class FileRequest(Input):
    """When it was filed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    filed_on: date | None = Field(default=None, description="Today if left out")


class PublishRequest(Input):
    """When and where the deed was published."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"published_in": "沙坪坝区人民政府门户网站"}]}
    )

    published_in: Line
    published_on: date | None = Field(default=None, description="Today if left out")


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class TrusteeView(View):
    """Who enforces."""

    kind: TrusteeKind
    subject_id: UUID | None
    name: str
    credit_code: str


class EvaluationView(View):
    """What was found out about the trustee."""

    administers_public_affairs: bool
    qualified_staff: int
    equipped: bool
    opinion: str
    evaluated_on: date


class DeedView(View):
    """The written deed."""

    deed_no: str
    signed_on: date
    sha256: str


class DelegationView(ResourceView):
    """A delegation."""

    delegator_id: UUID
    organisation: str = Field(description="Credit code of the delegator, which answers for it")
    trustee: TrusteeView
    power_ids: list[UUID]
    domains: list[Domain] = Field(description="Those of its powers")
    division: str = Field(description="Where the trustee enforces")
    authority: str
    basis: list[str]
    valid_from: date
    valid_to: date = Field(description="The last day")
    evaluation: EvaluationView | None
    deed: DeedView | None
    filed_on: date | None
    filed_late: bool = Field(description="Filed after the term that the rule in force gave")
    published_on: date | None
    published_in: str | None
    state: DelegationState
    since: date = Field(description="The day from which this is true as it stands")
    reason: str | None = Field(description="Why it was sent back, refused or revoked")
    due_at: datetime | None = Field(
        description="First moment too late for the next step: filing, or publication"
    )
    overdue: bool
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls,
        row: Delegation,
        actor: Actor,
        *,
        now: datetime,
        stands: bool = False,
        past: bool = False,
    ) -> Self:
        """The view of a delegation for `actor`; nothing can be done to what is past.

        `stands` is needed where it waits for approval or publication.
        """
        told: dict[str, Any] = {
            name: getattr(row, name)
            for name in cls.model_fields
            if name not in {"trustee", "evaluation", "deed", "due_at", "overdue", "allowed_actions"}
        }
        due = due_at(state=row.state, filing_due_at=row.filing_due_at, valid_from=row.valid_from)
        actions: list[str] = []
        if past:
            due = None
        elif in_charge(
            actor, district=row.district, township=row.township, organisation=row.organisation
        ):
            actions = allowed_actions(
                state=row.state,
                permissions=actor.permissions,
                caller=actor.sub,
                authors=row.authors,
                evaluated_by=row.evaluated_by,
                signed=row.deed_no is not None,
                stands=stands,
                over=row.valid_to < legal_day(now),
            )
        return cls.model_validate(
            {
                **told,
                "trustee": {
                    "kind": row.trustee_kind,
                    "subject_id": row.trustee_id,
                    "name": row.trustee_name,
                    "credit_code": row.trustee_code,
                },
                "evaluation": row.evaluation,
                "deed": row.deed_no
                and {
                    "deed_no": row.deed_no,
                    "signed_on": row.deed_signed_on,
                    "sha256": row.deed_sha256,
                },
                "due_at": due,
                "overdue": due is not None and due <= now,
                "allowed_actions": actions,
            }
        )


DelegationSort = Literal["id", "-id", "valid_to", "-valid_to", "updated_at", "-updated_at"]


class DelegationFilters(Input):
    """Which delegations, in which order."""

    sort: DelegationSort = "-id"
    state: DelegationState | None = None
    delegator_id: UUID | None = None
    trustee_id: UUID | None = Field(default=None, description="A registered subject")
    power_id: UUID | None = None
    domain: Domain | None = None
    division: DivisionCode | None = Field(
        default=None, description="Delegators of this division and everything in it"
    )
    direct: Direct = False
    ends_before: date | None = Field(
        default=None, description="Those whose last day lies before this one"
    )
    overdue: bool | None = Field(
        default=None, description="Whether the next step, filing or publication, is overdue"
    )
    as_of: AsOf = None
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None,
        description="Part of the trustee's name or code, of the deed's number, or pinyin initials",
    )


class DelegationQuery(DelegationFilters, Paging):
    """The same, a page of them."""


class DelegationExport(DelegationFilters, ExportQuery):
    """The same, as a file."""


EXPORTED = (
    Exported("委托机关统一社会信用代码", "organisation"),
    Exported("受委托组织类别", "trustee.kind"),
    Exported("受委托组织名称", "trustee.name"),
    Exported("受委托组织统一社会信用代码", "trustee.credit_code"),
    Exported("委托区域区划代码", "division"),
    Exported("执法领域", "domains"),
    Exported("委托权限", "authority"),
    Exported("委托依据", "basis"),
    Exported("委托起始日期", "valid_from"),
    Exported("委托截止日期", "valid_to"),
    Exported("委托书编号", "deed.deed_no"),
    Exported("备案日期", "filed_on"),
    Exported("公布日期", "published_on"),
    Exported("公布载体", "published_in"),
    Exported("状态", "state"),
    Exported("编号", "id"),
)
