"""The scene that oversight's tests play in: a township of 沙坪坝, its subject, its supervisors."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
from stdnum.cn import uscc

from shared.db import Scope
from shared.events.registry.officers import OfficerRegistered
from shared.events.registry.subjects import SubjectPublished
from tests.servers import ServiceUnderTest

BUREAU, DISTRICT, TOWNSHIP = "50", "500106", "500106001"
SIBLING, FOREIGN = "500106002", "500116"
HERE = Scope(district=DISTRICT, township=TOWNSHIP)


def credit_code(number: int) -> str:
    """A valid credit code of a government body."""
    body = f"11500106{number:09d}"
    return body + str(uscc.calc_check_digit(body))


SUBJECT_CODE, BUREAU_CODE, OTHER_CODE = credit_code(1), credit_code(2), credit_code(3)


def subject_published(subject_id: UUID, **changed: Any) -> SubjectPublished:
    told: dict[str, Any] = {
        "subject_id": subject_id,
        "uscc": SUBJECT_CODE,
        "name": "沙坪坝区小龙坎街道办事处",
        "kind": "statutory",
        "level": "township",
        "division": TOWNSHIP,
        "domains": ["urban_management"],
        "state": "published",
        "publicised_on": "2026-01-01",
    }
    return SubjectPublished(**{**told, **changed})


def officer_told(kind: Any, officer_id: UUID, subject_id: UUID, **changed: Any) -> Any:
    told: dict[str, Any] = {
        "officer_id": officer_id,
        "subject_id": subject_id,
        "organisation": SUBJECT_CODE,
        "name": "张某",
        "post": "执法岗",
        "staffing": "permanent",
        "state": "on_post",
        "certificate_no": None,
        "certificate_state": None,
        "certificate_valid_to": None,
    }
    return kind(**{**told, **changed})


class Scene:
    """Who is there, and the verbs that bring a case to where a test begins."""

    def __init__(self, oversight: ServiceUnderTest) -> None:
        self.oversight = oversight
        self.subject_id, self.officer_id = uuid4(), uuid4()
        token = oversight.token
        self.bureau = token("bureau_supervisor", BUREAU, sub="bureau")
        self.supervisor = token(
            "district_supervisor", DISTRICT, sub="zhao", organisation=OTHER_CODE
        )
        self.colleague = token("district_supervisor", DISTRICT, sub="qian")
        self.office = token("township_supervision_office", TOWNSHIP, sub="office")
        self.enforcement = token("township_enforcement", TOWNSHIP, sub="enforcement")
        self.agency = token("agency_user", TOWNSHIP, sub="agency", organisation=SUBJECT_CODE)
        self.foreigners = {
            "sibling office": token("township_supervision_office", SIBLING),
            "sibling enforcement": token("township_enforcement", SIBLING),
            "other agency": token("agency_user", TOWNSHIP, organisation=OTHER_CODE),
            "foreign district": token("district_supervisor", FOREIGN),
            "foreign domain": token("line_department", BUREAU, domains=["agriculture"]),
        }

    async def told(self) -> "Scene":
        """The registry told of the subject and of an officer without a certificate."""
        await self.oversight.react(subject_published(self.subject_id), HERE)
        event = officer_told(OfficerRegistered, self.officer_id, self.subject_id)
        await self.oversight.react(event, HERE)
        await self.oversight.fire_timers()  # acts that wait for them are looked for
        return self

    def stand_at(self, moment: datetime) -> None:
        """Set the service's clock."""
        self.oversight.app.state.clock.offset = moment - datetime.now(UTC)

    def inspection(self, **changed: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "subject_id": str(self.subject_id),
            "kind": "special",
            "mode": "announced",
            "theme": "持证上岗专项监督",
            "planned_on": "2026-12-01",
            "inspectors": [
                {"sub": "li", "name": "李娜", "organisation": BUREAU_CODE},
                {"sub": "wang", "name": "王强", "organisation": BUREAU_CODE},
            ],
            "basis": "年度计划",
        }
        return {**body, **changed}

    async def assign(self, as_: str | None = None, **changed: Any) -> dict[str, Any]:
        return await self.done(
            "inspections", as_=as_ or self.supervisor, json=self.inspection(**changed), status=201
        )

    async def on_site(self, as_: str | None = None, **changed: Any) -> dict[str, Any]:
        row = await self.assign(as_, **changed)
        steps = (
            ["accept", "start"] if row["mode"] == "unannounced" else ["accept", "notify", "start"]
        )
        for step in steps:
            row = await self.step("inspections", row, step, as_ or self.supervisor)
        return row

    async def finding(self, as_: str | None = None, **changed: Any) -> dict[str, Any]:
        inspection = await self.on_site(as_)
        body = {
            "inspection_id": inspection["id"],
            "code": "officer-without-certificate",
            "description": "检查时未取得执法证。",
            "officer_id": str(self.officer_id),
            **changed,
        }
        return await self.done("findings", as_=as_ or self.supervisor, json=body, status=201)

    async def confirmed(self) -> dict[str, Any]:
        row = await self.finding()
        row = await self.step("findings", row, "comment", self.agency, {"comment": "属实"})
        return await self.step("findings", row, "confirm", self.colleague, {"reason": "清楚"})

    async def ordered(self, **changed: Any) -> dict[str, Any]:
        finding = await self.confirmed()
        body = {"finding_id": finding["id"], "requirement": "停止无证人员执法", **changed}
        return await self.done("rectifications", as_=self.supervisor, json=body, status=201)

    async def in_progress(self) -> dict[str, Any]:
        row = await self.step("rectifications", await self.ordered(), "receive", self.agency)
        return await self.step("rectifications", row, "begin", self.agency)

    async def step(
        self, what: str, row: dict[str, Any], step: str, as_: str, json: Any = None
    ) -> dict[str, Any]:
        """A step with what it cannot go without, if nothing is said of it."""
        match what, step:
            case "inspections", "seal":
                json = json or {"reason": "现场检查结束"}
            case ("rectifications", "submit") | ("measures", "report"):
                proof = await self.attach(what.removesuffix("s"), row["id"], as_)
                json = {"evidence_ids": [proof["id"]], **json}
        return await self.done(f"{what}/{row['id']}/{step}", as_=as_, json=json)

    async def attach(self, target: str, id: str, as_: str, **told: Any) -> dict[str, Any]:
        """A file of evidence of a thing."""
        answer = await self.oversight.post(
            "/oversight/v1/evidence",
            as_=as_,
            params={f"{target}_id": id, "name": "回执.pdf", **told},
            content=b"%PDF-1.7",
            headers={"Content-Type": "application/pdf"},
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def call(self, path: str, as_: str, json: Any = None) -> httpx2.Response:
        options = {} if json is None else {"json": json}
        return await self.oversight.post(f"/oversight/v1/{path}", as_=as_, **options)

    async def done(
        self, path: str, *, as_: str, json: Any = None, status: int = 200
    ) -> dict[str, Any]:
        answer = await self.call(path, as_, json)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def read(self, path: str, as_: str, status: int = 200) -> dict[str, Any]:
        answer = await self.oversight.get(f"/oversight/v1/{path}", as_=as_)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def fact_types(self) -> list[str]:
        return [
            fact["type"].removeprefix("xiejian.oversight.") for fact in await self.oversight.facts()
        ]


def refused(answer: httpx2.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
