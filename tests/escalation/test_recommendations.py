"""Recommendations: compiled from data, resting on sources, approved by another, issued for good."""

import io
import zipfile
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.escalation.recommendations.rules import LIFECYCLE
from tests.escalation.people import (
    DISTRICT,
    ELSEWHERE,
    OTHER_DISTRICT,
    SIBLING,
    People,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PAPERS = "/escalation/v1/recommendations"
PROGRAMME = UUID("01932b6e-8f00-7000-8000-0000000000ab")


class Study:
    def __init__(self, people: People) -> None:
        self.service, self.people = people.service, people
        self.clerk, self.director = people.district, people.leaders["district"]

    async def draft(self, as_: str | None = None, *, expect: int = 201, **fields: Any) -> Any:
        body = {"programme_id": str(PROGRAMME), "title": "加强协调监督的意见建议", **fields}
        answer = await self.service.post(PAPERS, as_=as_ or self.clerk, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def change(self, row: Any, sources: list[Any], *, expect: int = 200) -> Any:
        items = [{"text": "明确边界", "addressed_to": "区委编办", "sources": sources}]
        answer = await self.service.patch(
            f"{PAPERS}/{row['id']}",
            as_=self.clerk,
            headers={"If-Match": "*"},
            json={"items": items, "summary": "职责不清"},
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def step(
        self, row: Any, verb: str, as_: str | None = None, *, expect: int = 200, **body: Any
    ) -> Any:
        told = {"json": body} if body else {}
        path = f"{PAPERS}/{row['id']}/{verb}"
        answer = await self.service.post(path, as_=as_ or self.clerk, **told)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def status(self, row: Any, as_: str) -> int:
        return (await self.service.get(f"{PAPERS}/{row['id']}", as_=as_)).status_code


@pytest.fixture
async def study(people: People) -> Study:
    people.today_is(2022, 9, 1)
    await people.open_programme(DISTRICT, OTHER_DISTRICT, id=PROGRAMME)
    return Study(people)


async def test_each_level_recommends_what_its_own_data_shows_and_another_person_approves_it(
    study: Study, escalation: ServiceUnderTest
) -> None:
    people = study.people
    own = await people.raise_issue()
    foreign = await people.raise_issue(people.bureau, division=ELSEWHERE)
    people.today_is(2023, 7, 3)
    await people.raise_issue()  # after the programme
    row = await study.draft()
    (counted,) = row["compiled"]["issues"]
    assert (counted["kind"], counted["count"], counted["ids"]) == (own["kind"], 1, [own["id"]])
    page = await escalation.get(counted["link"], as_=study.clerk)
    assert [one["id"] for one in page.json()["items"]] == [own["id"]]
    city = await study.draft(people.bureau)
    assert {id for one in city["compiled"]["issues"] for id in one["ids"]} == {
        own["id"],
        foreign["id"],
    }
    office = await study.draft(people.township)
    assert (office["level"], office["compiled"]["issues"][0]["ids"]) == ("township", [own["id"]])
    assert (await study.step(row, "submit", expect=409))["code"] == "recommendation-empty"
    for kind, id in (("issue", foreign["id"]), ("dispute", str(uuid4())), ("figures", own["id"])):
        refusal = await study.change(row, [{"kind": kind, "id": id}], expect=422)
        assert refusal["code"] == "recommendation-source-unknown"
    await study.change(row, [], expect=422)
    row = await study.change(row, [{"kind": "issue", "id": own["id"]}])
    assert row["items"][0]["sources"][0]["label"] == own["number"]
    assert await study.status(row, people.bureau) == 404  # nobody's business yet
    await study.step(row, "submit")
    refusal = await study.step(row, "approve", expect=403)
    assert refusal["code"] == "recommendation-by-writer"
    await study.step(row, "approve", study.director)
    row = await study.step(row, "issue")
    assert (row["number"], len(row["digest"])) == ("渝协建〔2023〕1号", 64)
    assert row["allowed_actions"] == []
    (told,) = await escalation.facts("escalation.recommendation.issued.v1")
    assert told["data"]["level_above"] == "bureau"
    assert told["data"]["addressed_to"] == ["区委编办"]
    assert await study.status(row, people.bureau) == 200
    for role, place in (
        ("district_supervisor", OTHER_DISTRICT),
        ("township_supervision_office", SIBLING),
    ):
        assert await study.status(row, escalation.token(role, place)) == 404
    answer = await escalation.get(f"{PAPERS}/{row['id']}/file", as_=study.clerk)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        page_ = archive.read("word/document.xml").decode()
    assert own["number"] in page_
    assert row["number"] in page_


async def test_allowed_actions_are_what_succeeds(study: Study) -> None:
    issue = await study.people.raise_issue()
    source = {"kind": "issue", "id": issue["id"]}

    def change(row: Any) -> Any:
        item = {"text": f"第{row['version']}稿", "addressed_to": "市委编办", "sources": [source]}
        return {"items": [item]}

    walk = Walk(
        study.service,
        LIFECYCLE,
        PAPERS,
        study.draft,
        callers={
            "clerk": study.clerk,
            "director": study.director,
            "office": study.people.township,
            "sibling": study.service.token("township_supervision_office", SIBLING),
            "above": study.people.bureau,
        },
        bodies={
            "change": change,
            "return": {"remarks": "缺少依据"},
            "withdraw": {"remarks": "不再需要"},
        },
    )
    await walk.run(seed=2, steps=30, alive=2)
    assert {action for _, action in walk.seen} >= {"change", "submit", "approve", "return"}
