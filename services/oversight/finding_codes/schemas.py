"""The code book of findings over HTTP."""

from datetime import date

from pydantic import Field

from services.oversight.findings.rules import Severity
from shared.web.schemas import Input, View


class CodeFilters(Input):
    """Which entries of the code book."""

    on: date | None = Field(None, description="Those in force on this day")


class FindingCodeView(View):
    """An entry of the code book (问题代码)."""

    code: str
    edition: int = Field(description="Counts the entries that the code had, one after the other")
    label: str
    severity: Severity
    names_officer: bool = Field(description="A finding of this code must name the officer")
    effective_from: date
    effective_to: date | None
    legal_basis: list[str]
