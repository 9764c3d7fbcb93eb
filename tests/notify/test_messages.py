"""The inbox: who sees a message, and what each person has done with it."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from services.notify.messages import actions, reactions
from services.notify.messages.rules import Addressee, Draft, Kind, Reach, Urgency, parse
from services.notify.messages.tables import Message
from shared.access.actor import Role
from shared.db import Scope, new_id
from shared.events.escalation.issues import IssueDecided, IssueOverdue, IssueRaised
from shared.events.notify.messages import MessageRead
from shared.events.oversight.campaigns import CampaignPrepared
from shared.events.oversight.evaluations import EvaluationStarted
from shared.events.oversight.experiences import ExperienceAdopted, ExperienceRecalled
from shared.events.oversight.inspections import InspectionAssigned
from shared.events.oversight.rectifications import RectificationOrdered, RectificationOverdue
from shared.events.registry.divisions import DivisionMoved
from shared.events.registry.subjects import SubjectPublished, SubjectSubmitted
from shared.facts.tables import Inbox
from tests.notify.examples import ANOTHER_BODY, BODY, DISTRICT, TOWNSHIP, example
from tests.servers import ServiceUnderTest

MESSAGES = "/notify/v1/messages"


async def inbox(service: ServiceUnderTest, token: str, **query: Any) -> list[dict[str, Any]]:
    answer = await service.get(MESSAGES, as_=token, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def only_message(service: ServiceUnderTest, token: str) -> dict[str, Any]:
    (message,) = await inbox(service, token)
    return message


async def unread(service: ServiceUnderTest, token: str) -> dict[str, Any]:
    answer = await service.get(f"{MESSAGES}/unread-counts", as_=token)
    assert answer.status_code == 200, answer.text
    counts: dict[str, Any] = answer.json()
    return counts


async def test_a_fact_becomes_a_message_for_its_addressee(notify: ServiceUnderTest) -> None:
    submitted = example(SubjectSubmitted)
    caused_by = await notify.react(submitted, at=TOWNSHIP)
    message = await only_message(notify, notify.token("district_supervisor", "500106"))
    assert message == {
        "id": message["id"],
        "version": 1,
        "kind": "subject",
        "urgency": "normal",
        "title": "待审核:小龙坎街道办事处提交执法主体登记",
        "body": "沙坪坝区小龙坎街道小龙坎街道办事处(统一社会信用代码 11500106009283311L)"
        "已提交执法主体登记,请审核。",
        "link": f"/registry/v1/subjects/{submitted.subject_id}",
        "event": "registry.subject.submitted.v1",
        "caused_by": str(caused_by),
        "occurred_at": message["occurred_at"],
        "addressed_at": message["addressed_at"],
        "reach": "district",
        "role": "district_supervisor",
        "district": "500106",
        "township": "500106001",
        "organisation": None,
        "state": "unread",
        "read_at": None,
        "acknowledged_at": None,
        "archived_at": None,
        "allowed_actions": ["read", "acknowledge", "archive"],
    }


async def test_the_addressing_is_a_fact_for_our_own_services(notify: ServiceUnderTest) -> None:
    caused_by = await notify.react(example(RectificationOverdue), at=TOWNSHIP)
    facts = await notify.facts("notify.message.addressed.v1")
    assert {(f["data"]["role"], f["data"]["division"], f["division"]) for f in facts} == {
        ("agency_user", "500106", "50.500106._"),
        ("township_enforcement", "500106001", "50.500106.500106001"),
        ("township_supervision_office", "500106001", "50.500106.500106001"),
        ("district_supervisor", "500106", "50.500106._"),
    }
    assert {f["data"]["caused_by"] for f in facts} == {str(caused_by)}
    assert {f["data"]["kind"] for f in facts} == {"rectification"}
    assert all("title" not in f["data"] and "body" not in f["data"] for f in facts)
    async with notify.session() as session:
        hidden = await session.scalars(text("SELECT DISTINCT nats_subject FROM outbox"))
        assert all(subject.startswith("xi.notify.") for subject in hidden)


async def test_history_raises_no_message(notify: ServiceUnderTest) -> None:
    await notify.react(example(RectificationOverdue), at=TOWNSHIP, backfill=True)
    assert await notify.facts() == []
    async with notify.session() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 0


async def test_the_same_fact_twice_is_one_message(notify: ServiceUnderTest) -> None:
    submitted = example(SubjectSubmitted)
    await notify.react(submitted, at=TOWNSHIP)
    await notify.react(submitted, at=TOWNSHIP, again=True)
    await only_message(notify, notify.token("district_supervisor", "500106"))
    assert len(await notify.facts()) == 1


async def test_nobody_is_told_twice_by_one_rule_of_one_fact(notify: ServiceUnderTest) -> None:
    """Where the inbox's mark were moved without the effects, the database still says no."""
    draft = Draft(
        rule="a_rule",
        kind=Kind.ISSUE,
        urgency=Urgency.NORMAL,
        to=Addressee(Reach.DISTRICT, Role.DISTRICT_SUPERVISOR, TOWNSHIP),
        title="题",
        body="文",
        link="/escalation/v1/issues/1",
    )
    cause, when = new_id(), notify.app.state.clock.now()
    async with notify.session() as session:
        for _ in range(2):
            actions.address(session, draft, event="x", caused_by=cause, occurred_at=when)
        with pytest.raises(IntegrityError, match="uq_message_cause"):
            await session.flush()


@pytest.mark.parametrize("reach", list(Reach))
async def test_the_database_makes_the_same_key_as_the_rules(
    notify: ServiceUnderTest, reach: Reach
) -> None:
    role = None if reach is Reach.PERSON else Role.AGENCY_USER
    to = Addressee(reach, role, TOWNSHIP, BODY, "wang" if reach is Reach.PERSON else None)
    draft = Draft("a_rule", Kind.ISSUE, Urgency.NORMAL, to, "题", "文", "/")
    async with notify.session() as session:
        message = actions.address(
            session,
            draft,
            event="x",
            caused_by=new_id(),
            occurred_at=notify.app.state.clock.now(),
        )
        await session.flush()
        await session.refresh(message, ["addressee"])
        assert message.addressee == to.key


async def test_a_message_that_reaches_nobody_cannot_be_kept(notify: ServiceUnderTest) -> None:
    to = Addressee(Reach.TOWNSHIP, Role.AGENCY_USER, DISTRICT)
    draft = Draft("a_rule", Kind.ISSUE, Urgency.NORMAL, to, "题", "文", "/")
    async with notify.session() as session:
        actions.address(
            session,
            draft,
            event="x",
            caused_by=new_id(),
            occurred_at=notify.app.state.clock.now(),
        )
        with pytest.raises(IntegrityError, match="addressee"):
            await session.flush()


NOT_ADDRESSED: list[tuple[str, str, dict[str, Any]]] = [
    ("district_supervisor", "500107", {}),
    ("district_supervisor", "500106001", {}),
    ("bureau_supervisor", "50", {}),
    ("bureau_supervisor", "500106", {}),
    ("township_supervision_office", "500106001", {}),
    ("township_enforcement", "500106001", {}),
    ("agency_user", "500106", {"organisation": BODY}),
    ("line_department", "50", {"domains": ["urban_management"]}),
    ("lay_monitor", "500106", {}),
]


@pytest.mark.parametrize(("role", "division", "more"), NOT_ADDRESSED)
async def test_who_is_not_addressed_sees_nothing_of_a_message(
    notify: ServiceUnderTest, role: str, division: str, more: dict[str, Any]
) -> None:
    """Not in the list, not in a count, not by its id, and cannot act on it."""
    await notify.react(example(SubjectSubmitted), at=TOWNSHIP)
    message = await only_message(notify, notify.token("district_supervisor", "500106"))
    stranger = notify.token(role, division, **more)
    listed = await notify.get(MESSAGES, as_=stranger, params={"count": "exact"})
    assert (listed.json()["items"], listed.json()["count"]) == ([], 0)
    assert (await unread(notify, stranger))["total"] == 0
    for method, path in (("GET", ""), ("POST", "/read"), ("POST", "/acknowledge")):
        answer = await notify.request(method, f"{MESSAGES}/{message['id']}{path}", as_=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert len(await notify.facts()) == 1


@pytest.mark.parametrize("role", ["auditor", "security_admin", "integration"])
async def test_auditors_security_administrators_and_systems_have_no_inbox(
    notify: ServiceUnderTest, role: str
) -> None:
    for path in ("", "/unread-counts", f"/{new_id()}", f"/{new_id()}/receipts"):
        answer = await notify.get(f"{MESSAGES}{path}", as_=notify.token(role, "50"))
        assert answer.status_code == 403
    assert (await notify.get(MESSAGES)).status_code == 401


async def test_a_body_is_told_wherever_its_people_sit_and_no_other_body_is(
    notify: ServiceUnderTest,
) -> None:
    await notify.react(example(RectificationOrdered), at=DISTRICT)
    for division in ("500106", "500106001", "50"):
        own = notify.token("agency_user", division, organisation=BODY)
        assert (await only_message(notify, own))["organisation"] == BODY
    for another in (
        notify.token("agency_user", "500106", organisation=ANOTHER_BODY),
        notify.token("agency_user", "500106"),
        notify.token("line_department", "500106", organisation=BODY),
    ):
        assert await inbox(notify, another) == []


async def test_a_person_is_told_whatever_the_role(notify: ServiceUnderTest) -> None:
    """Inspectors learn of their task; the township to be inspected unannounced does not."""
    assigned = example(InspectionAssigned, mode="unannounced", inspectors=["wang", "li"])
    await notify.react(assigned, at=TOWNSHIP)
    for role, division, sub in (
        ("district_supervisor", "500106", "wang"),
        ("bureau_supervisor", "50", "li"),
    ):
        message = await only_message(notify, notify.token(role, division, sub=sub))
        assert (message["reach"], message["role"]) == ("person", None)
    for role in ("township_supervision_office", "township_enforcement"):
        assert await inbox(notify, notify.token(role, "500106001", sub="zhao")) == []
    office = notify.token("township_supervision_office", "500106001")
    assert "inspection" not in (await notify.get("/notify/v1/events", as_=office)).text


async def test_bodies_that_evaluate_too_are_asked_for_their_scores(
    notify: ServiceUnderTest,
) -> None:
    await notify.react(example(EvaluationStarted, co_evaluators=[BODY, ANOTHER_BODY]), at=DISTRICT)
    for body in (BODY, ANOTHER_BODY):
        message = await only_message(
            notify, notify.token("agency_user", "500106", organisation=body)
        )
        assert message["kind"] == "evaluation"
    other = notify.token("agency_user", "500106", organisation="11500106009283400X")
    assert await inbox(notify, other) == []


async def test_whoever_may_approve_is_told_of_a_secret_plan_and_not_of_what_it_is(
    notify: ServiceUnderTest,
) -> None:
    told = {"mode": "unannounced", "step": "planned", "authority_level": "district"}
    await notify.react(example(CampaignPrepared, approver=None, **told), at=DISTRICT)
    district = notify.token("district_supervisor", "500106", sub="zhou")
    message = await only_message(notify, district)
    assert example(CampaignPrepared).theme not in message["title"] + message["body"]
    for role, division in (
        ("township_supervision_office", "500106001"),
        ("township_enforcement", "500106001"),
        ("bureau_supervisor", "50"),
    ):
        assert await inbox(notify, notify.token(role, division, sub="other")) == []
    # Where somebody is named, they alone are told.
    await notify.react(example(CampaignPrepared, approver="chen", **told), at=DISTRICT)
    assert len(await inbox(notify, district)) == 1
    named = notify.token("district_supervisor", "500106", sub="chen")
    assert len(await inbox(notify, named)) == 2


async def test_the_division_that_adopted_an_experience_learns_of_both_its_turns(
    notify: ServiceUnderTest,
) -> None:
    office = notify.token("township_supervision_office", "500106001")
    for number, fact in enumerate((ExperienceAdopted, ExperienceRecalled), start=1):
        await notify.react(example(fact), at=TOWNSHIP)
        assert len(await inbox(notify, office)) == number


async def test_the_bureau_has_its_own_inbox_and_not_everybodys(notify: ServiceUnderTest) -> None:
    await notify.react(example(IssueRaised, level="district"), at=TOWNSHIP)
    await notify.react(example(IssueRaised, level="bureau"), at=TOWNSHIP)
    message = await only_message(notify, notify.token("bureau_supervisor", "50"))
    assert message["reach"] == "city"


async def test_read_and_acknowledged_are_each_persons_own(notify: ServiceUnderTest) -> None:
    await notify.react(example(IssueDecided, level="bureau"), at=TOWNSHIP)
    first = notify.token("township_supervision_office", "500106001", sub="first")
    second = notify.token("township_supervision_office", "500106001", sub="second")
    message = await only_message(notify, first)
    path = f"{MESSAGES}/{message['id']}"

    read = (await notify.post(f"{path}/read", as_=first)).json()
    assert (read["state"], read["version"]) == ("read", 2)
    assert read["read_at"] and read["acknowledged_at"] is None
    assert read["allowed_actions"] == ["acknowledge", "archive"]
    assert (await notify.get(path, as_=second)).json()["state"] == "unread"

    notify.advance(seconds=60)
    again = (await notify.post(f"{path}/read", as_=first)).json()
    assert again == read
    acknowledged = (await notify.post(f"{path}/acknowledge", as_=first)).json()
    assert (acknowledged["state"], acknowledged["version"]) == ("acknowledged", 3)
    assert acknowledged["read_at"] == read["read_at"] < acknowledged["acknowledged_at"]
    assert acknowledged["allowed_actions"] == ["archive"]
    assert (await notify.get(path, as_=first)).json() == acknowledged

    at_once = (await notify.post(f"{path}/acknowledge", as_=second)).json()
    assert at_once["state"] == "acknowledged"
    assert at_once["read_at"] <= at_once["acknowledged_at"]
    assert (await notify.post(f"{path}/read", as_=second)).json() == at_once


async def test_reading_leaves_one_fact_for_the_auditor_however_often(
    notify: ServiceUnderTest,
) -> None:
    await notify.react(example(IssueDecided, level="bureau"), at=TOWNSHIP)
    office = notify.token("township_supervision_office", "500106001")
    message = await only_message(notify, office)
    for _ in range(2):
        await notify.post(f"{MESSAGES}/{message['id']}/read", as_=office)
    await notify.post(f"{MESSAGES}/{message['id']}/acknowledge", as_=office)
    (fact,) = await notify.facts("notify.message.read.v1")
    assert fact["data"]["by"] == "township_supervision_office@500106001"
    assert MessageRead.audience == "audit"


async def test_acknowledging_leaves_one_fact_however_often(notify: ServiceUnderTest) -> None:
    await notify.react(example(IssueDecided, level="bureau"), at=TOWNSHIP)
    office = notify.token("township_supervision_office", "500106001")
    message = await only_message(notify, office)
    path = f"{MESSAGES}/{message['id']}/acknowledge"
    first = await notify.post(path, as_=office)
    notify.advance(days=1)
    second = await notify.post(path, as_=office)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    (fact,) = await notify.facts("notify.message.acknowledged.v1")
    assert fact["data"]["message_id"] == message["id"]
    assert fact["data"]["by"] == fact["actor"] == "township_supervision_office@500106001"
    assert fact["division"] == "50.500106.500106001"
    assert fact["subject"] == message["id"]


async def test_one_person_at_once_ten_times_is_one_acknowledgement(
    notify: ServiceUnderTest,
) -> None:
    await notify.react(example(IssueDecided, level="bureau"), at=TOWNSHIP)
    office = notify.token("township_supervision_office", "500106001")
    message = await only_message(notify, office)
    path = f"{MESSAGES}/{message['id']}/acknowledge"
    answers = await asyncio.gather(*(notify.post(path, as_=office) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["acknowledged_at"] for answer in answers}) == 1
    assert len(await notify.facts("notify.message.acknowledged.v1")) == 1


async def test_a_stale_precondition_changes_nothing(notify: ServiceUnderTest) -> None:
    await notify.react(example(IssueDecided, level="bureau"), at=TOWNSHIP)
    office = notify.token("township_supervision_office", "500106001")
    message = await only_message(notify, office)
    path = f"{MESSAGES}/{message['id']}"
    tag = (await notify.get(path, as_=office)).headers["ETag"]
    fresh = await notify.post(f"{path}/read", as_=office, headers={"If-Match": tag})
    assert fresh.status_code == 200
    stale = await notify.post(f"{path}/acknowledge", as_=office, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    now = {"If-Match": fresh.headers["ETag"]}
    assert (await notify.post(f"{path}/acknowledge", as_=office, headers=now)).status_code == 200
    unchanged = {"If-None-Match": (await notify.get(path, as_=office)).headers["ETag"]}
    assert (await notify.get(path, as_=office, headers=unchanged)).status_code == 304


async def test_unread_counts_are_by_kind_and_total(notify: ServiceUnderTest) -> None:
    district = notify.token("district_supervisor", "500106")
    none = dict.fromkeys(map(str, Kind), 0)
    assert await unread(notify, district) == {"total": 0, "by_kind": none}
    await notify.react(example(SubjectSubmitted), at=TOWNSHIP)
    for _ in range(2):
        await notify.react(example(IssueOverdue, level="district"), at=TOWNSHIP)
    assert await unread(notify, district) == {
        "total": 3,
        "by_kind": {**none, "subject": 1, "issue": 2},
    }
    newest = (await inbox(notify, district))[0]
    await notify.post(f"{MESSAGES}/{newest['id']}/read", as_=district)
    assert (await unread(notify, district))["by_kind"]["issue"] == 1
    colleague = notify.token("district_supervisor", "500106", sub="colleague")
    assert (await unread(notify, colleague))["total"] == 3


async def test_the_list_is_newest_first_and_filtered(notify: ServiceUnderTest) -> None:
    district = notify.token("district_supervisor", "500106")
    await notify.react(example(SubjectSubmitted), at=TOWNSHIP)
    await notify.react(example(RectificationOverdue), at=TOWNSHIP)
    notify.advance(days=1)
    between = notify.app.state.clock.now() - timedelta(hours=1)
    await notify.react(example(IssueRaised, level="district", major=True), at=TOWNSHIP)

    async def kinds(**query: Any) -> list[str]:
        return [message["kind"] for message in await inbox(notify, district, **query)]

    everything = ["issue", "rectification", "subject"]
    assert await kinds() == everything
    assert await kinds(kind="subject") == ["subject"]
    assert await kinds(urgency="urgent") == ["issue", "rectification"]
    assert await kinds(after=between.isoformat()) == ["issue"]
    issue, _, subject = await inbox(notify, district)
    await notify.post(f"{MESSAGES}/{issue['id']}/read", as_=district)
    await notify.post(f"{MESSAGES}/{subject['id']}/acknowledge", as_=district)
    assert await kinds(unread=True) == ["rectification"]
    assert await kinds(unread=False) == ["issue", "subject"]
    assert await kinds(unacknowledged=True) == ["issue", "rectification"]
    assert await kinds(unacknowledged=False) == ["subject"]
    assert await kinds(unread=False, unacknowledged=True) == ["issue"]
    assert [m["state"] for m in await inbox(notify, district)] == ["read", "unread", "acknowledged"]


async def test_pages_follow_each_other(notify: ServiceUnderTest) -> None:
    district = notify.token("district_supervisor", "500106")
    for _ in range(5):
        await notify.react(example(IssueOverdue, level="district"), at=TOWNSHIP)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "count": "exact"}
    while True:
        page = (await notify.get(MESSAGES, as_=district, params=query)).json()
        assert page["count"] == 5
        seen += [message["id"] for message in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"cursor": "xyz"}, "bad-cursor"),
        ({"kind": "nothing"}, "invalid-input"),
        ({"after": "2022-08-01T00:00:00"}, "invalid-input"),
        ({"limit": 201}, "invalid-input"),
        ({"unknown": 1}, "invalid-input"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused(
    notify: ServiceUnderTest, query: dict[str, Any], code: str
) -> None:
    token = notify.token("district_supervisor", "500106")
    answer = await notify.get(MESSAGES, as_=token, params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_supervisors_of_the_division_see_who_has_taken_note(
    notify: ServiceUnderTest,
) -> None:
    await notify.react(example(IssueDecided, level="bureau"), at=TOWNSHIP)
    office = notify.token("township_supervision_office", "500106001")
    message = await only_message(notify, office)
    path = f"{MESSAGES}/{message['id']}"
    await notify.post(
        f"{path}/read", as_=notify.token("township_supervision_office", "500106001", sub="second")
    )
    await notify.post(f"{path}/acknowledge", as_=office)
    for role, division in (
        ("township_supervision_office", "500106001"),
        ("district_supervisor", "500106"),
        ("bureau_supervisor", "50"),
    ):
        answer = await notify.get(f"{path}/receipts", as_=notify.token(role, division))
        read, acknowledged = answer.json()["items"]
        assert (read["sub"], read["acknowledged_at"]) == ("second", None)
        assert (
            acknowledged["sub"] == acknowledged["name"] == "township_supervision_office@500106001"
        )
        assert acknowledged["acknowledged_at"] is not None
    for role, division, status in (
        ("township_supervision_office", "500106002", 404),
        ("district_supervisor", "500107", 404),
        ("township_enforcement", "500106001", 403),
    ):
        answer = await notify.get(f"{path}/receipts", as_=notify.token(role, division))
        assert answer.status_code == status
    page = await notify.get(f"{path}/receipts", as_=office, params={"limit": 1})
    rest = {"cursor": page.json()["next_cursor"]}
    (last,) = (await notify.get(f"{path}/receipts", as_=office, params=rest)).json()["items"]
    assert last["acknowledged_at"] is not None


async def test_nobody_sees_who_above_them_has_taken_note(notify: ServiceUnderTest) -> None:
    await notify.react(example(IssueRaised, level="bureau"), at=TOWNSHIP)
    await notify.react(example(IssueRaised, level="district"), at=TOWNSHIP)
    await notify.react(example(InspectionAssigned, mode="unannounced"), at=TOWNSHIP)
    to_bureau = await only_message(notify, notify.token("bureau_supervisor", "50"))
    to_district = await only_message(notify, notify.token("district_supervisor", "500106"))
    to_inspector = await only_message(
        notify, notify.token("district_supervisor", "500107", sub="wang")
    )
    office = notify.token("township_supervision_office", "500106001")
    district = notify.token("district_supervisor", "500106")
    for message, token, status in (
        (to_bureau, office, 404),
        (to_bureau, district, 404),
        (to_district, office, 404),
        (to_district, district, 200),
        (to_inspector, office, 404),
        (to_inspector, district, 200),
    ):
        answer = await notify.get(f"{MESSAGES}/{message['id']}/receipts", as_=token)
        assert answer.status_code == status


MOVED = DivisionMoved(
    code="500106001",
    name="小龙坎街道",
    former_parent="500106",
    parent="500107",
    moved_on=date(2022, 9, 1),
)


async def test_messages_of_a_township_that_moves_go_with_it(notify: ServiceUnderTest) -> None:
    """The new district takes over, the former one keeps what it was told; both know it as one."""
    former = notify.token("district_supervisor", "500106")
    new = notify.token("district_supervisor", "500107")
    await notify.react(example(SubjectSubmitted), at=TOWNSHIP)
    await notify.react(example(IssueDecided, level="bureau"), at=TOWNSHIP)
    await notify.react(MOVED, at=Scope())
    for token in (former, new):
        assert [m["district"] for m in await inbox(notify, token)] == ["500107", "500107"]
        assert (await unread(notify, token))["total"] == 2
    office = notify.token("township_supervision_office", "500106001")
    assert len(await inbox(notify, office)) == 1
    assert await inbox(notify, notify.token("agency_user", "500106")) == []
    assert await inbox(notify, notify.token("bureau_supervisor", "50")) == []


async def test_a_fact_that_comes_after_the_move_reaches_the_new_district(
    notify: ServiceUnderTest,
) -> None:
    """Services tell in no common order: this one was made in the old district."""
    await notify.react(MOVED, at=Scope())
    await notify.react(example(IssueOverdue, level="district"), at=TOWNSHIP)
    message = await only_message(notify, notify.token("district_supervisor", "500107"))
    assert message["district"] == "500107"
    assert "九龙坡区小龙坎街道" in message["body"]
    assert await inbox(notify, notify.token("district_supervisor", "500106")) == []


async def test_a_division_that_is_not_known_yet_is_taken_as_told(
    notify: ServiceUnderTest,
) -> None:
    await notify.react(
        example(IssueOverdue, level="district"), at=Scope("50", "500999", "500999001")
    )
    message = await only_message(notify, notify.token("district_supervisor", "500999"))
    assert message["township"] == "500999001"


async def test_the_reaction_follows_the_rules_it_is_given(notify: ServiceUnderTest) -> None:
    """A changed rule changes whom a fact tells, and nothing else has to be changed."""
    text_of_rules = reactions.RULES.read_text(encoding="utf-8")
    changed = parse(
        text_of_rules.replace(
            '[{ at = "district", role = "district_supervisor" }]\nkind = "subject"',
            '[{ at = "city", role = "line_department" }]\nkind = "subject"',
            1,
        )
    )
    from shared.facts import record
    from shared.facts.inbox import Reactions, react_once

    async with notify.session() as session:
        row = record(session, example(SubjectSubmitted), TOWNSHIP)
        table = Reactions([(SubjectSubmitted, reactions.telling(changed))])
        body = row["event"]
        assert isinstance(body, bytes)
        await react_once(session, table, "registry", [(0, body)])
        await session.commit()
        assert await session.scalar(select(Inbox.stream_index)) == 0
    await only_message(notify, notify.token("line_department", "50", domains=["transport"]))
    assert await inbox(notify, notify.token("district_supervisor", "500106")) == []


async def test_every_message_says_when_it_happened_and_when_it_was_addressed(
    notify: ServiceUnderTest,
) -> None:
    notify.advance(days=30)
    await notify.react(example(SubjectPublished), at=TOWNSHIP)
    message = await only_message(notify, notify.token("agency_user", "500106", organisation=BODY))
    assert message["occurred_at"] <= message["addressed_at"]
    assert UUID(message["id"]).version == 7


async def test_each_person_archives_for_oneself_and_nothing_else_changes(
    notify: ServiceUnderTest,
) -> None:
    await notify.react(example(SubjectSubmitted), at=TOWNSHIP)
    zhao = notify.token("district_supervisor", "500106", sub="zhao")
    qian = notify.token("district_supervisor", "500106", sub="qian")
    path = f"{MESSAGES}/{(await only_message(notify, zhao))['id']}"

    async def post(verb: str, **headers: str) -> Any:
        answer = await notify.post(f"{path}/{verb}", as_=zhao, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    gone = await post("archive")
    assert (gone["state"], gone["version"], gone["allowed_actions"]) == (
        "read",
        3,
        ["acknowledge", "unarchive"],
    )
    assert (await post("archive"))["version"] == 3, "again changes nothing"
    assert await inbox(notify, zhao, archived="false") == []
    assert [one["id"] for one in await inbox(notify, zhao, archived="true")] == [gone["id"]]
    assert len(await inbox(notify, qian, archived="false")) == 1
    assert (await unread(notify, qian))["total"] == 1
    stale = await notify.post(f"{path}/unarchive", as_=zhao, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    back = await post("unarchive")
    assert (back["archived_at"], back["version"]) == (None, 4)
    done = await post("acknowledge")
    assert (done["version"], done["allowed_actions"]) == (5, ["archive"])
    facts = await notify.facts("notify.message.archived.v1")
    assert [(f["data"]["by"], f["data"]["archived"]) for f in facts] == [
        ("zhao", True),
        ("zhao", False),
    ]


async def test_messages_are_found_by_words_of_their_title_and_text_within_ones_own(
    notify: ServiceUnderTest,
) -> None:
    await notify.react(example(SubjectSubmitted, name="甲镇人民政府"), at=TOWNSHIP)
    await notify.react(example(SubjectSubmitted, name="乙%街道办事处"), at=TOWNSHIP)
    zhao = notify.token("district_supervisor", "500106", sub="zhao")
    other = notify.token("district_supervisor", "500107", sub="other")
    for words, found in (("甲镇", 1), ("待审核", 2), ("待审核 乙", 1), ("%", 1), ("丙镇", 0)):
        assert len(await inbox(notify, zhao, q=words)) == found, words
    assert await inbox(notify, other, q="甲镇") == []
