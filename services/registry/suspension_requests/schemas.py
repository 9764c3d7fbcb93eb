"""Suspension requests over HTTP."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.certificates.rules import CertificateState
from services.registry.suspension_requests import rules
from services.registry.suspension_requests.rules import SuspensionRequestState
from services.registry.suspension_requests.tables import Asked
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Prose, ResourceView


class RefuseSuspensionRequest(Input):
    """Why the issuer does not suspend it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "处分决定已被复核撤销,暂扣事由不再成立"}]}
    )

    reason: Prose


class SuspensionRequestQuery(Paging):
    """Which requests."""

    state: SuspensionRequestState | None = None
    officer_id: UUID | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    sort: Literal["id", "-id"] = "-id"


class SuspensionRequestView(ResourceView):
    """That a certificate be suspended, and what its issuer answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b77-0000-7000-8000-000000000007",
                    "version": 1,
                    "state": "received",
                    "allowed_actions": ["approve", "refuse"],
                    "measure_id": "01932b76-0000-7000-8000-000000000006",
                    "officer_id": "01932b6e-9000-7000-8000-000000000003",
                    "officer_name": "张某",
                    "organisation": "11500228709467150P",
                    "certificate_no": "渝A-500106-0001",
                    "certificate_state": "active",
                    "issuer": "500106",
                    "ground": "违法执法",
                    "legal_basis": "《重庆市行政执法监督条例》第十八条:由发证机关暂扣行政执法证",
                    "authority_level": "district",
                    "due_at": "2026-04-04T00:00:00+08:00",
                    "overdue": False,
                    "received_at": "2026-03-20T09:00:05+08:00",
                    "decided_at": None,
                    "decided_by": None,
                    "reason": None,
                }
            ]
        }
    )

    state: SuspensionRequestState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    measure_id: UUID = Field(description="Of oversight: `GET /oversight/v1/measures/{id}`")
    officer_id: UUID
    officer_name: str
    organisation: str = Field(description="Credit code of the officer's subject")
    certificate_no: str | None
    certificate_state: CertificateState | None = Field(description="As it stands now")
    issuer: str | None = Field(description="Division of the legal office that issued it")
    ground: str
    legal_basis: str
    authority_level: str = Field(description="Level of the body that decided on the measure")
    due_at: datetime | None = Field(description="When the measure's deadline ends")
    overdue: bool = Field(description="The deadline has passed without an answer")
    received_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None = Field(description="Why it was refused, or has lapsed")

    @classmethod
    def of(
        cls, asked: Asked, *, permissions: frozenset[str], is_issuer: bool, now: datetime
    ) -> Self:
        row, officer, certificate = asked
        held = CertificateState(certificate.state) if certificate else None
        waits = row.state == SuspensionRequestState.RECEIVED
        return cls(
            id=row.id,
            version=row.version,
            state=SuspensionRequestState(row.state),
            allowed_actions=rules.allowed_actions(
                state=row.state, is_issuer=is_issuer, held=held, permissions=permissions
            ),
            measure_id=row.measure_id,
            officer_id=row.officer_id,
            officer_name=officer.name,
            organisation=officer.organisation,
            certificate_no=certificate.certificate_no if certificate else None,
            certificate_state=held,
            issuer=row.issuer,
            ground=row.ground,
            legal_basis=row.legal_basis,
            authority_level=row.authority_level,
            due_at=row.due_at,
            overdue=waits and row.due_at is not None and row.due_at <= now,
            received_at=row.received_at,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            reason=row.reason,
        )
