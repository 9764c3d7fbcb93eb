"""Result reports as files."""

from shared.documents.rendering import DocumentFormat
from shared.web.schemas import Input


class ReportFileQuery(Input):
    """As what the report is wanted."""

    format: DocumentFormat = DocumentFormat.PDF
