"""A row of one's own cannot be tied to a foreign one: it is refused like one that is nowhere.

`test_divisions` tries this with what creates rows; here are the steps that need a row of one's own.
"""

from typing import Any
from uuid import uuid4

import httpx2

from shared.db import Scope
from shared.events.registry.officers import OfficerRegistered
from tests.oversight.scene import Scene, credit_code, officer_told, subject_published
from tests.security.people import CASES, TOWNSHIP, Place
from tests.security.rows import identity_number, make_rows, random_id
from tests.servers import ServiceUnderTest

CASE = next(case for case in CASES if case.place == TOWNSHIP)
OWN = "500116001"
"""A township of another district, whose people try."""


def alike(asked: httpx2.Response, id: str, random: httpx2.Response, other: str) -> None:
    assert not asked.is_success, asked.text
    told = asked.status_code, asked.text.replace(id, "{id}")
    assert told == (random.status_code, random.text.replace(other, "{id}"))


async def test_an_officer_is_not_moved_to_a_foreign_subject_nor_a_subject_merged_into_it(
    registry: ServiceUnderTest,
) -> None:
    rows = await make_rows(registry, CASE)
    own = await make_rows(registry, CASE._replace(place=Place(OWN, OWN[:6])))
    token = registry.token("district_supervisor", "500116", sub="head")
    tries = [
        (f"officers/{own.ids['officer'][0]}/reassign", "subject_id", {"reason": "调动"}),
        (f"subjects/{own.ids['subject'][-1]}/merge", "successor_id", {"reason": "改革"}),
        (
            "officers",
            "subject_id",
            {
                "name": "陈某",
                "identity_no": identity_number(),
                "post": "执法岗",
                "staffing": "staff",
            },
        ),
    ]
    for path, field, body in tries:
        foreign, other = rows.ids["subject"][-1], random_id()
        answers = [
            await registry.post(f"/registry/v1/{path}", as_=token, json={**body, field: id})
            for id in (foreign, other)
        ]
        alike(answers[0], foreign, answers[1], other)
    dispatched = own.ids["subject"][0]
    foreign, other = rows.ids["subject"][-1], random_id()
    answers = [
        await registry.patch(
            f"/registry/v1/subjects/{dispatched}",
            as_=token,
            headers={"If-Match": "*"},
            json={"kind": "dispatched", "parent_id": id},
        )
        for id in (foreign, other)
    ]
    alike(answers[0], foreign, answers[1], other)


async def test_a_finding_does_not_name_an_officer_of_elsewhere(oversight: ServiceUnderTest) -> None:
    scene = await Scene(oversight).told()
    foreign_subject, foreign_officer = uuid4(), uuid4()
    there = Scope(district="500116", township=OWN)
    code = credit_code(77)
    await oversight.react(subject_published(foreign_subject, division=OWN, uscc=code), there)
    told = officer_told(OfficerRegistered, foreign_officer, foreign_subject, organisation=code)
    await oversight.react(told, there)
    inspection = await scene.on_site()
    other = random_id()

    def body(officer: Any) -> dict[str, Any]:
        return {
            "inspection_id": inspection["id"],
            "code": "officer-without-certificate",
            "description": "检查时未取得执法证。",
            "officer_id": str(officer),
        }

    for as_ in (scene.supervisor, scene.bureau):
        asked = await scene.call("findings", as_, body(foreign_officer))
        random = await scene.call("findings", as_, body(other))
        alike(asked, str(foreign_officer), random, other)
