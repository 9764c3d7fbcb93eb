"""The public register over HTTP: only what the law says is published."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.certificates.rules import CertificateKind, CertificateState, is_usable
from services.registry.certificates.tables import Certificate
from services.registry.officers.tables import Officer
from services.registry.subjects.rules import Domain, SubjectKind
from services.registry.subjects.tables import Subject
from shared.law.divisions import DivisionCode, Level
from shared.web.paging import Paging
from shared.web.schemas import Line, View


class PublicSubjectView(View):
    """A published enforcement subject (已公示的行政执法主体)."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: UUID
    uscc: str = Field(description="Unified social credit code")
    name: str
    kind: SubjectKind
    level: Level
    division: str
    domains: list[Domain]
    legal_basis: list[str]
    publicised_on: date


class PublicSubjectQuery(Paging):
    """Which published subjects, in which order."""

    sort: Literal["id", "-id", "name", "-name"] = "name"
    kind: SubjectKind | None = None
    level: Level | None = None
    domain: Domain | None = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the name or of the credit code, or pinyin initials"
    )


class PublicOfficerView(View):
    """An enforcement certificate (行政执法证) and who holds it; never an identity number."""

    name: str
    certificate_no: str
    kind: CertificateKind
    issuer: str = Field(description="Division of the legal office that issued it")
    area: str = Field(description="Division in which the holder enforces (执法区域)")
    domains: list[Domain] = Field(description="Domains of the subject")
    issued_on: date
    valid_to: date = Field(description="The last day on which it is good")
    state: CertificateState
    valid: bool = Field(description="Whether the holder may enforce with it today")
    subject_id: UUID
    subject_name: str

    @classmethod
    def of(cls, officer: Officer, certificate: Certificate, subject: Subject, on: date) -> Self:
        """The certificate as anybody may see it on a day."""
        told = {
            name: getattr(certificate, name)
            for name in ("certificate_no", "issuer", "issued_on", "valid_to", "state")
        }
        return cls.model_validate(
            {
                **told,
                "name": officer.name,
                "kind": CertificateKind.ENFORCEMENT,
                "area": subject.division,
                "domains": subject.domains,
                "valid": is_usable(
                    officer_state=officer.state,
                    subject_state=subject.state,
                    certificate_state=certificate.state,
                    valid_to=certificate.valid_to,
                    on=on,
                ),
                "subject_id": subject.id,
                "subject_name": subject.name,
            }
        )


class PublicOfficerQuery(Paging):
    """Whose certificate: by its number, by the holder's full name, or by the subject."""

    sort: Literal["id", "-id"] = "id"
    certificate_no: Line | None = Field(
        default=None, description="The whole number; told of in any state since it was issued"
    )
    name: Line | None = Field(default=None, description="The full name; active certificates only")
    subject_id: UUID | None = Field(default=None, description="Active certificates only")
