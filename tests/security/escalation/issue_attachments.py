"""A file of an issue of the place."""

from tests.escalation.test_issue_attachments import PDF
from tests.security.declared import Declared
from tests.security.escalation.issues import office
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    word = make.rows.word
    body = {"title": word(), "description": word(), "kind": "other"}
    issue = await make.post("issues", {**body, "division": make.case.place.division}, kind="issue")
    make.rows.words.append(issue["number"])
    answer = await make.service.post(
        "/escalation/v1/issue-attachments",
        as_=office(make),
        params={"issue_id": issue["id"], "kind": "record", "name": f"{word()}.pdf"},
        content=PDF + word().encode(),
        headers={"Content-Type": "application/pdf"},
    )
    assert answer.status_code == 201, answer.text
    make.rows.ids["issue_attachment"].append(answer.json()["id"])
    make.rows.words.append(answer.json()["sha256"])


DECLARED = Declared(
    rows=rows,
    resources={"/escalation/v1/issue-attachments/{id}": "issue_attachment"},
    collections={"/escalation/v1/issue-attachments": "issue_attachment"},
)
