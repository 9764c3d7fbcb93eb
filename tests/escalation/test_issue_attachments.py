"""Files of issues: who adds and reads them, what is told, what is left of an upload that broke."""

import hashlib
from typing import Any

from sqlalchemy import text

from tests.escalation.people import ISSUES, SIBLING, TOWNSHIP, People
from tests.oversight.scene import credit_code
from tests.servers import ServiceUnderTest

FILES, PDF = "/escalation/v1/issue-attachments", b"%PDF-1.7 scene"
BODY = credit_code(51)


async def attach(
    service: ServiceUnderTest,
    issue: Any,
    as_: str,
    *,
    content: bytes = PDF,
    expect: int = 201,
    name: str = "现场照片.pdf",
) -> Any:
    answer = await service.post(
        FILES,
        as_=as_,
        params={"issue_id": issue["id"], "kind": "photo", "name": name},
        content=content,
        headers={"Content-Type": "application/pdf"},
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_a_file_is_kept_with_its_digest_and_noted_and_read_by_who_reads_the_issue(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    file = await attach(escalation, issue, people.township)
    assert file["sha256"] == hashlib.sha256(PDF).hexdigest()
    answer = await escalation.get(f"{FILES}/{file['id']}/content", as_=people.bureau)
    assert answer.content == PDF
    assert "attachment" in answer.headers["content-disposition"]
    page = await escalation.get(f"{FILES}?issue_id={issue['id']}", as_=people.district)
    assert [one["id"] for one in page.json()["items"]] == [file["id"]]
    line = (await people.history(issue))[-1]
    assert (line["action"], line["text"]) == ("attach", "现场照片、影像:现场照片.pdf")
    (fact,) = await escalation.facts("escalation.issue.attached.v1")
    assert (fact["data"]["attachment_id"], fact["data"]["sha256"]) == (file["id"], file["sha256"])
    assert "现场照片.pdf" not in str(fact)
    for token in (
        escalation.token("township_supervision_office", SIBLING),
        escalation.token("agency_user", TOWNSHIP, organisation=BODY),
        escalation.token("lay_monitor", TOWNSHIP),
    ):
        for path in (f"{FILES}/{file['id']}", f"{FILES}?issue_id={issue['id']}"):
            assert (await escalation.get(path, as_=token)).status_code == 404, path
        await attach(escalation, issue, token, expect=404)
    # What carries a complainant's words is for the levels, and so are its files.
    told = await people.raise_issue(kind="complaint")
    file = await attach(escalation, told, people.township)
    enforcement = escalation.token("township_enforcement", TOWNSHIP)
    for path in (f"{FILES}/{file['id']}/content", f"{FILES}?issue_id={told['id']}"):
        assert (await escalation.get(path, as_=enforcement)).status_code == 404, path


async def test_files_come_from_who_works_on_it_and_not_once_it_is_over(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue(organisation=BODY)
    handler = escalation.token("agency_user", TOWNSHIP, organisation=BODY)
    # Whom it concerns reads it, and adds to it once it has something to do for it.
    refusal = await attach(escalation, issue, handler, expect=403)
    assert refusal["code"] == "issue-not-yours-to-attach"
    refusal = await attach(escalation, issue, people.district, expect=403)
    assert refusal["code"] == "issue-not-yours-to-attach"
    monitor = escalation.token("lay_monitor", TOWNSHIP, sub="monitor")
    await people.rise(issue, people.township)
    for token in (people.township, people.district):
        await attach(escalation, issue, token)
    await attach(escalation, issue, monitor, expect=404)
    for body, expect in ((b"", 422), (PDF, 415)):
        name = "现场.pdf" if expect == 422 else "现场.exe"
        await attach(escalation, issue, people.district, content=body, expect=expect, name=name)
    await people.act(issue, "decide", people.district)
    await people.act(issue, "close", people.district)
    refusal = await attach(escalation, issue, people.district, expect=409)
    assert refusal["code"] == "issue-over"
    assert (await escalation.get(f"{ISSUES}/{issue['id']}", as_=people.bureau)).is_success
    # What came in and was refused is taken out again.
    async with escalation.session() as session:
        waiting = "SELECT count(*) FROM timer WHERE kind = 'issue_attachment.sweep'"
        assert await session.scalar(text(waiting)) == 1
    escalation.advance(hours=2)
    await escalation.fire_timers()
    async with escalation.session() as session:
        assert await session.scalar(text(waiting)) == 0
