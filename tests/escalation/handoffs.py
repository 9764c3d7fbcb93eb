"""Between whom things are handed on in the tests, and how."""

from typing import Any

from tests.escalation.people import DISTRICT, People
from tests.oversight.scene import credit_code
from tests.servers import ServiceUnderTest

V1 = "/escalation/v1"
SENDER, POLICE, PROCURATORATE, STRANGER = map(credit_code, range(931, 935))
PDF = b"%PDF-1.7 materials"
MATERIALS = (
    "transfer_letter",
    "investigation_report",
    "goods_list",
    "test_report",
    "other_material",
)
CASE: dict[str, Any] = {
    "title": "某某食品厂生产不符合安全标准食品案",
    "offence": "生产、销售不符合安全标准的食品罪",
    "facts": "2026年3月2日检查发现。",
    "sender_name": "沙坪坝区市场监督管理局",
    "receiver": POLICE,
    "receiver_name": "沙坪坝区公安局",
    "investigators": [
        {"name": "李某", "certificate_no": "渝050106001"},
        {"name": "王某", "certificate_no": "渝050106002"},
    ],
}


class Handoffs:
    """The bodies, and those above them."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service, self.people = service, People(service)
        self.clerk = self.of(SENDER, "clerk")
        self.head = self.of(SENDER, "head")
        self.police = self.of(POLICE, "police")
        self.procuratorate = self.of(PROCURATORATE, "prosecutor")
        self.stranger = self.of(STRANGER, "stranger")
        self.district, self.bureau = self.people.district, self.people.bureau

    def of(self, body: str, sub: str, role: str = "agency_user") -> str:
        return self.service.token(role, DISTRICT, organisation=body, sub=sub)

    async def call(self, path: str, as_: str | None, body: Any = None, *, expect: int = 200) -> Any:
        options = {} if body is None else {"json": body}
        answer = await self.service.post(f"{V1}/{path}", as_=as_, **options)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def read(self, path: str, as_: str | None, *, expect: int = 200) -> Any:
        answer = await self.service.get(f"{V1}/{path}", as_=as_)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def attach(
        self,
        target: str,
        row: Any,
        as_: str,
        kind: str = "letter",
        *,
        expect: int = 201,
        **more: Any,
    ) -> Any:
        told = {f"{target}_id": row["id"], "kind": kind, "name": "移送书.pdf"}
        answer = await self.service.post(
            f"{V1}/attachments",
            as_=as_,
            params={**told, **more},
            content=PDF,
            headers={"Content-Type": "application/pdf"},
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def package_of(self, row: Any, purpose: str, as_: str | None = None) -> Any:
        """The newest package of a matter for a purpose."""
        path = f"packages?matter_id={row['id']}&purpose={purpose}"
        found: Any = (await self.read(path, as_ or self.bureau))["items"][0]
        return found

    async def confirm(self, row: Any, purpose: str, as_: str) -> Any:
        package = await self.package_of(row, purpose)
        return await self.call(f"packages/{package['id']}/confirm", as_, {"received_by": "赵某"})

    async def found(self, **fields: Any) -> Any:
        return await self.call("transfers", self.clerk, {**CASE, **fields}, expect=201)

    async def sent(self, *, kinds: tuple[str, ...] = MATERIALS[:3], **fields: Any) -> Any:
        """A transfer that was approved and sent, with goods and without a test."""
        row = await self.found(**fields)
        for kind in kinds:
            await self.attach("transfer", row, self.clerk, kind)
        await self.call(f"transfers/{row['id']}/approve", self.head)
        absent = {kind: "本案没有" for kind in MATERIALS if kind not in kinds}
        return await self.call(f"transfers/{row['id']}/send", self.clerk, {"absent": absent})

    async def verbs(self, entity: str) -> list[str]:
        found = [fact["type"].split(".") for fact in await self.service.facts()]
        return [one[3] for one in found if one[2] == entity]
