"""The code book of findings as the file has it."""

import tomllib
from functools import cache
from pathlib import Path

from services.oversight.findings.rules import FindingCode, check_book

CODES = Path(__file__).parent / "data" / "codes.toml"


@cache
def code_book() -> tuple[FindingCode, ...]:
    """All codes, those out of force too, as the file has them."""
    with CODES.open("rb") as file:
        book = tuple(FindingCode.model_validate(told) for told in tomllib.load(file)["code"])
    check_book(book)
    return book


@cache
def label_of(code: str) -> str:
    """What a code of the book is called: words that are about nobody, unlike an author's own."""
    return next((entry.label for entry in reversed(code_book()) if entry.code == code), code)
