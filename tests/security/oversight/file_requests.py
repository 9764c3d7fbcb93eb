"""Requests for case files of the place's subject, its profile and the register as a file."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """One request that is answered."""
    if not (subjects := make.rows.ids["subject"]):
        return
    body = {
        "subject_id": subjects[0],
        "purpose": make.rows.word(),
        "files": [{"title": make.rows.word()}],
    }
    made = await make.post("file-requests", body, kind="file_request")
    told = {"files": [{"position": 1, "reference": {"title": make.rows.word()}}]}
    await make.post(f"file-requests/{made['id']}/answer", told, as_=make.agency)


DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/file-requests/{id}": "file_request"},
    collections={
        "/oversight/v1/file-requests": "file_request",
        "/oversight/v1/rectifications/export": "rectification",
    },
)
