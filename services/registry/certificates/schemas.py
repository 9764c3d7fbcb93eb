"""Certificates over HTTP, whoever holds them."""

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from services.registry.certificates.rules import CertificateState
from services.registry.certificates.tables import Certificate
from services.registry.officers.tables import Officer
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.past import AsOf
from shared.web.paging import Paging
from shared.web.schemas import View


class HeldCertificateView(View):
    """A certificate, and whose it is; its officer shows all of it."""

    id: UUID
    officer_id: UUID
    officer_name: str
    organisation: str = Field(description="Credit code of the officer's subject")
    state: CertificateState
    current: bool = Field(description="Whether it is the officer's newest")
    certificate_no: str | None
    issuer: str | None = Field(description="Division of the legal office that issued it")
    issued_on: date | None
    valid_to: date | None = Field(description="The last day on which it is good")
    since: date = Field(description="The day from which this is true as it stands")

    @classmethod
    def of(cls, certificate: Certificate, officer: Officer) -> Self:
        return cls(
            id=certificate.id,
            officer_id=officer.id,
            officer_name=officer.name,
            organisation=officer.organisation,
            state=CertificateState(certificate.state),
            current=certificate.current,
            certificate_no=certificate.certificate_no,
            issuer=certificate.issuer,
            issued_on=certificate.issued_on,
            valid_to=certificate.valid_to,
            since=certificate.since,
        )


class HeldCertificateQuery(Paging):
    """Which certificates, in which order."""

    sort: Literal["id", "-id"] = "-id"
    division: DivisionCode | None = Field(
        default=None, description="Of officers of this division and everything in it"
    )
    direct: Direct = False
    state: CertificateState | None = None
    issued_from: date | None = Field(default=None, description="Issued on this day or later")
    issued_to: date | None = Field(default=None, description="Issued up to this day")
    as_of: AsOf = None
