"""The kinds of documents over HTTP."""

from datetime import date

from pydantic import Field

from services.oversight.document_kinds.rules import Addressee, DocumentField
from shared.web.schemas import Input, View


class DocumentKindQuery(Input):
    """Which kinds."""

    on: date | None = Field(None, description="In force on this day; all kinds if left out")


class DocumentKindView(View):
    """A kind of supervision document (监督文书种类) from a day on."""

    code: str
    label: str = Field(description="What stands as the document's name")
    word: str = Field(description="Character of the number; kinds of one word share its run")
    asks: str = Field(description="Heading of what it asks or decides")
    addressee: Addressee
    required: list[DocumentField] = Field(description="What a document must say to be reviewed")
    executes: bool = Field(description="The addressee reports what it did, in a term")
    objection: bool = Field(description="The addressee may apply for a re-examination (复查)")
    sealed: bool = Field(description="The issuer's seal goes under it (用印)")
    effective_from: date
    effective_to: date | None
    provisional: bool = Field(description="Taken until the text that settles it has been seen")
    legal_basis: list[str]
