"""What anybody may learn of a document they hold."""

from datetime import date
from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints

from services.oversight.campaign_reports.rules import KIND
from services.oversight.campaign_reports.tables import CampaignReport
from services.oversight.documents.rules import DocumentState
from services.oversight.documents.tables import Document
from services.oversight.public_documents.rules import PublicState
from shared.web.schemas import Input, View

_ENDED = {
    DocumentState.REVOKED: PublicState.REVOKED,
    DocumentState.AMENDED: PublicState.AMENDED,
}


class VerificationQuery(Input):
    """What the page in hand bears."""

    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")] | None = Field(
        None, description="校验值 to compare"
    )


class VerificationView(View):
    """A document as it was issued (文书查验), and nothing of what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": "沙司执监决〔2026〕1号",
                    "kind": "行政执法监督决定书",
                    "issuer": "重庆市沙坪坝区司法局",
                    "issued_on": "2026-03-20",
                    "digest": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
                    "state": "valid",
                    "matches": True,
                }
            ]
        }
    )

    number: str
    kind: str
    issuer: str
    issued_on: date
    digest: str = Field(description="SHA-256 of what it says, as the page bears it")
    state: PublicState
    matches: bool | None = Field(description="Whether the digest asked about is this one")

    @classmethod
    def of(cls, row: Document, asked: str | None) -> Self:
        return cls(
            number=row.number or "",
            kind=row.label,
            issuer=row.issuer or "",
            issued_on=row.issued_on,
            digest=row.digest or "",
            state=_ENDED.get(DocumentState(row.state), PublicState.VALID),
            matches=None if asked is None else asked.lower() == row.digest,
        )

    @classmethod
    def of_report(cls, row: CampaignReport, asked: str | None) -> Self:
        """Of a campaign's result report: a later one amends it."""
        return cls(
            number=row.number,
            kind=KIND,
            issuer=row.issuer,
            issued_on=row.issued_on,
            digest=row.digest,
            state=PublicState.AMENDED if row.superseded_at else PublicState.VALID,
            matches=None if asked is None else asked.lower() == row.digest,
        )
