"""What a stream says to a stranger: nothing, over a real connection."""

import asyncio
from typing import Any

import httpx2
import pytest

from shared.access.actor import Role
from tests.security.people import CASES, STRANGERS, TOWNSHIP, Caller
from tests.security.rows import Rows, make_rows
from tests.servers import SERVICES, ServiceUnderTest, listening

CASE = next(case for case in CASES if case.place == TOWNSHIP)
SIBLING = Caller("sibling office", "township_supervision_office", "500106002")
DISTRICT = Caller("district", "district_supervisor", "500106")
# All but the auditor, who reads the whole trail.
LISTENERS = (SIBLING, *(c for c in STRANGERS if c.role != Role.AUDITOR))


async def heard(address: str, path: str, token: str, seconds: float) -> tuple[int, str]:
    """Status and all that comes within some seconds."""
    said: list[str] = []
    status = 0
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with httpx2.AsyncClient(base_url=address, timeout=10) as client:
        try:
            async with (
                asyncio.timeout(seconds),
                client.stream("GET", path, headers=headers) as answer,
            ):
                status = answer.status_code
                async for text in answer.aiter_text():
                    said.append(text)
        except TimeoutError:
            pass
    return status, "".join(said)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_stream_tells_a_stranger_nothing(
    name: str, service: ServiceUnderTest, tallies: dict[str, Any]
) -> None:
    rows: Rows = await make_rows(service, CASE)
    path = f"/{name}/v1/stream?after=-1" if name == "notify" else f"/{name}/v1/events"
    async with listening(service.app) as address:
        answers = await asyncio.gather(
            *(heard(address, path, c.token(service), 1.5) for c in (DISTRICT, *LISTENERS))
        )
    (status, said), *others = answers
    assert status == 200
    assert any(needle in said for needle in rows.needles)
    opened = 0
    for caller, (status, said) in zip(LISTENERS, others, strict=True):
        assert status in (200, 403), caller
        opened += status == 200
        assert [needle for needle in rows.needles if needle in said] == [], caller
        assert "data:" not in said, caller
    assert opened >= 4
    tallies[f"streams, {name}"] = {"listeners": len(LISTENERS)}
