"""Rows by COPY are what they were, whatever characters they hold."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.registry.imports.tables import Import, RowError
from shared.db import copy_line, copy_lines, new_id, new_key
from tests.servers import ServiceUnderTest

ODD = ["", "\\N", "a\tb", "a\nb\r", '"', "{a,b}", "NULL", "\\", "'", '\\"', "渝,", "\\x41", "é"]


@pytest.mark.parametrize("odd", ODD)
async def test_text_and_lists_come_back_as_they_were(registry: ServiceUnderTest, odd: str) -> None:
    moment = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
    row: dict[str, Any] = {
        "id": new_id(),
        "kind": odd,
        "file_type": "csv",
        "digest": "",
        "accept": "valid_rows",
        "dry_run": True,
        "backfill": False,
        "state": "queued",
        "organisation": None,
        "created_by": odd,
        "sender": "{}",
        "header": [odd, "b", odd],
        "rows": -1,
        "checked": 0,
        "wrong": 0,
        "applied": 0,
        "batches": 0,
        "worked": 0,
        "created_at": moment,
        "updated_at": moment,
        "version": 1,
        "parties": [],
    }
    async with registry.session() as session:
        await copy_lines(session, Import, list(row), [copy_line(row.values())])
        kept = (await session.scalars(select(Import))).one()
        told = {name: getattr(kept, name) for name in row if name != "sender"}
        await session.rollback()
    assert told == {name: value for name, value in row.items() if name != "sender"}


async def test_what_was_copied_is_gone_with_its_transaction(registry: ServiceUnderTest) -> None:
    values = (new_key(), uuid4(), 1, None, "code", "一", "one")
    columns = ("id", "import_id", "row", "field", "code", "zh", "en")
    for commits in (False, True):
        async with registry.session() as session:
            await copy_lines(session, RowError, columns, [copy_line(values)])
            await (session.commit() if commits else session.rollback())
        async with registry.session() as session:
            assert len((await session.scalars(select(RowError))).all()) == commits


def test_each_type_is_written_as_postgresql_reads_it() -> None:
    told = copy_line((None, True, 7, date(2026, 3, 1), b"\x00\xff", []))
    assert told == "\\N\tt\t7\t2026-03-01\t\\\\x00ff\t{}"
