"""Numbers for people, 渝诉〔2026〕17号: without a gap, since they are given in the transaction."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.numbering.tables import NumberSeries
from shared.clock import today


async def next_numbers(session: AsyncSession, series: str, n: int = 1) -> list[str]:
    """The next `n` numbers of this year's series; others wait for the commit."""
    year = today(session).year
    statement = insert(NumberSeries).values(series=series, year=year, last=n)
    statement = statement.on_conflict_do_update(
        index_elements=["series", "year"], set_={"last": NumberSeries.last + n}
    )
    last = (await session.execute(statement.returning(NumberSeries.last))).scalar_one()
    return [f"{series}〔{year}〕{number}号" for number in range(last - n + 1, last + 1)]
