"""A scheme of the district (or the city), and an appraisal that has been published."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    if make.case.concealed:
        return
    place, word, year = make.case.place, make.rows.word, make.service.today().year
    scheme = await make.post(
        "appraisal-schemes",
        {
            "division": place.district or "50",
            "year": year,
            "title": word(),
            "basis": [word()],
            "indicators": [
                {
                    "code": "organisation",
                    "name": word(),
                    "criteria": word(),
                    "weight": "100",
                    "source": "self",
                }
            ],
            "vetoes": [{"code": "concealment", "name": word()}],
        },
        kind="appraisal_scheme",
    )
    await make.post(f"appraisal-schemes/{scheme['id']}/adopt", as_=make.colleague)
    appraisal = await make.post(
        "appraisals",
        {"scheme_id": scheme["id"], "subject_id": make.rows.ids["subject"][-1]},
        kind="appraisal",
    )
    path = f"appraisals/{appraisal['id']}"
    scores = [{"code": "organisation", "points": "90", "reason": word()}]
    await make.post(f"{path}/score", {"scores": scores, "statement": word()}, as_=make.agency)
    await make.post(f"{path}/review", {"scores": scores})
    await make.post(f"{path}/accept", as_=make.agency)
    await make.post(f"{path}/publish", as_=make.colleague)


DECLARED = Declared(
    rows=rows,
    resources={
        "/oversight/v1/appraisal-schemes/{id}": "appraisal_scheme",
        "/oversight/v1/appraisals/{id}": "appraisal",
    },
    collections={
        "/oversight/v1/appraisal-schemes": "appraisal_scheme",
        "/oversight/v1/appraisals": "appraisal",
        "/oversight/v1/appraisals/ranking": "appraisal",
    },
    names={"scheme_id": "appraisal_scheme"},
    harmless=frozenset({"year", "grade", "appraised"}),
    free={"year": "2026"},
)
