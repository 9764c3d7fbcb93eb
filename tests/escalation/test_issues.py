"""Raising, finding and seeing issues over HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from tests.escalation.people import (
    BODIES,
    DISTRICT,
    ELSEWHERE,
    INBOX,
    ISSUES,
    OTHER_DISTRICT,
    SIBLING,
    TOWNSHIP,
    People,
)
from tests.servers import ServiceUnderTest

ORGANISATION = "11500228709467150P"
WHOLE: dict[str, Any] = {
    "title": "职责不清",
    "description": "日常巡查由谁负责,各执一词。",
    "kind": "dispute",
    "division": TOWNSHIP,
    "major": True,
    "source": "contact_point",
    "severity": "serious",
    "domains": ["urban_management", "urban_management"],
    "occurred_on": "2026-11-20",
    "place": "某某路农贸市场",
    "contact": "王某 13800000000",
    "legal_basis": ["《中华人民共和国行政处罚法》第二十四条"],
    "subject_id": "018f0000-0000-7000-8000-000000000001",
    "organisation": ORGANISATION,
    "reference": "沙执监〔2026〕12号",
}


async def test_what_was_raised_is_found_again_whole(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue(**WHOLE)
    assert issue == await people.get(issue, people.township)
    for name, value in WHOLE.items():
        assert issue[name] == (["urban_management"] if name == "domains" else value)
    assert (issue["level"], issue["state"], issue["version"]) == ("township", "raised", 1)
    assert issue["created_by"] == "township_supervision_office@500106001"
    (fact,) = await escalation.facts()
    assert fact["type"] == "xiejian.escalation.issue.raised.v1"
    assert fact["subject"] == fact["data"]["issue_id"] == issue["id"]
    assert fact["data"]["number"] == issue["number"]
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    (line,) = await people.history(issue)
    assert (line["action"], line["to_level"], line["from_state"]) == ("raise", "township", None)
    assert line["due_at"] == issue["due_at"]


async def test_the_contact_is_sealed_and_shown_to_few(
    people: People, escalation: ServiceUnderTest
) -> None:
    monitor = escalation.token("lay_monitor", TOWNSHIP)
    issue = await people.raise_issue(monitor, **WHOLE | {"source": "lay_monitor"})
    for token in (monitor, people.township, people.district, people.bureau):
        assert (await people.get(issue, token))["contact"] == WHOLE["contact"]
    for token in (
        escalation.token("township_enforcement", TOWNSHIP),
        escalation.token("agency_user", TOWNSHIP, organisation=ORGANISATION),
        escalation.token("line_department", "50", domains=["urban_management"]),
    ):
        assert (await people.get(issue, token))["contact"] is None
    async with escalation.session() as session:
        stored = (await session.execute(text("SELECT contact FROM issue"))).scalar_one()
    assert b"13800000000" not in stored
    assert "13800000000" not in str(await escalation.facts())


async def test_whoever_it_concerns_does_not_learn_who_raised_it(
    people: People, escalation: ServiceUnderTest
) -> None:
    monitor = escalation.token("lay_monitor", TOWNSHIP, sub="monitor-1")
    issue = await people.raise_issue(monitor, **WHOLE | {"source": "lay_monitor"})
    await people.act(issue, "triage", people.township)

    async def told(token: str) -> tuple[Any, ...]:
        answer = await escalation.get(f"{ISSUES}/{issue['id']}/history", as_=token)
        raised, triaged = answer.json()["items"]
        assert triaged["by"] == f"township_supervision_office@{TOWNSHIP}"
        whole = await people.get(issue, token)
        return whole["created_by"], raised["by"], raised["by_name"]

    assert await told(people.township) == ("monitor-1",) * 3
    assert await told(escalation.token("township_enforcement", TOWNSHIP)) == (None,) * 3
    agency = escalation.token("agency_user", TOWNSHIP, organisation=ORGANISATION)
    assert await told(agency) == (None,) * 3
    assert (await people.get(issue, monitor))["created_by"] == "monitor-1"


async def test_numbers_count_from_one_each_year_and_are_never_given_twice(people: People) -> None:
    people.today_is(2026, 11, 2)
    issues = await asyncio.gather(*(people.raise_issue() for _ in range(8)))
    assert {issue["number"] for issue in issues} == {f"渝协〔2026〕{n}号" for n in range(1, 9)}
    people.today_is(2027, 1, 4)
    assert (await people.raise_issue())["number"] == "渝协〔2027〕1号"
    assert (await people.raise_issue())["number"] == "渝协〔2027〕2号"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"division": "500106999"}, "division-unknown"),
        ({"division": "500112"}, "division-expired"),
        ({"division": "5001"}, "invalid-input"),
        ({"division": ELSEWHERE}, "division-unknown"),
        ({"organisation": "11500228709467150Q"}, "invalid-input"),
        ({"kind": "gossip"}, "invalid-input"),
        ({"title": ""}, "invalid-input"),
        ({"title": "a\nb"}, "invalid-input"),
        ({"description": "\x00"}, "invalid-input"),
        ({"domains": ["UPPER"]}, "invalid-input"),
        ({"legal_basis": ["x"] * 21}, "invalid-input"),
        ({"occurred_on": "2026-02-30"}, "invalid-input"),
        ({"source": "rectification"}, "issue-source-reserved"),
        ({"state": "closed"}, "invalid-input"),
        ({"level": "bureau"}, "invalid-input"),
        ({"created_by": "me"}, "invalid-input"),
    ],
)
async def test_bad_input_has_a_code_and_changes_nothing(
    people: People, escalation: ServiceUnderTest, change: dict[str, Any], code: str
) -> None:
    answer = await escalation.post(ISSUES, as_=people.district, json=WHOLE | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await people.page())["items"] == []
    assert await escalation.facts() == []


async def test_nobody_raises_outside_the_own_division(
    people: People, escalation: ServiceUnderTest
) -> None:
    for token, division in (
        (people.township, SIBLING),
        (people.township, DISTRICT),
        (people.district, OTHER_DISTRICT),
        (people.district, "50"),
        (escalation.token("lay_monitor", SIBLING), TOWNSHIP),
        (escalation.token("township_enforcement", SIBLING), TOWNSHIP),
        (escalation.token("integration", DISTRICT), ELSEWHERE),
        (escalation.token("bureau_supervisor", DISTRICT), DISTRICT),
    ):
        unknown = await people.raise_issue(token, division=division, expect=422)
        assert unknown["code"] == "division-unknown"
    for role in ("agency_user", "line_department", "auditor", "system_admin"):
        token = escalation.token(role, "50", organisation=ORGANISATION)
        assert (await people.raise_issue(token, expect=403))["code"] == "forbidden"
    for token in (
        people.district,
        escalation.token("lay_monitor", DISTRICT),
        escalation.token("township_enforcement", TOWNSHIP),
        escalation.token("integration", "50"),
    ):
        await people.raise_issue(token)


async def test_who_sees_an_issue(people: People, escalation: ServiceUnderTest) -> None:
    issue = await people.raise_issue(**WHOLE)
    seen_by = [
        people.township,
        people.district,
        people.bureau,
        escalation.token("township_enforcement", TOWNSHIP),
        escalation.token("integration", DISTRICT),
        escalation.token("agency_user", ELSEWHERE, organisation=ORGANISATION),
        escalation.token("line_department", "50", domains=["urban_management"]),
    ]
    hidden_from = [
        escalation.token("township_supervision_office", SIBLING),
        escalation.token("township_enforcement", SIBLING),
        escalation.token("district_supervisor", OTHER_DISTRICT),
        escalation.token("agency_user", TOWNSHIP, organisation="11500000009275804P"),
        escalation.token("agency_user", TOWNSHIP),
        escalation.token("line_department", "50", domains=["health"]),
        escalation.token("lay_monitor", TOWNSHIP),
    ]
    for token in seen_by:
        await people.get(issue, token)
        assert (await people.page("count=exact", token))["count"] == 1
        assert (await people.page("q=职责", token))["items"] != []
        history = await escalation.get(f"{ISSUES}/{issue['id']}/history", as_=token)
        assert history.status_code == 200
    for token in hidden_from:
        assert (await people.get(issue, token, expect=404))["code"] == "not-found"
        assert (await people.page("count=exact", token)) == {
            "items": [],
            "next_cursor": None,
            "count": 0,
        }
        assert (await people.page(f"division={TOWNSHIP}&q=职责", token))["items"] == []
        history = await escalation.get(f"{ISSUES}/{issue['id']}/history", as_=token)
        assert history.status_code in {403, 404}
    for role in ("auditor", "system_admin", "security_admin"):
        await people.get(issue, escalation.token(role, "50"), expect=403)


async def test_a_lay_monitor_sees_what_they_raised_and_not_how_it_is_handled(
    people: People, escalation: ServiceUnderTest
) -> None:
    monitor = escalation.token("lay_monitor", TOWNSHIP, sub="monitor-1")
    other = escalation.token("lay_monitor", TOWNSHIP, sub="monitor-2")
    issue = await people.raise_issue(monitor, source="lay_monitor")
    await people.raise_issue()
    assert [item["id"] for item in (await people.page("", monitor))["items"]] == [issue["id"]]
    await people.get(issue, other, expect=404)
    history = await escalation.get(f"{ISSUES}/{issue['id']}/history", as_=monitor)
    assert history.status_code == 403
    assert "monitor-1" not in str(await escalation.facts())


async def test_filters_narrow_and_count(people: People, escalation: ServiceUnderTest) -> None:
    people.today_is(2026, 3, 2)
    first = await people.raise_issue(kind="complaint", title="噪声 50%_扰民")
    await people.rise(first, people.township)
    escalation.advance(days=30)
    second = await people.raise_issue(
        people.bureau,
        division=ELSEWHERE,
        kind="dispute",
        major=True,
        severity="grave",
        organisation=ORGANISATION,
    )
    third = await people.raise_issue(people.district, division=DISTRICT, source="hotline")
    names = {first["id"]: 1, second["id"]: 2, third["id"]: 3}

    async def found(query: str) -> list[int]:
        page = await people.page(f"{query}&count=exact")
        assert page["count"] == len(page["items"])
        return [names[item["id"]] for item in page["items"]]

    assert await found("") == [3, 2, 1]
    assert await found("sort=created_at") == [1, 2, 3]
    assert await found("state=escalated") == [1]
    assert await found("state=escalated&state=raised&sort=created_at") == [1, 2, 3]
    assert await found("level=district") == [3, 1]
    assert await found(f"division={DISTRICT}") == [3, 1]
    assert await found(f"division={TOWNSHIP}") == [1]
    assert await found("division=50") == [3, 2, 1]
    assert await found("division=51") == []
    assert await found("kind=complaint&kind=dispute") == [2, 1]
    assert await found("major=true") == [2]
    assert await found("source=hotline") == [3]
    assert await found("severity=grave") == [2]
    assert await found(f"organisation={ORGANISATION}") == [2]
    assert await found("created_after=2026-03-15T00:00:00%2B08:00") == [3, 2]
    assert await found("created_before=2026-03-15T00:00:00Z") == [1]
    assert await found("due_before=2026-04-01T00:00:00Z") == [1]
    assert await found("overdue=true") == [1]
    assert await found("overdue=false") == [3, 2]
    assert await found("sort=due_at") == [1, 2, 3]
    assert await found("q=50%25_扰") == [1]
    assert await found("q=50__扰") == []
    assert await found(f"q={second['number'][:-1]}") == [2]
    overdue = (await people.page("overdue=true"))["items"][0]
    assert (overdue["overdue"], overdue["level"]) == (True, "district")


@pytest.mark.parametrize(
    "query",
    [
        "cursor=nonsense",
        "cursor=e30",
        "limit=0",
        "limit=201",
        "sort=title",
        "state=open",
        "level=city",
        "overdue=perhaps",
        "count=about",
        "division=abc",
        "q=",
        "created_after=2026-03-15T00:00:00",
        "unknown=1",
    ],
)
async def test_bad_queries_are_refused(people: People, query: str) -> None:
    answer = await people.service.get(f"{ISSUES}?{query}", as_=people.bureau)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"bad-cursor", "invalid-input"}


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "due_at", "-due_at"])
async def test_pages_hold_every_issue_once_in_order(people: People, sort: str) -> None:
    issues = [await people.raise_issue() for _ in range(7)]
    for issue in issues[2:4]:
        await people.act(issue, "pause", people.township)
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await people.page(f"sort={sort}&limit=2{cursor}")
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(item["id"] for item in seen) == sorted(issue["id"] for issue in issues)
    keys = [
        (item["due_at"] or "9999", item["id"]) if "due" in sort else item["id"] for item in seen
    ]
    assert keys == sorted(keys, reverse=sort.startswith("-"))
    first = await people.page(f"sort={sort}&limit=2")
    other = "due_at" if sort != "due_at" else "created_at"
    wrong = await people.service.get(
        f"{ISSUES}?sort={other}&cursor={first['next_cursor']}", as_=people.bureau
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad-cursor")


async def test_the_inbox_holds_what_waits_for_the_callers_level_most_urgent_first(
    people: People, escalation: ServiceUnderTest
) -> None:
    async def inbox(token: str, query: str = "") -> list[str]:
        return [item["id"] for item in (await people.page(query, token, INBOX))["items"]]

    people.today_is(2026, 3, 2)
    late = await people.raise_issue(people.district, division=DISTRICT)
    low = await people.raise_issue()
    escalation.advance(days=3)
    paused = await people.raise_issue(people.district, division=DISTRICT)
    await people.act(paused, "pause", people.district)
    soon = await people.raise_issue(people.district, division=DISTRICT, major=True)
    done = await people.raise_issue(people.district, division=DISTRICT)
    await people.act(done, "decide", people.district)
    assert await inbox(people.district) == [late["id"], soon["id"], paused["id"]]
    assert await inbox(people.district, "major=true") == [soon["id"]]
    assert await inbox(people.district, "kind=complaint") == []
    assert await inbox(people.township) == [low["id"]]
    assert await inbox(people.bureau) == []
    assert await inbox(escalation.token("district_supervisor", OTHER_DISTRICT)) == []
    # A role that does not act for its division has no inbox.
    assert await inbox(escalation.token("bureau_supervisor", DISTRICT)) == []
    assert await inbox(escalation.token("district_supervisor", "")) == []
    await people.rise(soon, people.district)
    assert await inbox(people.bureau) == [soon["id"]]
    assert await inbox(people.district) == [late["id"], paused["id"]]
    escalation.advance(days=19)
    assert await inbox(people.district, "overdue=true") == [late["id"]]
    assert await inbox(people.district, "overdue=false") == [paused["id"]]
    answer = await escalation.get(INBOX, as_=escalation.token("lay_monitor", TOWNSHIP))
    assert answer.status_code == 403


async def test_a_repeated_request_raises_one_issue(
    people: People, escalation: ServiceUnderTest
) -> None:
    key = {"Idempotency-Key": "one"}
    first = await escalation.post(ISSUES, as_=people.township, json=WHOLE, headers=key)
    again = await escalation.post(ISSUES, as_=people.township, json=WHOLE, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["etag"] == again.headers["etag"]
    other = await escalation.post(
        ISSUES, as_=people.township, json=WHOLE | {"title": "x"}, headers=key
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    path = f"{ISSUES}/{first.json()['id']}/decide"
    for _ in range(2):
        answer = await escalation.post(
            path, as_=people.township, json=BODIES["decide"], headers=key
        )
        assert answer.status_code == 200
    assert await people.kinds_of_facts() == ["raised", "decided"]


async def test_a_precondition_that_meets_no_issue_raises_none(
    people: People, escalation: ServiceUnderTest
) -> None:
    answer = await escalation.post(
        ISSUES, as_=people.township, json=WHOLE, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 412
    assert (await people.page())["items"] == []


async def test_an_unchanged_issue_is_not_sent_again(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    path = f"{ISSUES}/{issue['id']}"
    seen = await escalation.get(path, as_=people.township)
    known = {"If-None-Match": seen.headers["etag"]}
    assert (await escalation.get(path, as_=people.township, headers=known)).status_code == 304
    # Another caller may do other things with it: another answer.
    assert (await escalation.get(path, as_=people.bureau, headers=known)).status_code == 200
    await people.act(issue, "triage", people.township)
    assert (await escalation.get(path, as_=people.township, headers=known)).status_code == 200
