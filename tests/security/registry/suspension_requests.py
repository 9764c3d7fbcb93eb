"""Suspensions that oversight decided on, before the issuer of the officer's certificate."""

from uuid import UUID, uuid4

from shared.events.oversight.measures import MeasureDecided
from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """One of the officer that the place has."""
    ground = make.rows.word()
    told = MeasureDecided(
        measure_id=uuid4(),
        finding_id=uuid4(),
        subject_id=UUID(make.rows.ids["subject"][-1]),
        organisation=make.rows.codes[-1],
        subject_name="某单位",
        kind="suspend_certificate",
        kind_name="暂扣执法证件",
        ground="uncivil",
        ground_name=ground,
        legal_basis=["《重庆市行政执法监督条例》第十八条"],
        executor="issuer",
        officer_id=UUID(make.rows.ids["officer"][0]),
        division=make.case.place.division,
        state="decided",
        due_at=None,
        authority_level="district",
    )
    await make.service.react(told, make.rows.scope)
    listed = await make.service.get("/registry/v1/suspension-requests", as_=make.bureau)
    make.rows.ids["suspension_request"] += [
        item["id"] for item in listed.json()["items"] if item["ground"] == ground
    ]


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/suspension-requests/{id}": "suspension_request"},
    collections={"/registry/v1/suspension-requests": "suspension_request"},
)
