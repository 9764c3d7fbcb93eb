"""Enforcement subjects through HTTP: answers, rows and facts."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.registry.subjects.tables import Subject, SubjectHistory
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    credit_code,
    drafted,
    get,
    ok,
    patch,
    post,
    published,
    refused,
    subject_body,
    wrong_fields,
)
from tests.servers import ServiceUnderTest


async def test_a_township_files_a_draft_and_leaves_a_row_a_history_and_a_fact(
    registry: ServiceUnderTest,
) -> None:
    body = subject_body(head="王某", monitor_unit="青木关司法所")
    response = await post(registry, "/subjects", "township_enforcement", TOWNSHIP, **body)
    subject = ok(response, 201)
    assert subject["state"] == "draft"
    assert subject["version"] == 1
    assert subject["allowed_actions"] == ["change", "submit"]
    assert {name: subject[name] for name in body} == body
    assert response.headers["etag"].startswith('"1-')
    async with registry.session() as session:
        row = (await session.scalars(select(Subject))).one()
        history = (await session.scalars(select(SubjectHistory))).one()
    assert (row.district, row.township, row.organisation) == (DISTRICT, TOWNSHIP, body["uscc"])
    assert (history.action, history.version, history.state) == ("register", 1, "draft")
    (fact,) = await registry.facts()
    assert fact["type"] == "xiejian.registry.subject.registered.v1"
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["data"]["subject_id"] == fact["subject"] == subject["id"]
    assert fact["data"]["uscc"] == body["uscc"]
    assert fact["data"]["state"] == "draft"


async def test_a_subject_lives_from_draft_to_revocation(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry)
    path = f"/subjects/{subject['id']}"
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("submit", "submitted", {}),
        ("review", "under_review", {}),
        ("return", "draft", {"reason": "材料不全"}),
        ("submit", "submitted", {}),
        ("review", "under_review", {}),
        ("publish", "published", {}),
        ("suspend", "suspended", {"reason": "机构整顿"}),
        ("resume", "published", {}),
        ("revoke", "revoked", {"reason": "机构撤销"}),
    ]
    for version, (action, state, body) in enumerate(steps, start=2):
        sub = "clerk" if action == "submit" else "head"
        answer = ok(await post(registry, f"{path}/{action}", sub=sub, **body))
        assert (answer["state"], answer["version"]) == (state, version)
        assert answer["reason"] == body.get("reason")
    assert answer["allowed_actions"] == []
    types = [
        fact["type"].removeprefix("xiejian.registry.subject.") for fact in await registry.facts()
    ]
    assert types == [
        "registered.v1",
        "submitted.v1",
        "reviewed.v1",
        "reviewed.v1",
        "submitted.v1",
        "reviewed.v1",
        "published.v1",
        "suspended.v1",
        "published.v1",
        "revoked.v1",
    ]
    history = ok(await get(registry, f"{path}/history", sort="version"))["items"]
    assert [entry["action"] for entry in history] == ["register", *(step[0] for step in steps)]
    assert [entry["version"] for entry in history] == list(range(1, 11))
    assert history[3]["reason"] == "材料不全"
    assert history[1]["actor"] == "clerk"


async def test_publication_is_dated_and_kept_through_a_suspension(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    registry.advance(days=3)
    path = f"/subjects/{subject['id']}"
    ok(await post(registry, f"{path}/suspend", reason="整顿"))
    again = ok(await post(registry, f"{path}/resume"))
    assert again["publicised_on"] == subject["publicised_on"]
    facts = await registry.facts("registry.subject.published.v1")
    assert [f["data"]["publicised_on"] for f in facts] == [subject["publicised_on"]] * 2


async def test_who_submitted_neither_reviews_nor_publishes(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry)
    path = f"/subjects/{subject['id']}"
    submitted = ok(await post(registry, f"{path}/submit", sub="one"))
    assert submitted["allowed_actions"] == ["return"]
    refused(await post(registry, f"{path}/review", sub="one"), 409, "self-approval")
    ok(await post(registry, f"{path}/review", sub="two"))
    refused(await post(registry, f"{path}/publish", sub="one"), 409, "self-approval")
    assert ok(await post(registry, f"{path}/publish", sub="two"))["state"] == "published"


async def test_publication_needs_what_the_rule_asks_for(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry, legal_basis=[])
    path = f"/subjects/{subject['id']}"
    ok(await post(registry, f"{path}/submit", sub="one"))
    ok(await post(registry, f"{path}/review", sub="two"))
    answer = await post(registry, f"{path}/publish", sub="two")
    problem = refused(answer, 422, "subject-publication-incomplete")
    assert problem["details"] == {"missing": ["legal_basis"]}
    assert ok(await get(registry, path))["state"] == "under_review"


async def test_what_is_published_stays_complete(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    answer = await patch(
        registry, f"/subjects/{subject['id']}", version=subject["version"], legal_basis=[]
    )
    refused(answer, 422, "subject-publication-incomplete")


async def test_a_merged_subject_names_its_published_successor(registry: ServiceUnderTest) -> None:
    subject, draft, successor = (
        await published(registry),
        await drafted(registry),
        await published(registry, division=SIBLING),
    )
    path = f"/subjects/{subject['id']}/merge"
    code = "subject-successor-not-published"
    for other in (draft, subject):
        refused(await post(registry, path, successor_id=other["id"], reason="改革"), 422, code)
    foreign = await published(registry, division=FOREIGN_TOWNSHIP)
    refused(await post(registry, path, successor_id=foreign["id"], reason="改革"), 404, "not-found")
    merged = ok(await post(registry, path, successor_id=successor["id"], reason="改革"))
    assert (merged["state"], merged["successor_id"]) == ("merged", successor["id"])
    (fact,) = await registry.facts("registry.subject.merged.v1")
    assert fact["data"]["successor_id"] == successor["id"]


async def test_a_change_keeps_what_was_before(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry, head="王某")
    path = f"/subjects/{subject['id']}"
    changed = ok(
        await patch(
            registry,
            path,
            version=1,
            head="李某",
            domains=["health", "health", "agriculture"],
            name=subject["name"],
        )
    )
    assert changed["head"] == "李某"
    assert changed["domains"] == ["health", "agriculture"]
    entry = ok(await get(registry, f"{path}/history"))["items"][0]
    assert entry["changes"] == {
        "head": ["王某", "李某"],
        "domains": [["comprehensive"], ["health", "agriculture"]],
    }
    (fact,) = await registry.facts("registry.subject.changed.v1")
    assert fact["data"]["domains"] == ["health", "agriculture"]
    cleared = ok(await patch(registry, path, version=2, head=None))
    assert cleared["head"] is None


async def test_a_change_of_nothing_leaves_no_trace(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry)
    path = f"/subjects/{subject['id']}"
    same = ok(await patch(registry, path, version=1, name=subject["name"]))
    assert same["version"] == 1
    assert len(await registry.facts()) == 1


async def test_only_the_legal_office_changes_what_is_published(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    path, version = f"/subjects/{subject['id']}", subject["version"]
    body = await patch(
        registry, path, "township_enforcement", TOWNSHIP, version=version, head="李某"
    )
    assert refused(body, 403, "forbidden")["details"] == {"permission": "subject:change"}
    assert "change" in ok(await get(registry, path))["allowed_actions"]
    own = ok(await get(registry, path, "township_enforcement", TOWNSHIP))
    assert own["allowed_actions"] == []
    ok(await patch(registry, path, version=version, head="李某"))


async def test_a_stale_version_is_refused_and_a_missing_one_too(
    registry: ServiceUnderTest,
) -> None:
    subject = await drafted(registry)
    path = f"/subjects/{subject['id']}"
    refused(await patch(registry, path, head="李某"), 428, "precondition-required")
    ok(await patch(registry, path, version=1, head="李某"))
    refused(await patch(registry, path, version=1, head="赵某"), 412, "precondition-failed")
    stale = await post(registry, f"{path}/submit", headers={"If-Match": '"1"'})
    refused(stale, 412, "precondition-failed")
    assert ok(await get(registry, path))["head"] == "李某"


async def test_an_etag_spares_the_body_until_something_changes(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry)
    token = registry.token("district_supervisor", DISTRICT)
    path = f"{BASE}/subjects/{subject['id']}"
    etag = (await registry.get(path, as_=token)).headers["etag"]
    again = await registry.get(path, as_=token, headers={"If-None-Match": etag})
    assert again.status_code == 304
    ok(await registry.post(f"{path}/submit", as_=token, headers={"If-Match": etag}))
    changed = await registry.get(path, as_=token, headers={"If-None-Match": etag})
    assert changed.status_code == 200


async def test_a_repeated_key_gives_the_first_answer_and_misuse_is_refused(
    registry: ServiceUnderTest,
) -> None:
    body, headers = subject_body(), {"Idempotency-Key": "filing-1"}
    first = await post(registry, "/subjects", headers=headers, **body)
    again = await post(registry, "/subjects", headers=headers, **body)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await post(registry, "/subjects", headers=headers, **{**body, "name": "别的"})
    refused(other, 422, "idempotency-key-reused")
    assert len(await registry.facts()) == 1


async def test_a_refused_filing_is_not_remembered_by_its_key(registry: ServiceUnderTest) -> None:
    body, headers = subject_body(level="district"), {"Idempotency-Key": "filing-2"}
    code = "subject-level-mismatch"
    refused(await post(registry, "/subjects", headers=headers, **body), 422, code)
    ok(await post(registry, "/subjects", headers=headers, **{**body, "level": "township"}), 201)


async def test_a_code_has_one_subject_until_that_one_has_ended(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    body = subject_body(uscc=subject["uscc"])
    refused(await post(registry, "/subjects", **body), 409, "subject-credit-code-taken")
    ok(await post(registry, f"/subjects/{subject['id']}/revoke", reason="撤销"))
    ok(await post(registry, "/subjects", **body), 201)


async def test_of_two_registrations_of_a_code_at_once_one_wins(registry: ServiceUnderTest) -> None:
    code = credit_code()
    answers = await asyncio.gather(
        *(
            post(registry, "/subjects", sub=f"clerk-{n}", **subject_body(uscc=code))
            for n in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "subject-credit-code-taken")
    assert len(await registry.facts()) == 1


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"uscc": "11500106009290825X"}, "/uscc", "credit-code-invalid"),
        ({"uscc": "115001060092908"}, "/uscc", "credit-code-invalid"),
        ({"kind": "private"}, "/kind", "enum"),
        ({"domains": []}, "/domains", "too-short"),
        ({"domains": ["space_travel"]}, "/domains/0", "enum"),
        ({"division": "5001"}, "/division", "division-code-invalid"),
        ({"name": ""}, "/name", "string-too-short"),
        ({"name": "名\u0000称"}, "/name", "string-pattern-mismatch"),
        ({"state": "published"}, "/state", "extra-forbidden"),
    ],
)
async def test_bad_fields_are_named(
    registry: ServiceUnderTest, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await post(registry, "/subjects", **subject_body(**fields))
    assert wrong_fields(answer) == {(pointer, code)}
    assert await registry.facts() == []


async def test_a_division_must_exist_be_in_force_and_be_of_the_level(
    registry: ServiceUnderTest,
) -> None:
    async def file(**fields: Any) -> Any:
        return await post(
            registry, "/subjects", "bureau_supervisor", "50", **subject_body(**fields)
        )

    refused(await file(division="500106999"), 422, "division-unknown")
    # 渝北区 ended on 2025-11-06.
    problem = refused(await file(division="500112", level="district"), 422, "division-expired")
    assert problem["details"]["successor"] == "500157"
    refused(await file(division=DISTRICT), 422, "subject-level-mismatch")
    assert ok(await file(division="50", level="city"), 201)["division"] == "50"


async def test_a_township_that_moved_is_seen_by_its_district_of_today(
    registry: ServiceUnderTest,
) -> None:
    subject = await drafted(registry, division="500112002")
    path = f"/subjects/{subject['id']}"
    ok(await get(registry, path, "district_supervisor", "500157"))
    refused(await get(registry, path, "district_supervisor", "500112"), 404, "not-found")


async def test_a_foreign_division_looks_like_none(registry: ServiceUnderTest) -> None:
    body = subject_body()
    foreign = await post(registry, "/subjects", "district_supervisor", FOREIGN, **body)
    unknown = await post(
        registry, "/subjects", "district_supervisor", FOREIGN, **{**body, "division": "500106999"}
    )
    refused(foreign, 422, "division-unknown")
    refused(unknown, 422, "division-unknown")
    assert foreign.json()["detail"].replace(TOWNSHIP, "") == unknown.json()["detail"].replace(
        "500106999", ""
    )

    subject = await drafted(registry)
    path = f"/subjects/{subject['id']}"
    nobody = f"/subjects/{uuid4()}"
    for role, division in (
        ("district_supervisor", FOREIGN),
        ("township_enforcement", SIBLING),
        ("township_enforcement", FOREIGN_TOWNSHIP),
    ):
        hidden, absent = (
            await get(registry, path, role, division),
            await get(registry, nobody, role, division),
        )
        assert hidden.json() == absent.json()
        refused(hidden, 404, "not-found")
        refused(await get(registry, f"{path}/history", role, division), 404, "not-found")
        refused(await post(registry, f"{path}/submit", role, division), 404, "not-found")
        hidden = await patch(registry, path, role, division, version=1, head="李某")
        refused(hidden, 404, "not-found")
        listed = ok(await get(registry, "/subjects", role, division, count="exact"))
        assert (listed["items"], listed["count"]) == ([], 0)
    assert ok(await get(registry, path))["state"] == "draft"


async def test_an_agency_files_for_itself_only(registry: ServiceUnderTest) -> None:
    body = subject_body(division=DISTRICT, level="district", domains=["transport"])

    async def file(organisation: str | None, division: str = DISTRICT) -> Any:
        return await post(
            registry, "/subjects", "agency_user", division, organisation=organisation, **body
        )

    refused(await file(credit_code()), 403, "not-in-charge")
    refused(await file(None), 403, "not-in-charge")
    refused(await file(body["uscc"], FOREIGN), 422, "division-unknown")
    subject = ok(await file(body["uscc"]), 201)
    path = f"/subjects/{subject['id']}"
    stranger = credit_code()
    hidden = await get(registry, path, "agency_user", organisation=stranger)
    refused(hidden, 404, "not-found")
    own = ok(await get(registry, path, "agency_user", organisation=body["uscc"]))
    assert own["allowed_actions"] == ["change", "submit"]
    submit = await post(
        registry, f"{path}/submit", "agency_user", DISTRICT, organisation=body["uscc"]
    )
    assert ok(submit)["state"] == "submitted"
    review = await post(
        registry, f"{path}/review", "agency_user", DISTRICT, organisation=body["uscc"]
    )
    refused(review, 403, "forbidden")


async def test_a_line_department_reads_its_domains_everywhere(registry: ServiceUnderTest) -> None:
    transport = await drafted(registry, domains=["transport", "health"])
    await drafted(registry, domains=["agriculture"])
    far = await drafted(registry, domains=["transport"], division=FOREIGN_TOWNSHIP)
    listed = ok(
        await get(registry, "/subjects", "line_department", DISTRICT, domains=["transport"])
    )
    assert {item["id"] for item in listed["items"]} == {transport["id"], far["id"]}
    assert all(item["allowed_actions"] == [] for item in listed["items"])
    refused(
        await post(registry, f"/subjects/{far['id']}/submit", "line_department", DISTRICT),
        403,
        "forbidden",
    )


@pytest.mark.parametrize("role", ["auditor", "system_admin", "security_admin", "lay_monitor"])
async def test_administrators_and_monitors_read_no_subjects(
    registry: ServiceUnderTest, role: str
) -> None:
    refused(await get(registry, "/subjects", role, "50"), 403, "forbidden")


async def test_lists_filter_search_sort_and_count(registry: ServiceUnderTest) -> None:
    one = await published(registry, name="甲镇人民政府", kind="statutory")
    two = await drafted(registry, name="乙镇百分%100办", kind="dispatched", domains=["health"])
    three = await drafted(
        registry, name="丙街道办事处", division=FOREIGN_TOWNSHIP, kind="entrusted"
    )
    city = await drafted(registry, name="市执法总队", division="50", level="city")

    async def ids(**params: Any) -> list[str]:
        listed = ok(
            await get(registry, "/subjects", "bureau_supervisor", "50", sort="id", **params)
        )
        return [item["id"] for item in listed["items"]]

    everything = [subject["id"] for subject in (one, two, three, city)]
    assert await ids() == await ids(division="50") == everything
    assert await ids(state="published") == [one["id"]]
    assert await ids(kind="dispatched") == [two["id"]]
    assert await ids(domain="health") == [two["id"]]
    assert await ids(level="city") == [city["id"]]
    assert await ids(division=DISTRICT) == [one["id"], two["id"]]
    assert await ids(division=FOREIGN_TOWNSHIP) == [three["id"]]
    assert await ids(q="街道") == [three["id"]]
    assert await ids(q="%") == [two["id"]]
    assert await ids(q=one["uscc"].lower()) == [one["id"]]
    assert await ids(q=one["uscc"][1:]) == [one["id"]]
    assert await ids(q="镇", state="draft") == [two["id"]]
    refused(await get(registry, "/subjects", q=""), 422, "invalid-input")
    refused(await get(registry, "/subjects", colour="red"), 422, "invalid-input")


async def test_pages_follow_one_another_without_gap_or_overlap(registry: ServiceUnderTest) -> None:
    made = [await drafted(registry, name=f"{'同名' if n < 3 else n}") for n in range(5)]
    for sort in ("id", "-id", "name", "-name", "updated_at", "-updated_at"):
        seen: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            listed = ok(
                await get(registry, "/subjects", limit=2, sort=sort, count="exact", **cursor)
            )
            assert listed["count"] == 5
            seen += [item["id"] for item in listed["items"]]
            if listed["next_cursor"] is None:
                break
            cursor = {"cursor": listed["next_cursor"]}
        assert sorted(seen) == sorted(subject["id"] for subject in made)
    refused(await get(registry, "/subjects", cursor="nonsense"), 422, "bad-cursor")
    other = ok(await get(registry, "/subjects", limit=2, sort="id"))["next_cursor"]
    refused(await get(registry, "/subjects", sort="name", cursor=other), 422, "bad-cursor")


async def test_the_former_district_reads_on_and_acts_no_more(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry)
    async with registry.session() as session:
        row = (await session.scalars(select(Subject))).one()
        row.district, row.parties = FOREIGN, [DISTRICT]
        await session.commit()
    path = f"/subjects/{subject['id']}"
    assert ok(await get(registry, path))["allowed_actions"] == []
    refused(await post(registry, f"{path}/submit"), 403, "not-in-charge")
    ok(await post(registry, f"{path}/submit", "district_supervisor", FOREIGN))


async def test_a_township_role_held_for_a_larger_division_files_nothing(
    registry: ServiceUnderTest,
) -> None:
    for division in ("50", DISTRICT):
        answer = await post(
            registry, "/subjects", "township_enforcement", division, **subject_body()
        )
        assert answer.status_code in {403, 422}, answer.text
    assert ok(await get(registry, "/subjects", count="exact"))["count"] == 0
