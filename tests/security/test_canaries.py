"""Personal data goes in once and comes out masked, or to those it is for: nowhere else.

An identity number and a contact are sent through every route, where they belong and where they do
not; then logs, facts, answers and the database itself are searched for them.
"""

import json
import logging
from typing import Any

import asyncpg
import httpx2
import pytest

from shared.telemetry import JsonLines
from tests.security.operations import Operation, operations
from tests.security.people import BUREAU, CASES, TOWNSHIP
from tests.security.rows import identity_number, make_rows, random_id
from tests.servers import SERVICES, ServiceUnderTest

CONTACT = "金丝雀先生13900001111"


def _everywhere(operation: Operation, canary: str) -> list[Any]:
    """Bodies with the canary in the place of each text, and where no field is."""
    example = operation.example
    if example is None:
        return []
    # A title may say what it likes: what creates a row is refused for another reason.
    extra = {} if operation.has_id else {"unknown": canary}
    bodies: list[Any] = [{**example, name: canary, **extra} for name in example]
    return [*bodies, {**example, "unknown": canary}, {"nested": [{"deep": canary}]}, [canary]]


@pytest.mark.parametrize("name", SERVICES)
async def test_no_canary_is_logged_told_or_kept_in_the_open(
    name: str,
    service: ServiceUnderTest,
    caplog: pytest.LogCaptureFixture,
    postgres: Any,
    tallies: dict[str, Any],
) -> None:
    rows = await make_rows(service, next(case for case in CASES if case.place == TOWNSHIP))
    caplog.set_level(logging.DEBUG)
    number = identity_number()
    canaries = (number, CONTACT)
    token = BUREAU.token(service)
    headers = {"If-Match": "*", "User-Agent": number}
    said: list[str] = []
    sent = 0

    def hear(answer: httpx2.Response) -> None:
        nonlocal sent
        sent += 1
        # A success may show to the sender what was sent as a name, say; a refusal repeats nothing.
        said.append(str(answer.headers) if answer.is_success else f"{answer.headers}{answer.text}")

    for operation in operations(service.app, name):
        if operation.streams:
            continue
        path = operation.path.replace("{code}", "500106").replace("{type}", "x")
        for canary in canaries:
            hear(
                await service.request(
                    operation.method, path.replace("{id}", canary), as_=token, headers=headers
                )
            )
            hear(
                await service.request(
                    operation.method,
                    path.replace("{id}", random_id()),
                    as_=token,
                    params={"q": canary, "division": canary, "cursor": canary, "limit": canary},
                )
            )
            hear(
                await service.request(
                    operation.method,
                    path.replace("{id}", random_id()),
                    as_=f"{token[:-8]}{number}",
                    headers={"Idempotency-Key": number, "X-Correlation-Id": f"<{number}>"},
                )
            )
            for body in _everywhere(operation, canary):
                hear(
                    await service.request(
                        operation.method,
                        path.replace("{id}", random_id()),
                        as_=token,
                        headers=headers,
                        json=body,
                    )
                )
    # Where each belongs, the answer stored for a retry included.
    await _sent_where_it_belongs(service, rows.ids, token, number)
    faults = await _sent_into_a_fault(
        service, rows.ids, token, postgres.url(f"xj_{name}"), canaries
    )
    told = [json.dumps(fact, ensure_ascii=False) for fact in await service.facts()]
    logged = [JsonLines(name).format(record) for record in _ours(caplog)]
    # Logs that say nothing would prove nothing.
    assert sum("permission denied" in line for line in logged) >= faults
    stored = await _database(postgres.url(f"xj_{name}"))
    for canary in canaries:
        assert [text for text in told if canary in text] == []
        assert [text for text in logged if canary in text] == []
        assert [text[:300] for text in said if canary in text] == []
        assert [text[:200] for text in stored if _holds(text, canary)] == []
    tallies[f"canaries, {name}"] = {"requests": sent, "log lines": len(logged)}


def _ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """All but what the client of the test says of its own requests."""
    return [r for r in caplog.records if not r.name.startswith(("httpx2", "httpcore2"))]


async def _sent_where_it_belongs(
    service: ServiceUnderTest, ids: dict[str, list[str]], token: str, number: str
) -> None:
    """Also twice over: a number that is taken already, and one with a wrong check digit."""
    headers = {"Idempotency-Key": "canary"}
    if service.name == "registry":
        body = {
            "subject_id": ids["subject"][-1],
            "name": "陈某",
            "identity_no": number,
            "post": "执法岗",
            "staffing": "staff",
        }
        path = "/registry/v1/officers"
        made = await service.post(path, as_=token, json=body, headers=headers)
        assert made.status_code == 201, made.text
        again = await service.post(path, as_=token, json=body, headers=headers)
        taken = await service.post(path, as_=token, json=body)
        wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
        mistaken = await service.post(path, as_=token, json={**body, "identity_no": wrong})
        assert (taken.status_code, mistaken.status_code) == (409, 422)
        read = await service.get(f"{path}/{made.json()['id']}", as_=token)
        listed = await service.get(path, as_=token)
        for answer in (made, again, taken, mistaken, read, listed):
            assert number not in answer.text
            assert wrong not in answer.text
        assert made.json()["identity_no"] == f"{number[:3]}***********{number[-4:]}"
    if service.name == "escalation":
        path = "/escalation/v1/issues"
        body = {
            "title": "占道经营执法职责不清",
            "description": "镇与区对日常巡查理解不一。",
            "kind": "prominent_problem",
            "division": TOWNSHIP.division,
            "contact": CONTACT,
        }
        made = await service.post(path, as_=token, json=body, headers=headers)
        assert made.status_code == 201, made.text
        again = await service.post(path, as_=token, json=body, headers=headers)
        assert again.json() == made.json()
        address = f"{path}/{made.json()['id']}"
        shown = {
            role: CONTACT in (await service.get(address, as_=service.token(role, division))).text
            for role, division in (
                ("bureau_supervisor", "50"),
                ("district_supervisor", TOWNSHIP.district or ""),
                ("township_enforcement", TOWNSHIP.division),
                ("integration", TOWNSHIP.division),
            )
        }
        assert shown == {
            "bureau_supervisor": True,
            "district_supervisor": True,
            "township_enforcement": False,
            "integration": False,
        }
        for query in (f"q={CONTACT}", "count=exact"):
            assert CONTACT not in (await service.get(f"{path}?{query}", as_=token)).text


async def _sent_into_a_fault(
    service: ServiceUnderTest,
    ids: dict[str, list[str]],
    token: str,
    address: str,
    canaries: tuple[str, str],
) -> int:
    """What is logged of a request that the database fails: how many there were."""
    path, table, body = {
        "registry": (
            "officers",
            "officer",
            {
                "subject_id": ids.get("subject", [""])[-1],
                "name": canaries[1],
                "identity_no": identity_number(),
                "post": canaries[0],
                "staffing": "staff",
            },
        ),
        "escalation": (
            "issues",
            "issue",
            {
                "title": canaries[0],
                "description": canaries[1],
                "kind": "other",
                "division": TOWNSHIP.division,
                "contact": canaries[1],
            },
        ),
    }.get(service.name, ("", "", {}))
    if not path:
        return 0
    role = f"xj_{service.name}_app"
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(f"REVOKE INSERT ON {table} FROM {role}")
        answer = await service.post(f"/{service.name}/v1/{path}", as_=token, json=body)
        assert answer.status_code == 500, answer.text
        assert answer.json()["code"] == "internal-error"
        assert not any(canary in answer.text for canary in canaries)
        assert "permission denied" not in answer.text
    finally:
        await connection.execute(f"GRANT INSERT ON {table} TO {role}")
        await connection.close()
    return 1


async def _database(address: str) -> list[str]:
    """Every row of every table as text."""
    connection = await asyncpg.connect(address)
    try:
        tables = await connection.fetch(
            "SELECT quote_ident(table_name) AS name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND table_name NOT IN ('division', 'kept_division', 'calendar_day', 'rule_set')"
        )
        return [
            row[0]
            for table in tables
            for row in await connection.fetch(f"SELECT {table['name']}::text FROM {table['name']}")
        ]
    finally:
        await connection.close()


def _holds(text: str, canary: str) -> bool:
    return canary in text or canary.encode().hex() in text
