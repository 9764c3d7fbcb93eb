"""A proposal of the level over the place, about somebody of a body there, that an organ has."""

from tests.oversight.scene import credit_code
from tests.security.declared import Declared
from tests.security.escalation.disputes import coordinators
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    word, division = make.rows.word, make.case.place.division
    clerk, director = coordinators(make)
    proposal = await make.post(
        "accountability",
        {
            "division": division,
            "target_kind": "officer",
            "target": {
                "organisation": credit_code(921),
                "organisation_name": word(),
                "name": word(),
            },
            "ground": "abuse",
            "facts": word(),
            "legal_basis": [word()],
            "suggestion": "discipline",
            "evidence": [{"title": word()}],
        },
        as_=clerk,
        kind="accountability",
    )
    make.rows.words.append(proposal["number"])
    path = f"accountability/{proposal['id']}"
    await make.post(f"{path}/approve", as_=director)
    letter = {
        "organ": OWN_CODE,
        "organ_name": word(),
        "organ_kind": "superior",
        "document_number": word(),
    }
    await make.post(f"{path}/send", letter, as_=clerk)
    await make.post(f"{path}/acknowledge", as_=make.agency)
    await make.post(f"{path}/reveal", {"reason": word()}, as_=clerk)
    await make.post(f"{path}/urge", {"remarks": word()}, as_=clerk)


DECLARED = Declared(
    rows=rows,
    resources={"/escalation/v1/accountability/{id}": "accountability"},
    collections={"/escalation/v1/accountability": "accountability"},
    harmless=frozenset({"ground", "target_kind", "outcome"}),
)
