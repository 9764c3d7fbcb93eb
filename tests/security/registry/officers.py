"""Officers beyond what `rows` and `probes` tell of them: continuing training."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """A course of the officer there is."""
    if not (officers := make.rows.ids["officer"]):
        return
    course = {"course": make.rows.word(), "hours": 8, "on": "2026-04-20"}
    await make.post(f"officers/{officers[-1]}/trainings", course, kind="officer_training")


DECLARED = Declared(
    rows=rows,
    names={"record_id": "officer_training"},
    harmless=frozenset({"legal_qualification", "short_in", "hours_below"}),
    free={"short_in": "2030", "hours_below": "9999"},
)
