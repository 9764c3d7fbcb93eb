"""What every route gets: ETags, preconditions, retries, problems, pages."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from shared.web.concurrency import IdempotentAnswer
from tests.web.conftest import Notes

DISTRICT, SIBLING, TOWNSHIP = "500106", "500116", "500106001"


async def write(service: Notes, title: str, division: str = DISTRICT, **options: Any) -> Any:
    token = service.token("bureau_supervisor")
    body = {"title": title, "division": division}
    return await service.post("/notes/v1/notes", as_=token, json=body, **options)


async def test_an_answer_carries_an_etag_and_is_not_sent_twice(service: Notes) -> None:
    note = (await write(service, "a")).json()
    token = service.token("bureau_supervisor")
    path = f"/notes/v1/notes/{note['id']}"
    first = await service.get(path, as_=token)
    assert first.headers["etag"].startswith('"1-')
    assert first.headers["cache-control"] == "private, no-cache"
    again = await service.get(path, as_=token, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await service.post(f"{path}/touch", as_=token)
    changed = await service.get(path, as_=token, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"].startswith('"2-')


@pytest.mark.parametrize("method", ["PATCH", "POST"])
async def test_a_stale_if_match_changes_nothing(service: Notes, method: str) -> None:
    note = (await write(service, "a")).json()
    token = service.token("bureau_supervisor")
    path = f"/notes/v1/notes/{note['id']}" + ("" if method == "PATCH" else "/touch")
    body = {"json": {"title": "b"}} if method == "PATCH" else {}
    for stale in ('"7-0000"', 'W/"1-0000"', "1", '"x"'):
        answer = await service.request(method, path, as_=token, headers={"If-Match": stale}, **body)
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed"), stale
    fresh = await service.request(
        method, path, as_=token, headers={"If-Match": '"9-x", "1-whatever"'}, **body
    )
    assert fresh.status_code == 200
    assert fresh.json()["version"] == 2


@pytest.mark.parametrize("spelt", [str.upper, lambda id: id.replace("-", "")])
async def test_if_match_meets_its_resource_however_the_path_spells_the_id(
    service: Notes, spelt: Callable[[str], str]
) -> None:
    note = (await write(service, "a")).json()
    token = service.token("bureau_supervisor")
    path = f"/notes/v1/notes/{spelt(note['id'])}"
    body = {"title": "b"}
    stale = await service.patch(path, as_=token, json=body, headers={"If-Match": '"7-0000"'})
    assert stale.status_code == 412
    fresh = await service.patch(path, as_=token, json=body, headers={"If-Match": '"1-0000"'})
    assert (fresh.status_code, fresh.json()["version"]) == (200, 2)


async def test_if_match_on_what_is_no_resource_yet_fails(service: Notes) -> None:
    answer = await write(service, "a", headers={"If-Match": "*"})
    assert answer.status_code == 412
    assert await service.facts() == []


async def test_changing_fields_needs_if_match(service: Notes) -> None:
    note = (await write(service, "a")).json()
    answer = await service.patch(
        f"/notes/v1/notes/{note['id']}",
        as_=service.token("bureau_supervisor"),
        json={"title": "b"},
    )
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")


async def test_the_same_key_and_body_get_the_same_answer_and_one_effect(service: Notes) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = await write(service, "a", headers=headers)
    again = await write(service, "a", headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await service.facts()) == 1
    other_body = await write(service, "b", headers=headers)
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_key_is_the_callers_own(service: Notes) -> None:
    headers = {"Idempotency-Key": "k-1"}
    assert (await write(service, "a", headers=headers)).status_code == 201
    other = await service.post(
        "/notes/v1/notes",
        as_=service.token("district_supervisor", DISTRICT),
        json={"title": "b", "division": DISTRICT},
        headers=headers,
    )
    assert other.status_code == 201


async def test_a_key_is_not_answered_to_the_same_person_in_another_place(service: Notes) -> None:
    headers = {"Idempotency-Key": "k-1"}
    body = {"title": "a", "division": DISTRICT}
    answers = [
        await service.post(
            "/notes/v1/notes",
            as_=service.token(role, division, sub="wang"),
            json=body,
            headers=headers,
        )
        for role, division in (
            ("district_supervisor", DISTRICT),
            ("district_supervisor", SIBLING),
            ("bureau_supervisor", "50"),
        )
    ]
    assert [answer.status_code for answer in answers] == [201, 422, 422]
    assert answers[1].json()["code"] == "idempotency-key-reused"
    assert len(await service.facts()) == 1


async def test_a_stored_answer_is_sealed(service: Notes) -> None:
    """It holds what is sealed elsewhere: whom one can ask, say."""
    first = await write(service, "沙坪坝", headers={"Idempotency-Key": "k-1"})
    async with service.session() as session:
        stored = await session.scalar(select(IdempotentAnswer.answer))
    assert stored is not None
    assert first.content not in stored and "沙坪坝".encode() not in stored


async def test_simultaneous_retries_have_one_effect(service: Notes) -> None:
    headers = {"Idempotency-Key": "k-1"}
    answers = await asyncio.gather(*(write(service, "a", headers=headers) for _ in range(5)))
    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert len(await service.facts()) == 1
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes <= {"idempotency-key-in-flight"}


async def test_a_refusal_is_not_stored(service: Notes) -> None:
    headers = {"Idempotency-Key": "k-1"}
    assert (await write(service, "a")).status_code == 201
    refused = await write(service, "a", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "title-taken")
    await service.wipe()
    assert (await write(service, "a", headers=headers)).status_code == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"title": "a"}, "missing"),
        ({"title": "a", "division": DISTRICT, "state": "done"}, "extra-forbidden"),
        ({"title": "", "division": DISTRICT}, "string-too-short"),
        ({"title": "a\x00b", "division": DISTRICT}, "string-pattern-mismatch"),
        ({"title": "a", "division": "5001"}, None),
    ],
)
async def test_bad_input_names_the_field(service: Notes, body: Any, code: str | None) -> None:
    answer = await service.post(
        "/notes/v1/notes", as_=service.token("bureau_supervisor"), json=body
    )
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid-input")
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["errors"][0]["pointer"].startswith("/")
    if code:
        assert problem["errors"][0]["code"] == code
    assert await service.facts() == []


async def test_an_unknown_an_expired_and_a_foreign_division_are_refused(service: Notes) -> None:
    assert (await write(service, "a", "500999")).json()["code"] == "division-unknown"
    expired = (await write(service, "a", "500112")).json()
    assert (expired["code"], expired["details"]["successor"]) == ("division-expired", "500157")
    foreign = await service.post(
        "/notes/v1/notes",
        as_=service.token("district_supervisor", SIBLING),
        json={"title": "a", "division": DISTRICT},
    )
    assert foreign.json()["code"] == "division-unknown"


async def test_what_cannot_be_parsed_is_a_problem_too(service: Notes) -> None:
    token = service.token("bureau_supervisor")
    sent = {"Content-Type": "application/json"}
    broken = await service.post("/notes/v1/notes", as_=token, content=b"{", headers=sent)
    assert (broken.status_code, broken.json()["code"]) == (400, "bad-request")
    deep = b"[" * 200_000
    nested = await service.post("/notes/v1/notes", as_=token, content=deep, headers=sent)
    assert (nested.status_code, nested.json()["code"]) == (400, "bad-request")
    large = b'{"title": "' + b"x" * 2_000_000 + b'"}'
    too_large = await service.post("/notes/v1/notes", as_=token, content=large, headers=sent)
    assert (too_large.status_code, too_large.json()["code"]) == (413, "body-too-large")
    nowhere = await service.get("/notes/v1/nowhere", as_=token)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "no-such-path")
    method = await service.request("DELETE", "/notes/v1/notes", as_=token)
    assert (method.status_code, method.json()["code"]) == (405, "method-not-allowed")
    assert set(method.headers["allow"].split(", ")) == {"GET", "POST"}


async def test_a_surrogate_or_a_nul_in_a_query_is_refused_not_a_fault(service: Notes) -> None:
    token = service.token("bureau_supervisor")
    sent = {"Content-Type": "application/json"}
    body = b'{"title": "\\ud800", "division": "500106"}'
    answer = await service.post("/notes/v1/notes", as_=token, content=body, headers=sent)
    assert answer.status_code == 422


async def test_the_sentence_is_in_the_callers_language(service: Notes) -> None:
    token = service.token("bureau_supervisor")
    path = "/notes/v1/notes/0197b1b4-0000-7000-8000-000000000000"
    chinese = await service.get(path, as_=token)
    assert (chinese.headers["content-language"], chinese.json()["detail"]) == (
        "zh-CN",
        "未找到该资源。",
    )
    english = await service.get(path, as_=token, headers={"Accept-Language": "en-GB, zh;q=0.5"})
    assert english.json()["detail"] == "There is no such resource."
    assert english.json()["code"] == chinese.json()["code"] == "not-found"


async def test_pages_join_up_and_a_foreign_cursor_is_refused(service: Notes) -> None:
    for index in range(7):
        await write(service, f"n{index}")
    token = service.token("bureau_supervisor")
    for sort in ("id", "-id", "title", "-title"):
        seen: list[str] = []
        cursor = ""
        while True:
            page = (
                await service.get(
                    f"/notes/v1/notes?limit=3&count=exact&sort={sort}{cursor}", as_=token
                )
            ).json()
            assert page["count"] == 7
            seen += [item["title"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        titles = [f"n{index}" for index in range(7)]
        assert seen == (titles[::-1] if sort.startswith("-") else titles)
    for bad in ("x", "!!!", "W10", page["next_cursor"] or "eyJhIjoxfQ", cursor[8:]):
        answer = await service.get(f"/notes/v1/notes?sort=id&cursor={bad}", as_=token)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor"), bad
    assert (await service.get("/notes/v1/notes?limit=201", as_=token)).status_code == 422
    assert (await service.get("/notes/v1/notes?offset=5", as_=token)).status_code == 422


async def test_a_slow_query_is_cut_off(service: Notes) -> None:
    answer = await service.get("/notes/v1/notes/slow", as_=service.token("bureau_supervisor"))
    assert (answer.status_code, answer.json()["code"]) == (503, "query-timeout")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_fact_carries_who_where_and_the_correlation(service: Notes) -> None:
    note = (await write(service, "a", TOWNSHIP, headers={"X-Correlation-Id": "story-1"})).json()
    (fact,) = await service.facts()
    assert fact["specversion"] == "1.0"
    assert fact["type"] == "xiejian.notes.note.written.v1"
    assert fact["subject"] == note["id"]
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["correlationid"] == "story-1"
    assert fact["actor"] == "bureau_supervisor@50"
    assert fact["traceparent"].startswith("00-")
    assert fact["data"] == {"note_id": note["id"], "title": "a"}
