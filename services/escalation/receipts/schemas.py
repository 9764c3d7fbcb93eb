"""How a package is confirmed, and what a link shows of it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.escalation.attachments.rules import AttachmentKind
from services.escalation.packages.actions import Evidence
from services.escalation.packages.rules import PackagePurpose, PackageState, ReceiptWay
from services.escalation.packages.tables import Package
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]


class ReceiptRequest(Input):
    """That it arrived."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"received_by": "李某", "remarks": "材料齐全"}]}
    )

    received_by: Line = Field(description="Name of who took it in")
    receipt_no: Line | None = Field(
        None, description="Number of the paper receipt (送达回执), where the sender records it"
    )
    digest: Digest | None = Field(
        None, description="SHA-256 of the manifest that arrived, to be compared"
    )
    remarks: Prose | None = None


class LinkReceiptRequest(Input):
    """That it arrived, by whoever holds the link."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"received_by": "李某"}]})

    received_by: Line = Field(description="Name of who took it in")
    digest: Digest | None = None
    remarks: Prose | None = None


class ReceiptMessage(Input):
    """A receipt as a receiver's system sends it over NATS."""

    package_id: UUID
    digest: Digest
    received_by: Line | None = None
    remarks: Prose | None = None


class ReceiptView(ResourceView):
    """A package that arrived."""

    state: PackageState
    receipt_way: ReceiptWay
    confirmed_at: datetime


class LinkedDocumentView(View):
    """A document of a package."""

    place: int = Field(description="Its place in the list, from 1 on")
    kind: AttachmentKind
    name: str
    media_type: str
    size: int
    sha256: str


class LinkedPackageView(View):
    """A package as its receiver sees it by the link."""

    number: str = Field(description="Of the matter")
    title: str
    purpose: PackagePurpose
    sender_name: str
    receiver_name: str
    sent_at: datetime
    due_at: datetime | None
    state: PackageState
    confirmed_at: datetime | None
    documents: list[LinkedDocumentView]
    manifest: str = Field(description="As it was signed")
    digest: str
    fact: str | None
    proof: str | None = Field(description="That the ledger has it; null until it does")

    @classmethod
    def of(cls, row: Package, evidence: Evidence) -> Self:
        names = (
            *("purpose", "sender_name", "receiver_name", "sent_at", "due_at", "state"),
            *("confirmed_at", "digest"),
        )
        documents = [
            LinkedDocumentView.model_validate({**told, "place": place})
            for place, told in enumerate(row.documents, start=1)
        ]
        return cls(
            **{name: getattr(row, name) for name in names},
            number=row.matter_number,
            title=row.matter_title,
            documents=documents,
            manifest=row.note,
            **evidence._asdict(),
        )
