"""Risks and checks of conduct of the place's subject; follow-ups name a rectification."""

from tests.security.declared import Declared
from tests.security.rows import Maker

ITEMS = (
    *("uniform", "insignia", "certificate_shown", "two_officers"),
    *("civil_language", "civil_manner", "recorder_on", "discipline"),
)


async def rows(make: Maker) -> None:
    """A risk that is assessed, and a check that is recorded."""
    if not (subjects := make.rows.ids["subject"]):
        return
    risk = await make.post(
        "risks",
        {
            "subject_id": subjects[0],
            "kind": "procedure",
            "title": make.rows.word(),
            "description": make.rows.word(),
        },
        kind="risk",
    )
    assessment = {"likelihood": 3, "impact": 3, "note": make.rows.word()}
    await make.post(f"risks/{risk['id']}/assess", assessment, as_=make.colleague)
    await make.post(
        "conduct-checks",
        {
            "inspection_id": make.rows.ids["inspection"][0],
            "observed_on": "2026-11-01",
            "place": make.rows.word(),
            "items": [{"code": code, "passed": False, "note": make.rows.word()} for code in ITEMS],
        },
        kind="conduct_check",
    )


DECLARED = Declared(
    rows=rows,
    resources={
        "/oversight/v1/risks/{id}": "risk",
        "/oversight/v1/conduct-checks/{id}": "conduct_check",
    },
    collections={
        "/oversight/v1/risks": "risk",
        "/oversight/v1/conduct-checks": "conduct_check",
    },
    unscoped={"/oversight/v1/conduct-checklist": "the checklist is the same for all"},
    names={"follows_id": "rectification"},
    harmless=frozenset({"risk_level"}),
)
