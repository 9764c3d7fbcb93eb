"""What each service answers besides its capabilities: me, tickets, facts, health, clock, docs."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.embedded import Postgres
from shared.access.actor import Role
from shared.service import create_service
from tests.servers import eventually, listening, settings_for
from tests.web.conftest import SERVICE, Notes
from tests.web.test_routes import DISTRICT, SIBLING, TOWNSHIP, write


async def sequence(service: Notes) -> None:
    """What the leading relay does: bring the outbox into the log."""
    relay = service.app.state.spine.relay
    from shared.lease import own_engine

    relay._begun = False  # the tables were emptied since
    while await relay._sequence(own_engine(service.app.state.database, name="test")):
        pass


async def test_me_says_who_i_am_and_what_i_may(service: Notes) -> None:
    token = service.token("district_supervisor", DISTRICT, sub="wang")
    me = (await service.get("/notes/v1/me", as_=token)).json()
    assert (me["sub"], me["roles"], me["division"]) == ("wang", ["district_supervisor"], DISTRICT)
    assert me["permissions"] == ["event:read", "me:read", "note:read", "note:write"]


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer x.y.z", "Basic abc", "Bearer " + "a" * 9000]
)
async def test_without_a_valid_token_nothing_is_answered(
    service: Notes, header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    answer = await service.get("/notes/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_role_without_the_permission_is_refused(service: Notes) -> None:
    answer = await service.post(
        "/notes/v1/notes",
        as_=service.token("auditor"),
        json={"title": "a", "division": DISTRICT},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_two_administrators_roles_at_once_are_not_accepted(service: Notes) -> None:
    from shared.access.tokens import development_token

    token = development_token(
        service._key_file, roles=[Role.SYSTEM_ADMIN, Role.AUDITOR], division="50"
    )
    assert (await service.get("/notes/v1/me", as_=token)).status_code == 401


async def test_a_ticket_opens_one_stream_once(service: Notes) -> None:
    token = service.token("bureau_supervisor")
    ticket = (await service.post("/notes/v1/tickets", as_=token)).json()["ticket"]
    first = await service.get(f"/notes/v1/events?ticket={ticket}")
    second = await service.get(f"/notes/v1/events?ticket={ticket}")
    assert (first.status_code, second.status_code) == (200, 401)
    elsewhere = await service.get(f"/notes/v1/me?ticket={ticket}")
    assert elsewhere.status_code == 401


async def test_the_feed_gives_facts_in_order_and_only_the_callers(service: Notes) -> None:
    for index, division in enumerate([DISTRICT, SIBLING, TOWNSHIP, DISTRICT]):
        await write(service, f"n{index}", division)
    await sequence(service)

    async def titles(role: str, division: str, after: int = -1, limit: int = 100) -> list[str]:
        answer = await service.get(
            f"/notes/v1/events?after={after}&limit={limit}", as_=service.token(role, division)
        )
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        return [fact["data"]["title"] for fact in json.loads(answer.content)]

    assert await titles("bureau_supervisor", "50") == ["n0", "n1", "n2", "n3"]
    assert await titles("bureau_supervisor", "50", after=1, limit=1) == ["n2"]
    assert await titles("district_supervisor", DISTRICT) == ["n0", "n2", "n3"]
    assert await titles("district_supervisor", SIBLING) == ["n1"]
    assert await titles("township_supervision_office", TOWNSHIP) == ["n2"]
    assert await titles("integration", DISTRICT) == ["n0", "n2", "n3"]
    assert await titles("auditor", "50") == ["n0", "n1", "n2", "n3"]
    refused = await service.get("/notes/v1/events", as_=service.token("system_admin"))
    assert refused.status_code == 403
    answer = await service.get(
        "/notes/v1/events", as_=service.token("district_supervisor", "500230")
    )
    assert (answer.content, answer.headers["xj-last-index"]) == (b"[]", "3")


async def test_the_feed_streams_and_goes_on_where_it_was(service: Notes) -> None:
    for index in range(3):
        await write(service, f"n{index}", DISTRICT)
    token = service.token("bureau_supervisor")
    async with listening(service.app) as url, httpx2.AsyncClient(base_url=url) as client:

        async def read(last: str | None, count: int) -> list[dict[str, Any]]:
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
            if last is not None:
                headers["Last-Event-ID"] = last
            found: list[dict[str, Any]] = []
            async with client.stream("GET", "/notes/v1/events", headers=headers) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                id = None
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    if name == "id":
                        id = value
                    elif name == "data":
                        found.append({**json.loads(value), "id": id})
                        if len(found) == count:
                            return found
            return found

        first = await read(None, 2)
        assert [fact["data"]["title"] for fact in first] == ["n0", "n1"]
        (third,) = await read("1", 1)
        assert (third["id"], third["data"]["title"]) == ("2", "n2")


async def test_a_server_that_is_asked_to_stop_waits_for_no_stream_and_no_long_poll(
    service: Notes, postgres: Postgres, key_file: Path
) -> None:
    await write(service, "a", DISTRICT)
    app = create_service(SERVICE, settings_for(postgres, "notes", key_file))
    headers = {"Authorization": f"Bearer {service.token('bureau_supervisor')}"}
    reading = {**headers, "Accept": "text/event-stream"}
    async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
        async with listening(app, grace_s=8) as url:
            stream = client.stream("GET", f"{url}/notes/v1/events", headers=reading)
            answer = await stream.__aenter__()
            chunks = answer.aiter_text()
            while "data: " not in await anext(chunks):
                pass
            polling = asyncio.create_task(
                client.get(f"{url}/notes/v1/events?after=0&wait_s=25", headers=headers)
            )
            await asyncio.sleep(0.3)
            asked = time.monotonic()
        assert time.monotonic() - asked < 3
        # Ended, not cut off: the reader has no error.
        assert "data: " not in "".join([chunk async for chunk in chunks])
        await stream.__aexit__(None, None, None)
        assert ((await polling).status_code, (await polling).content) == (200, b"[]")


async def test_the_guard_stops_every_select_that_forgets_the_caller(service: Notes) -> None:
    token = service.token("bureau_supervisor")
    for how in ("orm", "core", "text", "join"):
        answer = await service.get(f"/notes/v1/notes/careless?how={how}", as_=token)
        assert answer.status_code == 500, how
    assert (await service.get("/notes/v1/notes/careless?how=careful", as_=token)).status_code == 200


async def test_each_role_sees_its_own(service: Notes) -> None:
    made = {}
    for division in ("50", DISTRICT, SIBLING, TOWNSHIP):
        made[division] = (await write(service, f"of {division}", division)).json()["id"]

    async def seen(role: str, division: str = "50", **who: Any) -> set[str]:
        token = service.token(role, division, **who)
        answer = await service.get("/notes/v1/notes?count=exact", as_=token)
        page = answer.json()
        assert page["count"] == len(page["items"])
        for place, id in made.items():
            one = await service.get(f"/notes/v1/notes/{id}", as_=token)
            visible = id in {item["id"] for item in page["items"]}
            assert one.status_code == (200 if visible else 404), place
        return {item["title"].removeprefix("of ") for item in page["items"]}

    assert await seen("bureau_supervisor") == {"50", DISTRICT, SIBLING, TOWNSHIP}
    assert await seen("bureau_supervisor", DISTRICT) == set()
    assert await seen("district_supervisor", "50") == set()
    assert await seen("district_supervisor", DISTRICT) == {DISTRICT, TOWNSHIP}
    assert await seen("township_supervision_office", TOWNSHIP) == {TOWNSHIP}
    assert await seen("township_supervision_office", "500106002") == set()
    assert await seen("agency_user", DISTRICT, organisation="11500000000000000X") == set()
    assert await seen("line_department", domains=["water"]) == set(made)
    assert await seen("line_department", domains=["fire"]) == set()
    assert await seen("lay_monitor", DISTRICT, sub="bureau_supervisor@50") == set(made)
    assert await seen("lay_monitor", DISTRICT) == set()


async def test_the_clock_moves_forward_only(service: Notes) -> None:
    token = service.token("bureau_supervisor")
    path = "/notes/v1/development/clock"
    moved = await service.put(path, as_=token, json={"offset_s": 86_400})
    assert moved.status_code == 200
    assert service.app.state.clock.offset.days == 1
    back = await service.put(path, as_=token, json={"offset_s": 10})
    assert (back.status_code, back.json()["code"]) == (409, "clock-moves-forward")
    assert (await service.put(path, as_=token, json={"offset_s": -1})).status_code == 422
    refused = await service.put(path, as_=service.token("agency_user"), json={"offset_s": 90_000})
    assert refused.status_code == 403


async def test_a_precondition_on_the_clock_leaves_it_where_it_is(service: Notes) -> None:
    token = service.token("system_admin")
    before = (await service.get("/notes/v1/development/clock", as_=token)).json()["offset_s"]
    answer = await service.put(
        "/notes/v1/development/clock",
        as_=token,
        json={"offset_s": before + 60},
        headers={"If-Match": '"1-0"'},
    )
    assert answer.status_code == 412
    after = (await service.get("/notes/v1/development/clock", as_=token)).json()["offset_s"]
    assert after == before


async def test_health_says_degraded_without_nats_and_still_answers(service: Notes) -> None:
    assert (await service.get("/notes/health/live")).json()["status"] == "ok"
    ready = await service.get("/notes/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


async def test_metrics_tell_of_requests_by_route(service: Notes) -> None:
    await service.get("/notes/v1/me", as_=service.token("auditor"))
    text = (await service.get("/notes/metrics")).text
    assert 'xiejian_request_seconds_count{method="GET",route="/notes/v1/me",status="200"}' in text
    assert "xiejian_nats_connected 0.0" in text


async def test_the_docs_page_needs_nothing_from_outside(service: Notes) -> None:
    page = (await service.get("/notes/docs")).text
    assert "https://" not in page
    assert (await service.get("/notes/docs/assets/swagger-ui-bundle.js")).status_code == 200
    document = (await service.get("/notes/openapi.json")).json()
    operation = document["paths"]["/notes/v1/notes"]["post"]
    assert operation["x-permission"] == "note:write"
    assert operation["x-roles"] == [
        "bureau_supervisor",
        "district_supervisor",
        "township_supervision_office",
    ]
    assert document["openapi"].startswith("3.1")


async def test_eventually_gives_up() -> None:
    async def never() -> bool:
        return False

    with pytest.raises(TimeoutError):
        await eventually(never, seconds=0.05)


async def test_a_cursor_ahead_of_the_log_is_refused_not_waited_for(service: Notes) -> None:
    await write(service, "a")
    await sequence(service)
    token = service.token("bureau_supervisor")
    for headers in ({}, {"Accept": "text/event-stream"}):
        answer = await service.get("/notes/v1/events?after=7", as_=token, headers=headers)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "cursor-ahead-of-log")
        assert problem["details"] == {"after": 7, "last": 0}
    assert (await service.get("/notes/v1/events?after=0", as_=token)).content == b"[]"
    assert (await service.get("/notes/v1/events?types=x", as_=token)).status_code == 422


@pytest.mark.parametrize(
    ("language", "sentence"), [("zh-CN", "不允许的字段"), ("en", "Extra inputs")]
)
async def test_field_errors_speak_the_callers_language(
    service: Notes, language: str, sentence: str
) -> None:
    answer = await service.post(
        "/notes/v1/notes",
        as_=service.token("bureau_supervisor"),
        json={"title": "a", "division": DISTRICT, "more": 1},
        headers={"Accept-Language": language},
    )
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/more", "extra-forbidden")
    assert sentence in error["detail"]
