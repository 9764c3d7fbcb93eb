"""A subject's responsibilities and its report of the year."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    word, subject = make.rows.word, make.rows.ids["subject"][-1]
    entry = {"post": word(), "duties": word(), "person": word(), "items": [word()]}
    await make.post(
        "responsibilities", {"subject_id": subject, "entries": [entry]}, kind="responsibility"
    )
    year = make.service.today().year + 1
    report = await make.post(
        "responsibility-reports", {"subject_id": subject, "year": year}, kind="report"
    )
    submission = {"summary": word(), "document_no": word()}
    await make.post(f"responsibility-reports/{report['id']}/submit", submission)


DECLARED = Declared(
    rows=rows,
    resources={
        "/registry/v1/responsibilities/{id}": "responsibility",
        "/registry/v1/responsibility-reports/{id}": "report",
    },
    collections={
        "/registry/v1/responsibilities": "responsibility",
        "/registry/v1/responsibility-reports": "report",
    },
    unscoped={
        "/registry/v1/responsibility-reports/years": "the Bureau alone, for the whole city",
    },
    harmless=frozenset({"year", "reported_by", "outstanding"}),
    free={"year": "2026"},
)
