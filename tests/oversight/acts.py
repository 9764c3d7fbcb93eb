"""What the tests of acts share: a source of the scene's subject, records, and sending them."""

import json
from collections.abc import Iterable
from typing import Any

import httpx2

from tests.oversight.scene import DISTRICT, SUBJECT_CODE, Scene

SOURCE = "cq-spb-cg"
ACCOUNT = "system:cq-spb-cg"
NDJSON = "application/x-ndjson"


def record(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A penalty that was filed and decided."""
    told: dict[str, Any] = {
        "external_id": f"CG-{number}",
        "revision": 1,
        "reported_at": "2026-03-21T09:00:00+08:00",
        "kind": "penalty",
        "organisation": SUBJECT_CODE,
        "procedure": "ordinary",
        "title": "占道经营",
        "party": {"kind": "natural", "name": "张三丰", "identifier": "500112199001010017"},
        "stages": [
            {"stage": "filed", "at": "2026-03-02T09:00:00+08:00", "document_no": "立〔2026〕1号"},
            {"stage": "decided", "at": "2026-03-20T15:00:00+08:00"},
        ],
        "penalties": ["warning", "fine"],
        "fine": "200.00",
    }
    return {**told, **changed}


def stage(name: str, at: str) -> dict[str, str]:
    return {"stage": name, "at": at}


def lines(records: Iterable[Any]) -> bytes:
    return b"\n".join(
        told if isinstance(told, bytes) else json.dumps(told, ensure_ascii=False).encode()
        for told in records
    )


class Intake:
    """The scene with a source, and the verbs of sending."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.oversight = scene, scene.oversight
        # A system account of the district: it may send for the sources that name it.
        self.account = self.oversight.token("integration", DISTRICT, sub=ACCOUNT)

    async def registered(self, **changed: Any) -> dict[str, Any]:
        body = {
            "code": SOURCE,
            "name": "沙坪坝区城市管理执法办案系统",
            "organisation": SUBJECT_CODE,
            "division": DISTRICT,
            "organisations": [SUBJECT_CODE],
            "accounts": [ACCOUNT],
            "channel": "rest",
            "contact": "科技信息科",
            "basis": "数据共享协议",
        }
        return await self.scene.done(
            "act-sources", as_=self.scene.supervisor, json={**body, **changed}, status=201
        )

    async def post(
        self,
        records: Iterable[Any],
        *,
        as_: str | None = None,
        key: str | None = None,
        **query: Any,
    ) -> httpx2.Response:
        headers = {"Content-Type": NDJSON, **({"Idempotency-Key": key} if key else {})}
        return await self.oversight.post(
            "/oversight/v1/act-batches",
            as_=as_ or self.account,
            headers=headers,
            content=lines(records),
            params={"source": SOURCE, **query},
        )

    async def send(self, *records: Any, **query: Any) -> list[dict[str, Any]]:
        """Send records, have them worked, and read what became of each."""
        answer = await self.post(records, **query)
        assert answer.status_code == 202, answer.text
        await self.oversight.fire_timers()
        return await self.results(answer.json()["id"])

    async def results(self, batch_id: str) -> list[dict[str, Any]]:
        page = await self.scene.read(f"act-batches/{batch_id}/results?limit=200", self.account)
        return list(page["items"])

    async def act(self, number: int = 1) -> dict[str, Any]:
        """The act of a record, as the district sees it."""
        page = await self.scene.read(f"acts?external_id=CG-{number}", self.scene.supervisor)
        (found,) = page["items"]
        return await self.scene.read(f"acts/{found['id']}", self.scene.supervisor)
