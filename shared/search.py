"""Finding by any two characters of a Chinese name, by pinyin initials, or by a code.

PostgreSQL's trigrams do not index two characters, so each row keeps the pairs of adjacent
characters of its names, codes and initials, and each Chinese character alone, in one indexed array.
A query is the pairs it is made of; what holds them all is then held against the text itself.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Index,
    Select,
    and_,
    bindparam,
    case,
    event,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Mapped, mapped_column

# Read when it is imported. Only single characters are asked for: its readings of phrases would take
# 40 MiB of every process.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
from pypinyin import Style, pinyin

INITIAL, START, WHOLE = "~", "^", "="
"""Before what is kept of pinyin initials, of beginnings and of a whole name: not to be taken for a
pair of a code."""

NOTHING = ["!"]
"""Pairs that no row has."""

CANDIDATES = 500
"""How many rows of a kind are looked at that begin with what is sought, that hold it, and that have
its initials; those whose whole name or code it is are looked at all."""


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
    ['=沙坪坝', '^~s', '^沙', '^沙坪', '~pb', '~sp', '坝', '坪', '坪坝', '沙', '沙坪']
    """
    told = [text for text in map(folded, filter(None, texts)) if text]
    kept: set[str] = set()
    for text in told:
        kept.update(
            map(add, text, text[1:]),
            _TOLD_ALONE.findall(text),
            (WHOLE + text, START + text[:1], START + text[:2]),
            _begun(text[0]),
        )
        for run in _CHINESE.findall(text):
            kept.update(*map(_both, run, run[1:]))
        if len(text) == 1:
            kept.add(text)
    return {"search_text": "\n".join(told), "search_pairs": sorted(kept)}


def matches(table: Any, query: str) -> ColumnElement[bool]:
    """The rows of a `Searched` table that hold `query` in a name or code, or by its initials.

    One letter or digit finds what begins with it. `spb` finds 沙坪坝区 by its initials.
    """
    given = terms(query)
    holds: ColumnElement[bool] = table.search_pairs.contains(given["held_pairs"])
    if len(given["sought"]) > 2:
        holds = and_(holds, table.search_text.like(given["held"]))
    if given["initials"] == NOTHING:
        return holds
    return or_(holds, table.search_pairs.contains(given["initials"]))


def terms(query: str) -> dict[str, Any]:
    """What `ranked` is asked with."""
    sought = folded(query)
    text = _escaped(sought)
    beginning = [START + sought[:2], *(_pairs(sought) if len(sought) > 2 else ())]
    if len(sought) > 1:
        holding, initials = _pairs(sought), [INITIAL + pair for pair in _pairs(sought)]
    else:
        # A letter or digit is held by nearly all: it finds what begins with it.
        holding = [sought] if _TOLD_ALONE.match(sought) else beginning
        initials = [START + INITIAL + sought]
    return {
        "sought": sought,
        "whole_pairs": [WHOLE + sought],
        "begun_pairs": beginning,
        "begun": f"{text}%",
        "also_begun": f"%\n{text}%",
        "held_pairs": holding,
        "held": f"%{text}%",
        "initials": initials if sought.isascii() and sought.isalpha() else NOTHING,
    }


def ranked(table: Any, columns: Sequence[Any], *where: Any) -> Select[Any]:
    """`columns` and `rank` of what `terms` find, which the statement is executed with.

    Rank 0: that is its whole name or code; 1: it begins with it; 2: it holds it; 3: it has its
    initials. Of each rank but the first at most `CANDIDATES` are looked at. `where` says `visible`.
    The statement is the same for every query: keep it where it is asked for often.
    """
    pairs, text = table.search_pairs, table.search_text
    whole, begins, holds, has_initials = (
        pairs.contains(bindparam(name, type_=pairs.type))
        for name in ("whole_pairs", "begun_pairs", "held_pairs", "initials")
    )
    begun = or_(text.like(bindparam("begun")), text.like(bindparam("also_begun")))
    held = text.like(bindparam("held"))
    rank = case((whole, 0), (begun, 1), (held, 2), else_=3).label("rank")
    told = select(*columns, rank).where(*where)
    capped = (
        told.where(way).limit(literal_column(str(CANDIDATES)))
        for way in (and_(begins, begun), and_(holds, held), has_initials)
    )
    # UNION and not UNION ALL: what is found in two ways is the same row with the same rank.
    return select(
        union(*(select(way.subquery()) for way in (told.where(whole), *capped))).subquery()
    )


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _pairs(text: str) -> list[str]:
    if len(text) < 2:
        return [text]
    return sorted({text[i : i + 2] for i in range(len(text) - 1)})


_TOLD_ALONE = re.compile(r"[^0-9A-Za-z]")
"""One character that is worth an entry: a Chinese one says much, a digit nothing."""
_CHINESE = re.compile(r"[^\x00-\x7f]+")
"""Neighbours that may have initials."""


@lru_cache(maxsize=32_768)
def _both(one: str, other: str) -> tuple[str, ...]:
    """The initials of two adjacent characters."""
    return tuple(INITIAL + a + b for a in _initials(one) for b in _initials(other))


@lru_cache(maxsize=32_768)
def _begun(character: str) -> tuple[str, ...]:
    """The initials that what begins with a character begins with."""
    return tuple(START + INITIAL + first for first in _initials(character))


@lru_cache(maxsize=32_768)
def _initials(character: str) -> Iterable[str]:
    """The first letters of all readings of a character; none for what is no Chinese character."""
    if character.isascii():
        return ()
    readings = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return sorted({reading[0] for all_of_it in readings for reading in all_of_it if reading})
