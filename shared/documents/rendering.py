"""Documents become files beside the event loop, in processes of their own."""

import asyncio
import itertools
from dataclasses import dataclass
from enum import StrEnum

from shared.beside import Beside, WorkFailed
from shared.documents.docx import docx, missing_in, paper_docx
from shared.documents.fonts import fonts
from shared.documents.official import Official, Paper
from shared.documents.pdf import MissingGlyphs, check, pdf
from shared.refusals import Refused, Unavailable

PATIENCE_S = 20.0


class DocumentFormat(StrEnum):
    PDF = "pdf"
    DOCX = "docx"


MEDIA_TYPES = {
    DocumentFormat.PDF: "application/pdf",
    DocumentFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


class GlyphMissing(Refused):
    """A page with holes would not say what was signed."""

    code = "document-glyph-missing"
    status = 422
    zh = "字库缺少下列字符，不能生成文书：{characters}。"
    en = "The fonts lack these characters; the document is not rendered: {characters}."


@dataclass(frozen=True)
class Rendered:
    """A file, or the characters for want of which there is none."""

    content: bytes
    missing: str = ""


def render(official: Official | Paper, kind: str, folder: str | None) -> Rendered:
    """The file, made here and now: for the processes beside. A paper is a DOCX.

    A DOCX has no font inside, but what cannot be printed is refused in either format.
    """
    if isinstance(official, Paper):
        set_in = fonts(folder)
        missing = missing_in(official, set_in)
        return Rendered(b"", missing) if missing else Rendered(paper_docx(official, set_in))
    try:
        if kind == DocumentFormat.PDF:
            return Rendered(pdf(official, folder))
        check(official, folder)
    except MissingGlyphs as problem:
        return Rendered(b"", problem.characters)
    return Rendered(docx(official, fonts(folder)))


class Renderer:
    """Some processes that render, each one document after the other."""

    def __init__(self, processes: int = 2) -> None:
        self._processes = [Beside() for _ in range(processes)]
        self._turns = itertools.cycle(self._processes)

    async def __call__(
        self, official: Official | Paper, kind: DocumentFormat, folder: str | None
    ) -> bytes:
        """The document as a file; refuses with `GlyphMissing` or `Unavailable`."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                made = await next(self._turns).call(render, official, str(kind), folder)
        except (WorkFailed, TimeoutError) as error:
            raise Unavailable from error
        if made.missing:
            raise GlyphMissing(characters=made.missing)
        return made.content

    async def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            await process.close()
