"""The base of escalation's own tables, and the session of a write that is one statement."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared.db import NAMING, TYPES, Database, Statements
from shared.vocabulary import Term


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


async def one_statement(request: Request) -> AsyncIterator[AsyncSession | Statements]:
    """Without BEGIN and COMMIT, two round trips of three: one statement is atomic by itself.

    A request that has more to do in its transaction (store its answer, or fail after all for a
    precondition that met nothing) gets one.
    """
    database: Database = request.app.state.database
    more = "idempotency-key" in request.headers or "if-match" in request.headers
    if more:
        async with database.sessions() as session:
            yield session
            await session.commit()
    else:
        statements = database.statements()
        yield statements
        if statements.info.get("facts"):
            database.on_facts()


OneStatement = Annotated[AsyncSession | Statements, Depends(one_statement, scope="function")]


def one_of(column: str, terms: type[Term]) -> str:
    """A check that a column holds one of the terms."""
    return f"{column} in ({', '.join(repr(term.value) for term in terms)})"
