"""Finding by any two characters of a Chinese name, by pinyin initials, or by a code.

PostgreSQL's trigrams do not index two characters, so each row keeps the pairs of adjacent
characters of its names, codes and initials, and each Chinese character alone, in one indexed array.
A query is the pairs it is made of; what holds them all is then held against the text itself.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any

from pypinyin import Style, pinyin
from sqlalchemy import ColumnElement, Index, and_, case, event, func, or_
from sqlalchemy.orm import Mapped, mapped_column

INITIAL = "~"
"""Before a pair of pinyin initials, so that it is not taken for a pair of a code."""


class Searched:
    """A row that is found by `matches`; what is loaded past the ORM sets `index_of` itself."""

    search_text: Mapped[str] = mapped_column()
    """The names and codes in the form in which they are compared, with a line break between."""
    search_pairs: Mapped[list[str]] = mapped_column()

    @property
    def searched(self) -> Iterable[str | None]:
        """The names and codes that it is found by, the one that it is ranked by first."""
        raise NotImplementedError


@event.listens_for(Searched, "before_insert", propagate=True)
@event.listens_for(Searched, "before_update", propagate=True)
def _keep_index(mapper: object, connection: object, row: Searched) -> None:
    for name, value in index_of(*row.searched).items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def search_index(table: str) -> Index:
    """The index that `matches` needs."""
    return Index(f"ix_{table}_search_pairs", "search_pairs", postgresql_using="gin")


def folded(text: str) -> str:
    """`text` as it is compared: one width, one case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def index_of(*texts: str | None) -> dict[str, Any]:
    """The columns of `Searched` for a row's names and codes; the first is the one it is ranked by.

    >>> index_of("沙坪坝")["search_pairs"]
    ['坝', '坪', '坪坝', '沙', '沙坪', '~pb', '~sp']
    """
    told = [folded(text) for text in texts if text]
    pairs: set[str] = set()
    for text in told:
        pairs.update(_pairs(text), filter(_told_alone, text))
        for one, other in pairwise(text):
            pairs.update(INITIAL + a + b for a in _initials(one) for b in _initials(other))
    return {"search_text": "\n".join(told), "search_pairs": sorted(pairs)}


def matches(table: Any, query: str) -> ColumnElement[bool]:
    """The rows of a `Searched` table that hold `query` in a name or code, or by its initials.

    One letter or digit finds what begins with it. `spb` finds 沙坪坝区 by its initials.
    """
    sought = folded(query)
    if len(sought) < 2 and not _told_alone(sought):
        return and_(table.search_text.startswith(sought, autoescape=True))
    told = and_(
        table.search_pairs.contains(_pairs(sought)),
        table.search_text.contains(sought, autoescape=True),
    )
    if not (sought.isascii() and sought.isalpha()):
        return told
    by_initials = [INITIAL + pair for pair in _pairs(sought)]
    return or_(told, table.search_pairs.contains(by_initials))


def rank(table: Any, query: str) -> ColumnElement[int]:
    """Smaller is better: the name itself, what begins with it, what holds it, the initials."""
    sought = folded(query)
    name = func.split_part(table.search_text, "\n", 1)
    return case(
        (name == sought, 0),
        (table.search_text.startswith(sought, autoescape=True), 1),
        (table.search_text.contains(sought, autoescape=True), 2),
        else_=3,
    )


def _pairs(text: str) -> list[str]:
    if len(text) < 2:
        return [text]
    return sorted({text[i : i + 2] for i in range(len(text) - 1)})


def _told_alone(character: str) -> bool:
    """Whether one character is worth an entry: a Chinese one says much, a digit nothing."""
    return not (character.isascii() and character.isalnum())


@lru_cache(maxsize=32_768)
def _initials(character: str) -> Iterable[str]:
    """The first letters of all readings of a character; none for what is no Chinese character."""
    if character.isascii():
        return ()
    readings = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return sorted({reading[0] for all_of_it in readings for reading in all_of_it if reading})
