"""The next number of a run."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.document_numbers.rules import number_of
from services.oversight.document_numbers.tables import DocumentSeries


async def take(session: AsyncSession, series: str, year: int) -> str:
    """The next number; whoever takes one of the same run waits until this transaction ends."""
    statement = insert(DocumentSeries).values(series=series, year=year, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=["series", "year"], set_={"last": DocumentSeries.last + 1}
    )
    place = await session.scalar(statement.returning(DocumentSeries.last))
    assert place is not None
    return number_of(series, year=year, place=place)
