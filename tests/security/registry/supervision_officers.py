"""Supervision officers, of every level."""

from itertools import count

from tests.security.declared import Declared
from tests.security.rows import Maker

_numbers = count(10_000)


async def rows(make: Maker) -> None:
    """Somebody in office with a card, and a candidate."""
    place, word = make.case.place, make.rows.word
    for in_office in (True, False):
        officer = await make.post(
            "supervision-officers",
            {
                "name": word(),
                "office": word(),
                "division": place.division,
                "post": word(),
                "degree": "bachelor",
                "experience_years": 6,
                "legal_qualification": True,
                "legal_qualification_no": f"A2015500{next(_numbers)}",
            },
            kind="supervision_officer",
        )
        if in_office:
            path = f"supervision-officers/{officer['id']}"
            await make.post(f"{path}/appoint", {"reason": word()}, as_=make.colleague)
            card = {"card_no": f"渝监5001{next(_numbers)}", "valid_to": "2031-06-30"}
            await make.post(f"{path}/card", card)


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/supervision-officers/{id}": "supervision_officer"},
    collections={
        "/registry/v1/supervision-officers": "supervision_officer",
        "/registry/v1/supervision-officers/candidates": "supervision_officer",
        "/registry/v1/supervision-officers/qualification": "supervision_officer",
    },
    harmless=frozenset({"legal_qualification", "card_valid_before"}),
    free={"card_valid_before": "2035-01-01"},
)
