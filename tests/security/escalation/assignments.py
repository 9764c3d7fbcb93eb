"""An issue of the place that a body works on, and one that is related to it."""

from tests.security.declared import Declared
from tests.security.escalation.issues import office
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    word, clerk, division = make.rows.word, office(make), make.case.place.division
    issues = []
    for _ in range(2):
        body = {"title": word(), "description": word(), "kind": "other", "division": division}
        issues.append(await make.post("issues", body, kind="issue"))
        make.rows.words.append(issues[-1]["number"])
    assignment = await make.post(
        "assignments",
        {
            "issue_id": issues[0]["id"],
            "division": division,
            "assignee": OWN_CODE,
            "assignee_name": word(),
            "requirement": word(),
        },
        as_=clerk,
        kind="assignment",
    )
    path = f"assignments/{assignment['id']}"
    await make.post(f"{path}/urge", {"remarks": word()}, as_=clerk)
    await make.post(f"{path}/report", {"report": word()}, as_=make.agency)
    link = {"issue_id": issues[0]["id"], "other_id": issues[1]["id"], "kind": "related"}
    made = await make.post("issue-links", {**link, "note": word()}, as_=clerk)
    make.rows.ids["issue_link"].append(made["id"])
    urged = {"action": "triage", "issue_ids": [issues[1]["id"]], "reason": word()}
    await make.post("issue-batches", urged, as_=clerk)


DECLARED = Declared(
    rows=rows,
    resources={"/escalation/v1/assignments/{id}": "assignment"},
    collections={
        "/escalation/v1/assignments": "assignment",
        "/escalation/v1/issue-links": "issue_link",
        "/escalation/v1/issue-batches": "issue",
    },
    names={"issue_id": "issue", "other_id": "issue", "issue_ids": "issue"},
)
