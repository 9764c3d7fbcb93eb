"""Supervision documents at each step of their way, for the tests about them."""

from datetime import date
from typing import Any

from shared.clock import Clock, legal_day
from tests.oversight.scene import BUREAU, DISTRICT, Scene

ISSUERS = {
    DISTRICT: {"division": DISTRICT, "name": "重庆市沙坪坝区司法局", "prefix": "沙司执监"},
    BUREAU: {"division": BUREAU, "name": "重庆市司法局", "prefix": "渝司执监"},
}
CONTENT: dict[str, Any] = {
    "facts": "2026年3月10日检查发现,你单位张某未取得行政执法证件从事执法活动。",
    "reasons": "上述行为不符合执法人员资格的规定。",
    "legal_basis": ["《重庆市行政执法监督条例》第十五条"],
    "requirement": "立即停止无证人员执法,并书面报告整改情况。",
    "remedy": "收到本决定之日起十个工作日内可以申请复查,复查期间不停止执行。",
}
SERVICE: dict[str, Any] = {
    "method": "direct",
    "served_by": ["李娜", "王强"],
    "received_by": "周某",
    "proof": "送达回证〔2026〕12号",
}
REASON = {"reason": "依据引用有误"}


class Documents:
    """The verbs that bring a document to where a test begins; by the district if not said."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.signer = scene.oversight.token("district_supervisor", DISTRICT, sub="sun")

    async def issuer(self, division: str = DISTRICT) -> dict[str, Any]:
        return await self.scene.done(
            "document-issuers", as_=self.scene.bureau, json=ISSUERS[division], status=201
        )

    def body(self, **changed: Any) -> dict[str, Any]:
        said = {**CONTENT, **changed}
        told = {
            "kind": "decision",
            "subject_id": str(self.scene.subject_id),
            "title": "关于停止无证人员执法的决定",
        }
        return {**told, **{name: value for name, value in said.items() if value is not None}}

    async def drafted(self, as_: str | None = None, **changed: Any) -> dict[str, Any]:
        return await self.scene.done(
            "documents", as_=as_ or self.scene.supervisor, json=self.body(**changed), status=201
        )

    async def reviewed(self, **changed: Any) -> dict[str, Any]:
        row = await self.drafted(**changed)
        await self.step(row, "submit", self.scene.supervisor)
        return await self.step(row, "approve", self.scene.colleague, {"note": "同意"})

    async def issued(self, **changed: Any) -> dict[str, Any]:
        return await self.step(await self.reviewed(**changed), "sign", self.signer)

    async def served(self, **changed: Any) -> dict[str, Any]:
        row = await self.issued(**changed)
        return await self.step(row, "serve", self.scene.supervisor, self.service())

    async def acknowledged(self, **changed: Any) -> dict[str, Any]:
        return await self.step(await self.served(**changed), "acknowledge", self.scene.agency)

    async def requested(self, **changed: Any) -> dict[str, Any]:
        row = await self.served(**changed)
        body = {"document_id": row["id"], "grounds": "认定事实不清"}
        return await self.scene.done(
            "re-examinations", as_=self.scene.agency, json=body, status=201
        )

    async def answer(self, decision_id: str) -> dict[str, Any]:
        """A signed 复查决定书."""
        return await self.issued(
            kind="re_examination_decision", answers_id=decision_id, remedy=None
        )

    async def step(
        self, row: dict[str, Any], step: str, as_: str, json: Any = None
    ) -> dict[str, Any]:
        return await self.scene.step("documents", row, step, as_, json)

    def today(self) -> date:
        clock: Clock = self.scene.oversight.app.state.clock
        return legal_day(clock.now())

    def service(self, **changed: Any) -> dict[str, Any]:
        return {**SERVICE, "served_on": self.today().isoformat(), **changed}
