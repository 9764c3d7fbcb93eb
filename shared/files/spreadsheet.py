"""Tables that people fill in: their columns as data, and how a file of them is read.

A row's model says its columns: `name: Annotated[Line, Column("姓名", "陈某")]`. A file names them
by key or by Chinese label, in any order. It is read in a process of its own with limits (`reader`).
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.refusals import Refused
from shared.vocabulary import Term
from shared.web.field_errors import sentence

MOST_ROWS = 100_000
PATIENCE_S = 45
"""The reader's limit is CPU time; this one is for a machine that gives it none."""

_READER = Path(__file__).with_name("reader.py")
_SEVERAL = str.maketrans({"；": ";", "\n": ";"})
GUARDED = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet program takes for the beginning of a formula."""


class FileRefused(Refused):
    """A file that is not read; nothing of it was taken."""

    status = 422


class FileUnreadable(FileRefused):
    code = "file-unreadable"
    zh = "文件无法读取：须为 UTF-8 或 GB18030 编码的 CSV，或 XLSX 工作簿。"
    en = "The file cannot be read: it must be CSV in UTF-8 or GB 18030, or an XLSX workbook."


class FileEncodingUnknown(FileRefused):
    code = "file-encoding-unknown"
    zh = "文件编码无法识别，请另存为 UTF-8 编码的 CSV。"
    en = "The file's encoding is not known; save it as CSV in UTF-8."


class FileTooComplex(FileRefused):
    """Reading it took more memory or time than a table of that many rows can need."""

    code = "file-too-complex"
    zh = "文件过于复杂，读取所需的内存或时间超出限制。"
    en = "Reading the file takes more memory or time than it may."


class FileTooLong(FileRefused):
    code = "file-too-long"
    zh = "文件行数超过 {most} 行，请分成多个文件。"
    en = "The file has more than {most} rows; split it."


class FileTooWide(FileRefused):
    code = "file-too-wide"
    zh = "文件列数超过 {most} 列。"
    en = "The file has more than {most} columns."


class FileEmpty(FileRefused):
    code = "file-empty"
    zh = "文件中没有数据行。"
    en = "The file holds no rows."


class ColumnsWrong(FileRefused):
    """Columns are missing, unknown, or there twice; each is told."""

    code = "file-columns-wrong"
    zh = "表头有误：缺少 {missing}；无法识别第 {unknown} 列；重复 {repeated}。"
    en = "The header is wrong: missing {missing}; unknown columns {unknown}; repeated {repeated}."


class TwiceInFile(Refused):
    """Two rows of a file say the same of what can be so only once."""

    code = "twice-in-file"
    status = 422
    zh = "与第 {row} 行重复。"
    en = "The same as in row {row}."


_REFUSALS = {kind.code: kind for kind in FileRefused.__subclasses__()}


@dataclass(frozen=True)
class Column:
    """A column of a table, as the field's annotation in the row's model."""

    label: str
    example: str = ""
    note: str = ""
    once: bool = False
    """No two rows of a file have the same value."""
    within: tuple[str, ...] = ()
    """Keys of columns that have to agree too before it is the same."""
    key: str = ""
    required: bool = False
    several: bool = False
    choices: Mapping[str, str] | None = None
    """Chinese label → key, of an enumeration."""

    @cached_property
    def plain(self) -> bool:
        """Whether a cell says just what is written there."""
        return self.choices is None and not self.several

    def told(self, text: str) -> Any:
        """What a cell says that is not empty."""
        if text[0] == "'" and text[1:2] in GUARDED:
            text = text[1:]  # as our own exports guard it
        choices = self.choices or {}
        if not self.several:
            return choices.get(text, text)
        parts = [part.strip() for part in text.translate(_SEVERAL).split(";")]
        return [choices.get(part, part) for part in parts if part]


def columns_of(model: type[BaseModel]) -> tuple[Column, ...]:
    """The columns of a row's model, in the order of its fields."""
    columns = []
    for key, field in model.model_fields.items():
        told = next(item for item in field.metadata if isinstance(item, Column))
        kinds = list(_kinds(field.annotation))
        columns.append(
            replace(
                told,
                key=key,
                required=field.is_required(),
                several=list in kinds,
                choices=_choices(kinds),
            )
        )
    return tuple(columns)


def _choices(kinds: Iterable[Any]) -> dict[str, str] | None:
    for kind in kinds:
        if kind is bool:
            return {"是": "true", "否": "false"}
        if isinstance(kind, type) and issubclass(kind, Term):
            return {term.label: term.value for term in kind}
    return None


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of."""
    origin = get_origin(annotation)
    if origin is None:
        yield annotation
    elif origin in {Union, UnionType}:
        for one in get_args(annotation):
            yield from _kinds(one)
    else:
        yield origin
        for one in get_args(annotation):
            yield from _kinds(one)


class Wrong(NamedTuple):
    """What is wrong with one row, in both languages; never the value itself."""

    row: int
    field: str | None
    code: str
    zh: str
    en: str

    @classmethod
    def refused(cls, row: int, field: str | None, refused: Refused) -> "Wrong":
        return cls(row, field, refused.code, refused.sentence("zh"), refused.sentence("en"))


Row = tuple[int, list[str]]
"""A row's number in the file and its cells, in the order of the file."""


def _letters(place: int) -> str:
    """A column as spreadsheet programs name it: A, B, …, Z, AA."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


class Header:
    """Which column of a file is which."""

    def __init__(self, columns: Sequence[Column], cells: Sequence[str]) -> None:
        """Raises `ColumnsWrong`."""
        names = {name: column for column in columns for name in (column.key, column.label)}
        told = [cell.strip().rstrip("*").strip() for cell in cells]
        self.columns = [names.get(name) for name in told]
        known = [column.key for column in self.columns if column]
        wrong = {
            "missing": [c.label for c in columns if c.required and c.key not in known],
            # By their place: a file without a header has somebody's data there.
            "unknown": [_letters(i) for i, name in enumerate(told) if name and name not in names],
            "repeated": [c.label for c in columns if known.count(c.key) > 1],
        }
        if any(wrong.values()):
            raise ColumnsWrong(**wrong)
        self._placed = [(i, column) for i, column in enumerate(self.columns) if column]
        place = {column.key: i for i, column in self._placed}
        self._once = [
            (column.key, i, [place[key] for key in column.within if key in place])
            for i, column in self._placed
            if column.once
        ]
        self._rows: dict[str, dict[int, int]] = {key: {} for key, _, _ in self._once}

    def repeated(self, row: Row) -> list[Wrong]:
        """What a row says that a row before it says already; remembers what it says."""
        number, cells = row
        wrong = []
        cells = [*cells, *[""] * (len(self.columns) - len(cells))]
        for key, place, others in self._once:
            if value := cells[place].strip():
                same = hash((value, *(cells[other].strip() for other in others)))
                if (first := self._rows[key].setdefault(same, number)) != number:
                    wrong.append(Wrong.refused(number, key, TwiceInFile(row=first)))
        return wrong

    def values(self, cells: Sequence[str]) -> dict[str, Any]:
        """What a row says, by key; what it leaves empty is left out."""
        told = {}
        for i, column in self._placed:
            if i < len(cells) and (text := cells[i].strip()):
                plain = column.plain and text[0] != "'"
                told[column.key] = text if plain else column.told(text)
        return told


def wrong_fields(row: int, error: ValidationError) -> list[Wrong]:
    """One line for each field of a row that its model does not accept."""
    found = []
    for problem in error.errors(include_url=False, include_input=False):
        field = str(problem["loc"][0]) if problem["loc"] else None
        code = problem["type"].replace("_", "-")
        found.append(Wrong(row, field, code, sentence(problem, "zh"), sentence(problem, "en")))
    return found


class Read(NamedTuple):
    """Rows of a file, and the same as the JSON text that the reader gave."""

    rows: list[Row]
    told: bytes


async def read_rows(pieces: AsyncIterator[bytes], *, kind: str) -> AsyncGenerator[Read, None]:
    """The rows of a file (`csv` or `xlsx`, given in pieces) in batches; the first is the header.

    The reader has nothing but the file, and dies of what is too much for it. Raises `FileRefused`.
    All pieces are taken before the first batch is given.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_READER), kind, str(MOST_ROWS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            await _feed(process.stdin, pieces)
            while True:
                size = await process.stdout.readexactly(4)
                frame = await process.stdout.readexactly(int.from_bytes(size, "big"))
                told = from_json(frame)
                if isinstance(told, list):
                    yield Read(told, frame)
                elif (code := told.pop("problem", None)) is not None:
                    raise _REFUSALS[code](**told)
                elif not told["rows"]:
                    raise FileEmpty
                else:
                    return
    except (asyncio.IncompleteReadError, TimeoutError):
        raise FileTooComplex from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _feed(pipe: asyncio.StreamWriter, pieces: AsyncIterator[bytes]) -> None:
    async for piece in pieces:
        try:
            pipe.write(piece)
            await pipe.drain()
        except OSError:  # it died, as the end of its output tells
            return
    pipe.close()
