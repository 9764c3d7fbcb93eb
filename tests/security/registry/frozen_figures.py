"""Frozen figures: of the place alone, where freezing would make a row for everybody."""

from datetime import UTC, date, datetime

from services.registry.frozen_figures.tables import FrozenFigure
from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place = make.case.place
    row = FrozenFigure(
        division=place.division,
        level=place.level,
        district=place.district,
        township=place.township,
        parties=[],
        first_day=date(2025, 12, 1),
        last_day=date(2025, 12, 31),
        figures={"officers_on_post": {"value": 7, "previous": 5}},
        coverages={"officers": {"numerator": 6, "denominator": 7}},
        frozen_at=datetime(2026, 1, 1, tzinfo=UTC),
        frozen_by=make.rows.word(),
    )
    async with make.service.session() as session:
        session.add(row)
        await session.commit()
    make.rows.ids["frozen figure"].append(str(row.id))


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/figures/frozen/{id}": "frozen figure"},
    collections={"/registry/v1/figures/frozen": "frozen figure"},
)
