"""The main story, played over REST against a running system: what a township finds reaches the
Bureau. Every call and every fact is shown; it can be played again and again.

The story plays in time of its own: the development clocks of the four services are moved forward,
so that deadlines of weeks pass in seconds.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import string
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from stdnum.cn import ric, uscc

from deploy import local
from shared.access.actor import Role
from shared.access.tokens import development_token
from shared.clock import legal_day

SERVICES = ("registry", "oversight", "escalation", "notify")
DISTRICT = "500116"  # 江津区, one of the seven pilots
PATIENCE_S = 30.0
EXPECTED = (
    "registry.subject.registered",
    "registry.subject.submitted",
    "registry.subject.reviewed",
    "registry.subject.published",
    "registry.officer.registered",
    "registry.certificate.issued",
    "oversight.inspection.assigned",
    "oversight.inspection.started",
    "oversight.finding.recorded",
    "oversight.inspection.completed",
    "oversight.finding.confirmed",
    "oversight.rectification.ordered",
    "oversight.rectification.received",
    "oversight.rectification.overdue",
    "escalation.issue.raised",
    "escalation.issue.overdue",
    "escalation.issue.escalated",
    "escalation.issue.reported_to_bureau",
    "escalation.issue.triaged",
    "escalation.issue.decided",
    "escalation.issue.fed_back",
    "escalation.issue.closed",
)
"""Facts without which the story is not told."""


class Broken(Exception):
    """A step did not do what the story needs."""


class Demo:
    """The story's state: a client, tokens, the clock, and the facts seen so far."""

    def __init__(self, client: httpx2.AsyncClient, key_file: Path) -> None:
        self.client = client
        self.key_file = key_file
        self.offset_s = 0
        self.offsets = [0]
        self.facts: list[dict[str, Any]] = []
        self.latencies: list[float] = []
        self.correlation = f"demo-{uuid4().hex[:12]}"
        self.started = time.monotonic()

    def token(self, role: Role, division: str, sub: str | None = None) -> str:
        return development_token(self.key_file, roles=[role], division=division, sub=sub)

    def say(self, line: str = "") -> None:
        print(f"{time.monotonic() - self.started:6.1f} s  {line}" if line else "", flush=True)

    async def call(
        self, who: str, token: str, method: str, path: str, body: Any = None, *, quiet: bool = False
    ) -> Any:
        """One call, shown; anything but success ends the story. A body of bytes is a text file."""
        headers = {"Authorization": f"Bearer {token}", "X-Correlation-Id": self.correlation}
        sent: dict[str, Any] = {"json": body}
        if isinstance(body, bytes):
            headers["Content-Type"], sent = "text/plain", {"content": body}
        elif method == "POST":
            headers["Idempotency-Key"] = uuid4().hex
        answer = await self.client.request(method, path, headers=headers, **sent)
        if not quiet or answer.is_error:
            self.say(f"→ {who}: {method} {path}  {answer.status_code}")
        if answer.is_error:
            raise Broken(f"{method} {path} answered {answer.status_code}: {answer.text[:400]}")
        return answer.json()

    async def until(self, what: str, look: Callable[[], Any]) -> Any:
        """Wait for an effect elsewhere."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if found := await look():
                return found
            await asyncio.sleep(0.05)
        raise Broken(f"after {PATIENCE_S:.0f} s there is still no sign that {what}")

    async def follow(self, service: str, after: int) -> None:
        """Show the facts of a service as they arrive."""
        token = self.token(Role.BUREAU_SUPERVISOR, "50")
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        path = f"/{service}/v1/events?after={after}"
        async with self.client.stream("GET", path, headers=headers, timeout=None) as answer:
            if answer.is_error:
                raise Broken(f"GET {path} answered {answer.status_code}")
            async for line in answer.aiter_lines():
                if line.startswith("data: {") and '"type"' in line:
                    self.show(json.loads(line.removeprefix("data: ")))

    def show(self, fact: dict[str, Any]) -> None:
        """One fact, with the time from its making to its arrival here."""
        self.facts.append(fact)
        made = datetime.fromisoformat(fact["time"]).timestamp()
        # The fact carries the moved time; its real age is the smallest that a known offset gives.
        ages = [time.time() + offset - made for offset in self.offsets]
        age = min((age for age in ages if age >= -0.005), default=0.0)
        self.latencies.append(max(0.0, age))
        kind = fact["type"].removeprefix("xiejian.")
        self.say(f"    ← {kind:45} {fact['division']:24} {max(0.0, age) * 1000:5.0f} ms")

    def today(self) -> date:
        """The legal day by the clocks of the services."""
        return legal_day(datetime.now(UTC) + timedelta(seconds=self.offset_s))

    async def move_clock(self, days: float, why: str) -> None:
        """Move the clocks of all services forward."""
        self.offset_s += int(timedelta(days=days).total_seconds())
        self.offsets.append(self.offset_s)
        self.say()
        self.say(f"⏩ {days:g} days later: {why}")
        token = self.token(Role.BUREAU_SUPERVISOR, "50")
        for service in SERVICES:
            body = {"offset_s": self.offset_s}
            path = f"/{service}/v1/development/clock"
            await self.call("市司法局", token, "PUT", path, body, quiet=True)


async def play(demo: Demo) -> None:
    """The story, step by step."""
    bureau = demo.token(Role.BUREAU_SUPERVISOR, "50", "demo.bureau")
    district = demo.token(Role.DISTRICT_SUPERVISOR, DISTRICT, "demo.district")
    second = demo.token(Role.DISTRICT_SUPERVISOR, DISTRICT, "demo.district.second")

    for service in SERVICES:
        path = f"/{service}/v1/development/clock"
        clock = await demo.call("市司法局", bureau, "GET", path, quiet=True)
        demo.offset_s = max(demo.offset_s, clock["offset_s"])
    demo.offsets.append(demo.offset_s)
    for service in SERVICES:
        path = f"/{service}/v1/development/clock"
        await demo.call("市司法局", bureau, "PUT", path, {"offset_s": demo.offset_s}, quiet=True)

    programmes = await demo.call("市司法局", bureau, "GET", "/registry/v1/programmes")
    for programme in programmes["items"]:
        demo.say(f"   {programme['title']} ({programme['state']})")
    path = f"/registry/v1/divisions?parent={DISTRICT}&limit=200"
    towns = (await demo.call("市司法局", bureau, "GET", path))["items"]
    town = random.choice(towns)
    office = demo.token(Role.TOWNSHIP_SUPERVISION_OFFICE, town["code"], "demo.office")
    township = demo.token(Role.TOWNSHIP_ENFORCEMENT, town["code"], "demo.township")
    here = f"{town['name']}"

    demo.say()
    demo.say(f"1. {here}人民政府 is registered, reviewed and published, with its officers")
    code = a_credit_code(town["code"])
    subject = await demo.call(
        here,
        township,
        "POST",
        "/registry/v1/subjects",
        {
            "name": f"重庆市江津区{here}人民政府",
            "uscc": code,
            "kind": "statutory",
            "level": "township",
            "division": town["code"],
            "domains": ["comprehensive"],
            "legal_basis": ["《中华人民共和国行政处罚法》第二十四条"],
            "head": "张某",
        },
    )
    base = f"/registry/v1/subjects/{subject['id']}"
    await demo.call(here, township, "POST", f"{base}/submit")
    await demo.call("江津区司法局", district, "POST", f"{base}/review")
    await demo.call("江津区司法局", district, "POST", f"{base}/publish")
    officers = []
    for name in ("陈某", "周某"):
        body = {
            "subject_id": subject["id"],
            "name": name,
            "identity_no": an_identity_number(),
            "post": "综合行政执法岗",
            "staffing": "staff",
        }
        officers.append(await demo.call(here, township, "POST", "/registry/v1/officers", body))
    certificate = f"/registry/v1/officers/{officers[0]['id']}/certificate"
    await demo.call(here, township, "POST", f"{certificate}/apply")
    await demo.call("江津区司法局", district, "POST", f"{certificate}/train", {"hours": 60})
    await demo.call("江津区司法局", district, "POST", f"{certificate}/examine", {"score": 91})
    good_to = demo.today() + timedelta(days=5 * 365)
    number = f"渝A-{DISTRICT}-{random.randrange(10**8):08d}"
    body = {"certificate_no": number, "valid_to": good_to.isoformat()}
    await demo.call("江津区司法局（另一人）", second, "POST", f"{certificate}/issue", body)

    demo.say()
    demo.say("2. An inspection finds that the second officer enforces without a certificate")

    async def known() -> Any:
        headers = {"Authorization": f"Bearer {district}"}
        path = f"/oversight/v1/subjects/{subject['id']}"
        answer = await demo.client.get(path, headers=headers)
        return answer.status_code == 200 and len(answer.json().get("officers", [1, 2])) == 2

    await demo.until("oversight knows the subject and its officers", known)
    authority = a_credit_code(DISTRICT)
    inspection = await demo.call(
        "江津区司法局",
        district,
        "POST",
        "/oversight/v1/inspections",
        {
            "subject_id": subject["id"],
            "kind": "special",
            "mode": "announced",
            "theme": "乡镇(街道)行政执法人员持证上岗",
            "planned_on": demo.today().isoformat(),
            "basis": "年度行政执法监督工作计划",
            "inspectors": [
                {"sub": "demo.inspector.1", "name": "李某", "organisation": authority},
                {"sub": "demo.inspector.2", "name": "赵某", "organisation": authority},
            ],
        },
    )
    base = f"/oversight/v1/inspections/{inspection['id']}"
    for step in ("accept", "notify", "start"):
        await demo.call("江津区司法局", district, "POST", f"{base}/{step}")
    finding = await demo.call(
        "江津区司法局",
        district,
        "POST",
        "/oversight/v1/findings",
        {
            "inspection_id": inspection["id"],
            "code": "officer-without-certificate",
            "description": "执法人员周某未取得行政执法证从事执法检查。",
            "officer_id": officers[1]["id"],
        },
    )
    path = f"/oversight/v1/findings/{finding['id']}"
    await demo.call(here, township, "POST", f"{path}/comment", {"comment": "情况属实。"})
    record = f"/oversight/v1/evidence?inspection_id={inspection['id']}&name=record.txt"
    text = "现场检查笔录:执法人员周某未能出示行政执法证。".encode()
    await demo.call("江津区司法局", district, "POST", record, text)
    sealed = {"reason": "现场检查结束,封存取得的材料。"}
    await demo.call("江津区司法局", district, "POST", f"{base}/seal", sealed)
    await demo.call("江津区司法局", district, "POST", f"{base}/sign")
    await demo.call("江津区司法局", second, "POST", f"{path}/confirm", {"reason": "事实清楚。"})
    await demo.call("江津区司法局", district, "POST", f"{base}/close")

    demo.say()
    demo.say("3. Rectification is ordered, received, and not carried out in time")
    rectification = await demo.call(
        "江津区司法局",
        district,
        "POST",
        "/oversight/v1/rectifications",
        {
            "finding_id": finding["id"],
            "requirement": "立即停止无证人员执法,核查其经办案件,并书面报告整改情况。",
        },
    )
    path = f"/oversight/v1/rectifications/{rectification['id']}"
    await demo.call(here, township, "POST", f"{path}/receive")
    demo.say(f"   due {rectification['due_at']}")
    await demo.move_clock(31, "the rectification is overdue")

    async def find_issue() -> Any:
        path = "/escalation/v1/issues?kind=rectification_overdue&limit=50"
        page = await demo.call("市司法局", bureau, "GET", path, quiet=True)
        mine = [item for item in page["items"] if item["division"] == town["code"]]
        return mine[0] if mine and mine[0]["state"] != "closed" else None

    issue = await demo.until("an issue was raised for the overdue rectification", find_issue)
    path = f"/escalation/v1/issues/{issue['id']}"
    demo.say(f"   issue {issue['number']} at the {issue['level']}, reply due {issue['due_at']}")

    demo.say()
    demo.say("4. Nobody replies: the issue climbs from the township to the district to the Bureau")
    for level in ("district", "bureau"):
        await demo.move_clock(31, f"the reply is overdue; the issue climbs to the {level}")

        async def climbed(level: str = level) -> Any:
            found = await demo.call("市司法局", bureau, "GET", path, quiet=True)
            return found if found["level"] == level else None

        issue = await demo.until(f"the issue reached the {level}", climbed)
        demo.say(f"   issue {issue['number']} at the {issue['level']}, due {issue['due_at']}")

    demo.say()
    demo.say("5. The Bureau finds it in its inbox and decides")
    waiting = await demo.call("市司法局", bureau, "GET", "/escalation/v1/inbox?limit=200")
    if issue["id"] not in {item["id"] for item in waiting["items"]}:
        raise Broken("the issue is not in the Bureau's inbox")
    await demo.call("市司法局", bureau, "POST", f"{path}/triage")
    decision = {
        "decision": "责令立即停止无证执法,由江津区司法局挂牌督办,十五日内报告结果。",
        "measures": ["停止无证人员执法", "复核其经办案件", "全区开展持证上岗自查"],
    }
    await demo.call("市司法局", bureau, "POST", f"{path}/decide", decision)

    demo.say()
    demo.say("6. The township is told, acknowledges, reports back, and the issue is closed")

    async def told() -> Any:
        found = await demo.call(
            here, office, "GET", "/notify/v1/messages?kind=issue&limit=100", quiet=True
        )
        return next(
            (
                message
                for message in found["items"]
                if message["link"].endswith(issue["id"]) and ".decided." in message["event"]
            ),
            None,
        )

    message = await demo.until("the township was told of the decision", told)
    demo.say(f"   {message['title']}")
    taken = f"/notify/v1/messages/{message['id']}"
    await demo.call(here, office, "POST", f"{taken}/acknowledge")
    receipts = (await demo.call("江津区司法局", district, "GET", f"{taken}/receipts"))["items"]
    if not any(receipt["acknowledged_at"] for receipt in receipts):
        raise Broken("the acknowledgement is not among the receipts")
    feedback = {"feedback": "已停止无证人员执法,复核案件 7 件,并完成全员持证自查。"}
    await demo.call(here, office, "POST", f"{path}/feedback", feedback)
    await demo.call("市司法局", bureau, "POST", f"{path}/close")

    async def complete() -> Any:
        return not missing(demo)

    with contextlib.suppress(Broken):
        await demo.until("all facts arrived", complete)


def missing(demo: Demo) -> list[str]:
    """What the story needs and nobody saw."""
    seen = {fact["type"].removeprefix("xiejian.").rpartition(".v")[0] for fact in demo.facts}
    return [name for name in EXPECTED if name not in seen]


def a_credit_code(division: str) -> str:
    """A credit code that is nobody's, of a government body of `division`, with its check digit."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = "11" + division[:6] + "".join(random.choice(alphabet) for _ in range(9))
    return body + str(uscc.calc_check_digit(body))


def an_identity_number() -> str:
    """An identity number that is nobody's, with its check digit."""
    born = datetime(1975, 1, 1) + timedelta(days=random.randrange(9_000))
    body = f"{DISTRICT}{born:%Y%m%d}" + "".join(random.choice(string.digits) for _ in range(3))
    return body + str(ric.calc_check_digit(body + "0"))


@contextlib.asynccontextmanager
async def following(demo: Demo) -> AsyncIterator[None]:
    """The four feeds, from where they end now."""
    bureau = demo.token(Role.BUREAU_SUPERVISOR, "50")
    headers = {"Authorization": f"Bearer {bureau}"}
    tasks = []
    try:
        for service in SERVICES:
            after = -1
            while True:
                path = f"/{service}/v1/events?limit=500&after={after}"
                answer = await demo.client.get(path, headers=headers)
                answer.raise_for_status()
                end = int(answer.headers["xj-last-index"])
                if end == after:
                    break
                after = end
            tasks.append(asyncio.create_task(demo.follow(service, after)))
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run(url: str, key_file: Path) -> int:
    """Play it; 0 when nothing is missing."""
    async with httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        demo = Demo(client, key_file)
        try:
            async with following(demo):
                await play(demo)
        except (Broken, httpx2.HTTPError) as error:
            print(f"\nThe story stopped: {error or type(error).__name__}", file=sys.stderr)
            return 1
    lost = missing(demo)
    latencies = sorted(demo.latencies)
    print()
    print(f"{len(demo.facts)} facts seen; from commit to here: ", end="")
    print(f"median {latencies[len(latencies) // 2] * 1000:.0f} ms, ", end="")
    print(f"slowest {latencies[-1] * 1000:.0f} ms")
    if lost:
        print(f"Missing: {', '.join(lost)}", file=sys.stderr)
        return 1
    print("The story is complete: what the township found reached the Bureau, and came back.")
    days = demo.offset_s // 86_400
    print(f"The system's clock is now {days} days ahead and stays so; a new folder begins anew.")
    return 0


def main(url: str | None = None) -> int:
    """Play it against `url`, or against the local stack that runs."""
    key = os.environ.get("XIEJIAN_DEVELOPMENT_KEY_FILE")
    key_file = Path(key) if key else local.development_key_file()
    if url is None:
        state = local.read_state()
        if state is None:
            print("xiejian: nothing runs here; start it with `make run`", file=sys.stderr)
            return 1
        url = str(state["url"])
    if not key_file.is_file():
        print(f"xiejian: there is no development key at {key_file}", file=sys.stderr)
        return 1
    return asyncio.run(run(url, key_file))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    sys.exit(main(parser.parse_args().url))
