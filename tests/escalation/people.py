"""Who acts in the tests of escalation, and how."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.clock import SHANGHAI
from shared.events.registry.programmes import Participant, ProgrammeClosed
from tests.servers import ServiceUnderTest

TOWNSHIP, SIBLING, DISTRICT = "500106001", "500106002", "500106"
ELSEWHERE, OTHER_DISTRICT = "500103001", "500103"
ISSUES = "/escalation/v1/issues"
INBOX = "/escalation/v1/inbox"


class People:
    """The levels of one township's ladder, and a way to act as anybody."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service = service
        self.township = service.token("township_supervision_office", TOWNSHIP)
        self.district = service.token("district_supervisor", DISTRICT)
        self.bureau = service.token("bureau_supervisor", "50")
        self.leaders = {
            "township": service.token("township_supervision_office", TOWNSHIP, sub="head"),
            "district": service.token("district_supervisor", DISTRICT, sub="director"),
            "bureau": service.token("bureau_supervisor", "50", sub="chief"),
        }
        """Another person of each level."""
        self.levels = {
            "township": self.township,
            "district": self.district,
            "bureau": self.bureau,
        }

    async def raise_issue(
        self, as_: str | None = None, *, expect: int = 201, **fields: Any
    ) -> dict[str, Any]:
        body = {
            "title": "占道经营执法职责不清",
            "description": "镇与区城市管理部门对日常巡查理解不一。",
            "kind": "prominent_problem",
            "division": TOWNSHIP,
            **fields,
        }
        answer = await self.service.post(ISSUES, as_=as_ or self.township, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def act(
        self, issue: dict[str, Any], action: str, as_: str, *, expect: int = 200, **body: Any
    ) -> dict[str, Any]:
        body = body or BODIES.get(action, {})
        path = f"{ISSUES}/{issue['id']}/{action}"
        answer = await self.service.post(path, as_=as_, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def rise(self, issue: dict[str, Any], as_: str, **body: Any) -> dict[str, Any]:
        """Up a level: proposed with `as_`, approved by another person of the level."""
        proposed = await self.act(issue, "escalate", as_, **body)
        level = proposed["level"]
        leader = self.leaders[level]
        path = f"{ISSUES}/{issue['id']}/approve"
        answer = await self.service.post(path, as_=leader)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def refused(self, issue: dict[str, Any], action: str, as_: str, **body: Any) -> str:
        """The code of the refusal."""
        answer = await self.act(issue, action, as_, expect=409, **body)
        return str(answer["code"])

    async def get(self, issue: dict[str, Any], as_: str, *, expect: int = 200) -> dict[str, Any]:
        answer = await self.service.get(f"{ISSUES}/{issue['id']}", as_=as_)
        assert answer.status_code == expect, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def history(self, issue: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.service.get(f"{ISSUES}/{issue['id']}/history", as_=self.bureau)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]  # type: ignore[no-any-return]

    async def page(self, query: str = "", as_: str | None = None, path: str = ISSUES) -> Any:
        answer = await self.service.get(f"{path}?{query}", as_=as_ or self.bureau)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def kinds_of_facts(self) -> list[str]:
        return [
            fact["type"].removeprefix("xiejian.escalation.issue.").removesuffix(".v1")
            for fact in await self.service.facts()
        ]

    def today_is(self, year: int, month: int, day: int, hour: int = 10) -> None:
        """Put the clock to an hour in Chongqing."""
        moment = datetime(year, month, day, hour, tzinfo=SHANGHAI)
        self.service.app.state.clock.offset = moment - datetime.now(UTC)

    async def open_programme(self, *divisions: str, id: UUID | None = None) -> None:
        """Let the registry's pilot arrive, long closed and loaded as history."""
        await self.service.react(
            ProgrammeClosed(
                programme_id=id or uuid4(),
                code="pilot-2022",
                title="行政执法协调监督试点",
                starts_on=datetime(2022, 6, 17).date(),
                ends_on=datetime(2023, 6, 30).date(),
                state="closed",
                participants=[Participant(division=code, kind="pilot") for code in divisions],
            ),
            backfill=True,
        )


BODIES: dict[str, dict[str, Any]] = {
    "escalate": {"reason": "超出本级权限"},
    "return": {"reason": "请补充材料"},
    "pause": {"reason": "等待鉴定结论"},
    "decide": {"decision": "由区城市管理部门牵头", "measures": ["一周内明确职责"]},
    "feedback": {"feedback": "职责已明确"},
    "decline": {"reason": "本级可以办理"},
    "extend": {"reason": "需委托鉴定"},
    "urge": {"reason": "请尽快办理"},
    "withdraw": {"reason": "误报"},
    "reopen": {"reason": "问题反复"},
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
