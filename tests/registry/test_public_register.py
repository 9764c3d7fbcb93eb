"""The public register: what is published, to anybody, so often; and nothing else."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from services.registry.subjects.rules import SubjectState
from services.registry.subjects.tables import Subject
from shared.access.visibility import UnscopedSelect, visible
from shared.db import in_request, without_token
from shared.web.rate_limit import RateLimits
from tests.registry.samples import (
    DISTRICT,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    certified,
    drafted,
    identity_number,
    officer,
    ok,
    post,
    published,
    refused,
)
from tests.servers import ServiceUnderTest

PUBLIC = "/registry/v1/public"
BUREAU = ("bureau_supervisor", "50")


async def ask(registry: ServiceUnderTest, path: str, **params: Any) -> Any:
    """GET without a token."""
    return ok(await registry.get(f"{PUBLIC}{path}", params=params))


async def ids(registry: ServiceUnderTest, **params: Any) -> list[str]:
    return [item["id"] for item in (await ask(registry, "/subjects", **params))["items"]]


async def numbers(registry: ServiceUnderTest, **params: Any) -> list[str]:
    page = await ask(registry, "/officers", **params)
    return [item["certificate_no"] for item in page["items"]]


async def in_state(registry: ServiceUnderTest, state: str) -> Any:
    """A subject in a state, with an officer under it who was certified where that can be."""
    subject = await drafted(registry, name=f"状态镇{state}人民政府", head="某负责人")
    path = f"/subjects/{subject['id']}"

    async def step(action: str, sub: str = "head", **body: Any) -> None:
        ok(await post(registry, f"{path}/{action}", *BUREAU, sub=sub, **body))

    if state == "draft":
        return subject
    await step("submit", "clerk")
    if state == "submitted":
        return subject
    await step("review")
    if state == "under_review":
        return subject
    await step("publish")
    holder = await certified(
        registry, subject, number=f"渝A-{state.upper()}", valid_to="2031-01-01", name=f"持证{state}"
    )
    assert holder["may_enforce"]
    match state:
        case "suspended" | "revoked":
            await step({"suspended": "suspend", "revoked": "revoke"}[state], reason="保密原因")
        case "merged":
            successor = await published(registry, name="承接单位")
            await step("merge", successor_id=successor["id"], reason="保密原因")
        case "split":
            several = [(await published(registry, name="承接单位"))["id"] for _ in range(2)]
            await step("split", successor_ids=several, reason="保密原因")
    return subject


async def test_a_published_subject_is_shown_to_anybody_with_what_is_public(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry, head="王某", monitor_unit="某所")
    shown = await ask(registry, f"/subjects/{subject['id']}")
    public = {
        *("id", "uscc", "name", "kind", "level", "division", "domains", "legal_basis"),
        "publicised_on",
    }
    assert shown == {name: subject[name] for name in public}
    assert (await ask(registry, "/subjects"))["items"] == [shown]


@pytest.mark.parametrize("state", list(SubjectState))
async def test_a_subject_is_in_the_register_while_it_is_published(
    registry: ServiceUnderTest, state: str
) -> None:
    subject = await in_state(registry, state)
    answer = await registry.get(f"{PUBLIC}/subjects/{subject['id']}")
    of_it = {"q": f"状态镇{state}", "count": "exact"}
    page = await ask(registry, "/subjects", **of_it)
    found = await ask(registry, "/officers", subject_id=subject["id"], count="exact")
    by_name = await numbers(registry, name=f"持证{state}")
    by_number = await numbers(registry, certificate_no=f"渝A-{state.upper()}")
    if state == "published":
        assert ok(answer)["id"] == subject["id"]
        assert (page["count"], found["count"]) == (1, 1)
        assert by_name == by_number == ["渝A-PUBLISHED"]
    else:
        refused(answer, 404, "not-found")
        assert (page["count"], page["items"]) == (0, [])
        assert (found["count"], found["items"]) == (0, [])
        assert by_name == by_number == []


async def test_published_subjects_are_found_and_paged(registry: ServiceUnderTest) -> None:
    one = await published(registry, name="甲镇人民政府")
    two = await published(registry, name="乙街道办事处", division=SIBLING, domains=["health"])
    far = await published(registry, name="丙镇人民政府", division=FOREIGN_TOWNSHIP)
    await drafted(registry, name="丁镇人民政府")
    assert set(await ids(registry)) == {one["id"], two["id"], far["id"]}
    assert await ids(registry, q="甲镇") == [one["id"]]
    assert await ids(registry, q=two["uscc"]) == [two["id"]]
    assert await ids(registry, domain="health") == [two["id"]]
    assert await ids(registry, division=DISTRICT, sort="id") == [one["id"], two["id"]]
    assert await ids(registry, division=TOWNSHIP) == [one["id"]]
    assert await ids(registry, kind="entrusted") == []
    first = await ask(registry, "/subjects", limit=2, sort="id")
    rest = await ask(registry, "/subjects", limit=2, sort="id", cursor=first["next_cursor"])
    assert [item["id"] for item in (*first["items"], *rest["items"])] == [
        one["id"],
        two["id"],
        far["id"],
    ]
    refused(
        await registry.get(f"{PUBLIC}/subjects", params={"state": "draft"}), 422, "invalid-input"
    )
    refused(
        await registry.get(f"{PUBLIC}/subjects", params={"as_of": "2022-01-01"}),
        422,
        "invalid-input",
    )


async def test_officers_are_looked_up_and_never_listed(registry: ServiceUnderTest) -> None:
    number = identity_number()
    subject = await published(registry)
    holder = await certified(
        registry,
        subject,
        number="渝A-0001",
        valid_to="2031-01-01",
        name="欧阳某某",
        identity_no=number,
    )
    await officer(registry, subject, name="未持证者")
    refused(await registry.get(f"{PUBLIC}/officers"), 422, "public-search-too-wide")
    answer = await registry.get(f"{PUBLIC}/officers", params={"certificate_no": "渝A-0001"})
    (shown,) = ok(answer)["items"]
    assert shown == {
        "name": "欧阳某某",
        "certificate_no": "渝A-0001",
        "kind": "enforcement",
        "issuer": DISTRICT,
        "area": TOWNSHIP,
        "domains": ["comprehensive"],
        "issued_on": holder["certificate"]["issued_on"],
        "valid_to": "2031-01-01",
        "state": "active",
        "valid": True,
        "subject_id": subject["id"],
        "subject_name": subject["name"],
    }
    assert not re.search(r"\*{3}|" + number[:3] + r".*" + number[-4:], answer.text)
    assert await numbers(registry, name="欧阳某某") == ["渝A-0001"]
    assert await numbers(registry, subject_id=subject["id"]) == ["渝A-0001"]
    # A part of a name or of a number finds nobody, nor does who holds none.
    for params in (
        {"name": "欧阳"},
        {"name": "未持证者"},
        {"certificate_no": "渝A-000"},
        {"certificate_no": "%"},
    ):
        assert await numbers(registry, **params) == []


@pytest.mark.parametrize(
    ("step", "state"),
    [("suspend", "suspended"), ("revoke", "revoked"), ("surrender", "surrendered")],
)
async def test_a_certificate_that_is_not_in_force_is_told_of_by_its_number_only(
    registry: ServiceUnderTest, step: str, state: str
) -> None:
    subject = await published(registry)
    person = await certified(
        registry, subject, number="渝A-0001", valid_to="2031-01-01", name="赵某某"
    )
    ok(await post(registry, f"/officers/{person['id']}/certificate/{step}", reason="不公开的原因"))
    answer = await registry.get(f"{PUBLIC}/officers", params={"certificate_no": "渝A-0001"})
    (shown,) = ok(answer)["items"]
    assert (shown["state"], shown["valid"]) == (state, False)
    assert "不公开的原因" not in answer.text
    assert await numbers(registry, name="赵某某") == []
    assert await numbers(registry, subject_id=subject["id"]) == []


async def test_an_expired_certificate_is_not_good_and_an_application_is_not_shown(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number="渝A-0001", valid_to="2031-01-01")
    registry.advance(days=2_500)
    (shown,) = (await ask(registry, "/officers", certificate_no="渝A-0001"))["items"]
    assert (shown["state"], shown["valid"]) == ("active", False)  # its timer has not fired yet
    await registry.fire_timers()
    (shown,) = (await ask(registry, "/officers", certificate_no="渝A-0001"))["items"]
    assert (shown["state"], shown["valid"]) == ("expired", False)
    ok(await post(registry, f"/officers/{person['id']}/certificate/apply"))
    assert await numbers(registry, certificate_no="渝A-0001") == []
    assert await numbers(registry, name=person["name"]) == []


async def test_what_is_public_may_be_cached_a_while_and_has_an_etag(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    path = f"{PUBLIC}/subjects/{subject['id']}"
    first = await registry.get(path)
    assert first.headers["cache-control"] == "public, max-age=60"
    assert "vary" not in first.headers
    again = await registry.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "public, max-age=60")
    # The same to whoever asks, and a token, good or not, changes nothing.
    for token in (registry.token("auditor"), "nonsense"):
        assert (await registry.get(path, as_=token)).content == first.content
    own = await registry.get(f"/registry/v1/subjects/{subject['id']}", as_=registry.token(*BUREAU))
    assert own.headers["cache-control"] == "private, no-cache"


async def test_an_address_that_asks_too_often_waits(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = registry.app.state.settings.model_copy(
        update={"public_rate_limit": "3/minute", "trusted_proxies": "127.0.0.1"}
    )
    monkeypatch.setitem(registry.app.state._state, "rate_limits", RateLimits(told))

    async def get(path: str, address: str) -> Any:
        return await registry.get(f"{PUBLIC}{path}", headers={"X-Forwarded-For": address})

    for path in ("/subjects", "/officers", "/subjects"):
        assert (await get(path, "198.51.100.1")).status_code in {200, 422}
    for path in ("/subjects", "/officers?name=x"):
        answer = await get(path, "198.51.100.1")
        problem = refused(answer, 429, "too-many-requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert problem["details"] == {"retry_after_s": int(answer.headers["retry-after"])}
        assert answer.headers["cache-control"] == "no-store"
    ok(await get("/subjects", "198.51.100.2"))
    # What the caller claims before the gateway's word is not believed.
    refused(await get("/subjects", "203.0.113.5, 198.51.100.1"), 429, "too-many-requests")
    # Whoever has a token is not counted.
    ok(await registry.get("/registry/v1/subjects", as_=registry.token(*BUREAU)))


def test_the_document_tells_of_the_limit_and_asks_for_no_token(registry: ServiceUnderTest) -> None:
    for path, item in registry.app.openapi()["paths"].items():
        for operation in item.values():
            if "/ledger" in path:  # open too: tests/web/test_ledger.py
                continue
            open_ = path.startswith(PUBLIC)
            assert ("429" in operation["responses"]) == open_, path
            if open_:
                assert operation["security"] == []


async def test_a_route_without_a_token_selects_what_is_published_and_nothing_else(
    registry: ServiceUnderTest,
) -> None:
    """The guard: even what a supervisor may see of everything is refused there."""
    from tests.security.people import BUREAU as SOMEBODY

    actor = await registry.app.state.tokens.verify(SOMEBODY.token(registry))
    statement = select(Subject).where(visible(Subject, actor))
    asked = in_request.set(True)
    try:
        async with registry.session() as session:
            await session.execute(statement)
            openly = without_token.set(True)
            try:
                with pytest.raises(UnscopedSelect, match="published"):
                    await session.execute(statement)
            finally:
                without_token.reset(openly)
    finally:
        in_request.reset(asked)
