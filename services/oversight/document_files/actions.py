"""Signed documents as files. They are rendered beside, with no connection held meanwhile."""

import asyncio
import io
import zipfile
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.document_files.rules import DocumentNotIssued, body_of
from services.oversight.document_kinds.actions import kinds
from services.oversight.document_kinds.rules import kind_in_force
from services.oversight.documents import actions as documents
from services.oversight.documents.tables import Document
from shared.access.actor import Actor
from shared.documents.official import Official
from shared.documents.rendering import DocumentFormat, Renderer
from shared.settings import Settings

RENDERER = Renderer()
FIXED = (1980, 1, 1, 0, 0, 0)
"""The time of each file in an archive: the same documents are the same bytes."""


class DocumentFile(NamedTuple):
    """A document's file: what it is called, what it is, and the digest of what it says."""

    name: str
    content: bytes
    digest: str


async def file_of(
    session: AsyncSession, actor: Actor, id: UUID, kind: DocumentFormat, settings: Settings
) -> DocumentFile:
    """The file of one visible document; refuses with `DocumentNotIssued`, `GlyphMissing`."""
    [made] = await _rendered(session, actor, [id], kind, settings)
    return made


async def archive_of(
    session: AsyncSession,
    actor: Actor,
    ids: Sequence[UUID],
    kind: DocumentFormat,
    settings: Settings,
) -> bytes:
    """A ZIP of the files of all of `ids`, or a refusal because of one."""
    made = await _rendered(session, actor, list(dict.fromkeys(ids)), kind, settings)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for file in made:
            archive.writestr(zipfile.ZipInfo(file.name, FIXED), file.content)
    return out.getvalue()


async def _rendered(
    session: AsyncSession,
    actor: Actor,
    ids: Sequence[UUID],
    kind: DocumentFormat,
    settings: Settings,
) -> list[DocumentFile]:
    rows = [await documents.read(session, actor, id) for id in ids]
    if any(row.digest is None for row in rows):
        raise DocumentNotIssued
    await session.close()  # others may have the connection while the pages are made
    folder = str(settings.fonts_dir) if settings.fonts_dir else None
    contents = await asyncio.gather(
        *(RENDERER(official_of(row, settings.public_url), kind, folder) for row in rows)
    )
    return [
        DocumentFile(f"{row.number}.{kind}", content, row.digest or "")
        for row, content in zip(rows, contents, strict=True)
    ]


def official_of(row: Document, public_url: str) -> Official:
    """A signed document as its page says it."""
    assert row.issued_on is not None
    kind = kind_in_force(kinds(), row.kind, on=row.issued_on)
    return Official(
        issuer=row.issuer or "",
        number=row.number or "",
        kind=row.label,
        title=row.title,
        addressee=row.content.get("addressee") or row.subject_name,
        body=body_of(row.content, asks=kind.asks, period=row.period if kind.executes else None),
        attachments=tuple(row.content.get("materials") or ()),
        issued_on=row.issued_on,
        digest=row.digest or "",
        verification=f"{public_url}/oversight/v1/public/documents/{row.code}",
        joint=tuple(row.content.get("co_issuers") or ()),
        sealed=kind.sealed,
        copies=tuple(row.content.get("copies_to") or ()),
    )
