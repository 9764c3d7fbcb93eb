"""The kinds as the file has them."""

import tomllib
from functools import cache
from pathlib import Path

from services.oversight.document_kinds.rules import DocumentKind

KINDS = Path(__file__).parent / "data" / "kinds.toml"


@cache
def kinds() -> tuple[DocumentKind, ...]:
    """All kinds, those out of force too."""
    with KINDS.open("rb") as file:
        return tuple(DocumentKind.model_validate(told) for told in tomllib.load(file)["kind"])
