"""A body nominated, vetted and publicised, with an objection; and one of its officers nominated."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    if make.case.concealed:
        return
    word, subject = make.rows.word, make.rows.ids["subject"][-1]
    body = {"year": 2026, "subject_id": subject}
    row = await make.post(
        "commendations",
        {**body, "kind": "collective", "title": word(), "merits": word()},
        kind="commendation",
    )
    path = f"commendations/{row['id']}"
    checks = [{"bar": bar, "found": False, "source": word()} for bar in ("discipline", "petition")]
    await make.post(f"{path}/vet", {"checks": checks}, as_=make.colleague)
    await make.post(f"{path}/publicise")
    await make.post(f"{path}/concern", {"text": word(), "from_whom": word()})
    officer = make.rows.ids["officer"][-1]
    await make.post(
        "commendations",
        {**body, "kind": "person", "officer_id": officer, "title": word(), "merits": word()},
        kind="commendation",
    )


DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/commendations/{id}": "commendation"},
    collections={"/oversight/v1/commendations": "commendation"},
)
