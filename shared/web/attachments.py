"""Files as answers: to be saved, never shown by the browser in the name of this site."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse


def binary(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with a file."""
    content = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": "The file", "content": dict.fromkeys(media_types, content)}}


def attachment_headers(name: str) -> dict[str, str]:
    """What goes with a file whoever made it: its name, and that nothing in it is run here.

    That its type is not guessed at is said of every answer (`shared.telemetry`).
    """
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    plain = "".join(one if one.isalnum() or one in "._- " else "_" for one in plain)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-cache",
    }


def as_attachment(content: bytes, name: str, media_type: str) -> Response:
    """A file that is there as a whole."""
    return Response(content, media_type=media_type, headers=attachment_headers(name))


def streamed(
    pieces: AsyncIterator[bytes], name: str, media_type: str, *, size: int
) -> StreamingResponse:
    """A file that comes piece by piece."""
    headers = {**attachment_headers(name), "Content-Length": str(size)}
    return StreamingResponse(pieces, media_type=media_type, headers=headers)
