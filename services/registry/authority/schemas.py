"""Who may enforce what, over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.registry.authority.rules import AuthorityKind
from services.registry.powers.rules import PowerKind
from services.registry.subjects.rules import Domain
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.past import AsOf
from shared.web.paging import Paging
from shared.web.schemas import View


class AuthorityView(View):
    """One body may enforce one power somewhere, from a day until a day."""

    id: UUID
    authority: AuthorityKind = Field(
        description="The power is its own, was handed down to it, or is exercised for another body"
    )
    subject_id: UUID | None = Field(description="Who enforces; none of a body that is no subject")
    organisation: str = Field(description="Credit code of who enforces")
    name: str = Field(description="Who enforces")
    power_id: UUID
    power_code: str
    power_name: str
    power_kind: PowerKind
    domains: list[Domain]
    division: str = Field(description="Where: this division and what lies in it")
    except_in: list[str] = Field(
        description="Townships of it that exercise the power themselves, handed down to them"
    )
    authority_of: UUID = Field(description="The subject whose power it is")
    authority_of_organisation: str = Field(description="Its credit code")
    source_id: UUID = Field(description="The power, the empowerment or the delegation")
    document_no: str | None = Field(description="Of the provincial decision, or of the deed")
    basis: list[str] = Field(description="Articles: of the power, the decision or the delegation")
    since: date = Field(description="The first day of it; of an own power, of its present edition")
    until: date | None = Field(description="The last day, where there is one")


class AuthorityQuery(Paging):
    """Who, what, where, and when."""

    subject_id: UUID | None = Field(default=None, description="Who enforces")
    organisation: CreditCode | None = Field(
        default=None, description="Who enforces, by credit code: also a body that is no subject"
    )
    power_id: UUID | None = None
    power_code: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    domain: Domain | None = None
    authority: AuthorityKind | None = None
    division: DivisionCode | None = Field(
        default=None, description="Who may enforce in all of this division"
    )
    as_of: AsOf = None
