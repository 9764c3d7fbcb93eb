"""An experience that was accepted; what is published is for everybody."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    if make.case.concealed:
        return
    word = make.rows.word
    body = {name: word() for name in ("title", "summary", "practice", "results")}
    row = await make.post(
        "experiences",
        {**body, "division": make.case.place.division, "tags": [word()]},
        kind="experience",
    )
    opinion = {"opinion": word()}
    await make.post(f"experiences/{row['id']}/accept", opinion, as_=make.colleague)


DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/experiences/{id}": "experience"},
    collections={"/oversight/v1/experiences": "experience"},
    harmless=frozenset({"tag"}),
    free={"tag": "独见"},
)
