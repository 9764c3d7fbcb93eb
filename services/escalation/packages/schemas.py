"""Packages over HTTP."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field

from services.escalation.attachments.rules import AttachmentKind
from services.escalation.matters.rules import MatterKind, is_overdue
from services.escalation.packages import rules
from services.escalation.packages.rules import PackagePurpose, PackageState, ReceiptWay
from services.escalation.packages.tables import Package
from shared.access.actor import Actor
from shared.web.paging import Paging
from shared.web.schemas import ResourceView, View


class PackageQuery(Paging):
    """Which packages."""

    matter: MatterKind | None = None
    matter_id: UUID | None = None
    purpose: PackagePurpose | None = None
    state: PackageState | None = None
    overdue: bool | None = None
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class PackageDocumentView(View):
    """A document of a package."""

    id: UUID = Field(description="Of the attachment")
    kind: AttachmentKind
    name: str
    media_type: str
    size: int
    sha256: str


class PackageView(ResourceView):
    """A package (移交包): what was handed over, to whom, and whether it arrived."""

    matter: MatterKind
    matter_id: UUID
    matter_number: str
    matter_title: str
    purpose: PackagePurpose
    division: str
    sender: str | None
    sender_name: str
    receiver: str | None = Field(description="None: it does not use the system")
    receiver_name: str
    documents: list[PackageDocumentView]
    digest: str = Field(description="SHA-256 of the manifest")
    state: PackageState
    sent_at: datetime
    sent_by: str
    due_at: datetime | None = Field(description="The first moment that is too late for the receipt")
    overdue: bool
    confirmed_at: datetime | None
    received_by: str | None = Field(description="Name of who took it in")
    receipt_way: ReceiptWay | None
    receipt_no: str | None
    remarks: str | None
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Package, actor: Actor, now: datetime) -> Self:
        """A package as `actor` sees it at `now`."""
        shown = {"overdue", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=is_overdue(due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.state,
                receives=row.is_receiver(actor),
                sends=row.is_sender(actor),
                outside=row.outside,
                permissions=actor.permissions,
            ),
        )


class PackageEvidenceView(View):
    """What lets a package be checked without asking us (存证)."""

    manifest: str = Field(
        description="The list of what was sent, as it was signed: a signed note (C2SP) whose key is"
        " that of the ledger"
    )
    digest: str = Field(description="SHA-256 of the text that is signed")
    fact: str | None = Field(description="The fact in the ledger that names the digest")
    proof: str | None = Field(description="A file .tlog-proof; null until a checkpoint covers it")


class PackageLinkView(View):
    """A link for a receiver outside the system: to be sent to it on another way."""

    package_id: UUID
    url: str
    expires_at: datetime
