"""Trainings, of every level, with an officer and a supervision officer of the place."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """A training that is closed."""
    people = make.rows.ids
    training = await make.post(
        "trainings",
        {
            "title": make.rows.word(),
            "kind": "continuing",
            "audience": "both",
            "hours": 16,
            "trainer": make.rows.word(),
            "division": make.case.place.division,
            "starts_on": "2026-01-12",
            "ends_on": "2026-01-13",
            "exam": True,
        },
        kind="training",
    )
    path = f"trainings/{training['id']}"
    officer, supervisor = people["officer"][0], people["supervision_officer"][0]
    named = {"officer_ids": [officer], "supervision_officer_ids": [supervisor]}
    both = (officer, supervisor)
    await make.post(f"{path}/open")
    await make.post(f"{path}/enrol", named)
    await make.post(f"{path}/hold")
    attendance = [{"person_id": id, "hours": 16} for id in both]
    await make.post(f"{path}/attend", {"attendance": attendance})
    await make.post(f"{path}/examine", {"results": [{"person_id": id, "score": 80} for id in both]})
    await make.post(f"{path}/close")


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/trainings/{id}": "training"},
    collections={
        "/registry/v1/trainings": "training",
        "/registry/v1/trainings/hours": "training",
    },
    names={
        "officer_ids": "officer",
        "supervision_officer_ids": "supervision_officer",
        "person_id": "supervision_officer",
    },
    harmless=frozenset({"audience", "year"}),
    free={"year": "2026"},
)
