"""The program that reads a table out of a file, in a process of its own with limits.

`reader.py csv|xlsx ROWS` takes the file from its input and gives frames of JSON: rows as
`[[number, [cell, …]], …]`, and at the end `{"rows": n}` or `{"problem": code, …}`. What the file
does to it (a zip bomb, a table of a milliard cells) happens here, where there is nothing else: no
settings, no keys, no connection. Imports nothing of ours.
"""

import csv
import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

MEMORY = 768 * 1024 * 1024
CPU_S = 30
UNPACKED = 512 * 1024 * 1024
COLUMNS = 200
CELL = 32_767
"""Characters that a spreadsheet's cell can hold."""
BATCH = 2_000

Cells = list[str]


class Problem(Exception):
    """The file is not read; `code` is one of `shared.files.spreadsheet`."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code, self.details = code, details
        super().__init__(code)


def limit() -> None:
    """From here on: so much memory, so much time, and no file is written."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, else GB 18030, in which Chinese Excel writes CSV."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise Problem("file-encoding-unknown")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem("file-encoding-unknown")


def csv_rows(content: bytes) -> Iterator[Cells]:
    text = decoded(content)
    if "\0" in text:
        raise Problem("file-unreadable")
    csv.field_size_limit(1_000_000)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise Problem("file-unreadable") from error


def xlsx_rows(content: bytes) -> Iterator[Cells]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Problem("file-unreadable") from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Problem("file-unreadable")
    if sum(part.file_size for part in parts) > UNPACKED:
        raise Problem("file-too-complex")
    import python_calamine  # a CSV needs none of it

    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            visible = [
                sheet.name
                for sheet in workbook.sheets_metadata
                if sheet.visible is python_calamine.SheetVisibleEnum.Visible
            ]
            if not visible:
                raise Problem("file-unreadable")
            # From the first row on, so that rows are counted as a spreadsheet program shows them.
            for row in workbook.get_sheet_by_name(visible[0]).iter_rows():
                yield [shown(cell) for cell in row]
    except python_calamine.CalamineError as error:
        raise Problem("file-unreadable") from error


def shown(cell: Any) -> str:
    """A cell as the person who filled it in sees it, dates as 2026-03-01."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            # Longer numbers have lost their last digits: shown as what they have become.
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
        case _:
            return str(cell)


def batches(rows: Iterable[Cells], most: int) -> Iterator[list[tuple[int, Cells]]]:
    """The rows that hold something, with their numbers (from 1), in batches; the first, by itself,
    is the header and does not count."""
    batch: list[tuple[int, Cells]] = []
    told = -1
    for number, row in enumerate(rows, start=1):
        while row and not row[-1].strip():
            row.pop()
        if not row:
            continue
        if (told := told + 1) > most:
            raise Problem("file-too-long", most=most)
        if len(row) > COLUMNS:
            raise Problem("file-too-wide", most=COLUMNS)
        batch.append((number, [cell[: CELL + 1] for cell in row]))
        if len(batch) == BATCH or not told:
            yield batch
            batch = []
    if batch:
        yield batch
    send({"rows": max(told, 0)})


def send(told: Any) -> None:
    frame = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    sys.stdout.buffer.write(len(frame).to_bytes(4, "big") + frame)


def main(kind: str, most: int) -> None:
    limit()
    content = sys.stdin.buffer.read()
    try:
        for batch in batches((csv_rows if kind == "csv" else xlsx_rows)(content), most):
            send(batch)
    except Problem as problem:
        send({"problem": problem.code, **problem.details})
    except MemoryError:
        send({"problem": "file-too-complex"})
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
