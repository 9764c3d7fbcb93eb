"""Documents as files."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.oversight.document_files.rules import MOST_AT_ONCE
from shared.documents.rendering import DocumentFormat
from shared.web.schemas import Input


class DocumentFileQuery(Input):
    """As what the document is wanted."""

    format: DocumentFormat = DocumentFormat.PDF


class DocumentFilesQuery(DocumentFileQuery):
    """Which documents, as what."""

    document_id: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)]
