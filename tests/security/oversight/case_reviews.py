"""A review of case files that has been announced, and one that only the reviewing body knows."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    if make.case.concealed:
        return
    word = make.rows.word
    for number in range(2):
        inspection = await make.post(
            "inspections",
            {
                "subject_id": make.rows.ids["subject"][-1],
                "kind": "special",
                "mode": "file_review",
                "theme": word(),
                "planned_on": "2026-12-01",
                "inspectors": [
                    {"sub": sub, "name": word(), "organisation": "11500228709467150P"}
                    for sub in ("li", "wang")
                ],
                "basis": word(),
            },
            kind="inspection",
        )
        for step in ("accept", "notify", "start"):
            await make.post(f"inspections/{inspection['id']}/{step}")
        review = await make.post(
            "case-reviews",
            {
                "inspection_id": inspection["id"],
                "title": word(),
                "files": [word()],
                "sample_size": 1,
            },
            kind="case_review",
        )
        path = f"/oversight/v1/case-files?case_review_id={review['id']}"
        (file,) = (await make.service.get(path, as_=make.bureau)).json()["items"]
        make.rows.ids["case_file"].append(file["id"])
        people = [{"sub": sub, "name": word()} for sub in ("r1", "r2", "ar")]
        body = {"reviewers": people[:2], "arbiter": people[2]}
        await make.post(f"case-reviews/{review['id']}/assign", body)
        if number == 0:
            continue
        for sub in ("r1", "r2"):
            scorer = make.service.token("bureau_supervisor", "50", sub=sub)
            error = {"error_class": "procedure", "points": "5", "description": word()}
            body = {"errors": [error], "opinion": word()}
            await make.post(f"case-files/{file['id']}/score", body, as_=scorer)
        await make.post(f"case-reviews/{review['id']}/announce")


DECLARED = Declared(
    rows=rows,
    resources={
        "/oversight/v1/case-reviews/{id}": "case_review",
        "/oversight/v1/case-files/{id}": "case_file",
    },
    collections={
        "/oversight/v1/case-reviews": "case_review",
        "/oversight/v1/case-files": "case_file",
    },
    names={"case_review_id": "case_review"},
)
