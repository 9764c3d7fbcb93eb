"""Trainings: who attends, who passes, what counts for the year, and who is short of it."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.registry.training_hours import actions as training_hours
from services.registry.trainings.rules import LIFECYCLE
from services.registry.trainings.tables import Training, TrainingEnrolment
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    TOWNSHIP,
    get,
    officer,
    ok,
    patch,
    post,
    published,
    refused,
    reversal_of,
    wrong_fields,
)
from tests.registry.test_supervision_officers import appointed, nominated, person
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PATH = "/trainings"
HEAD = ("district_supervisor", DISTRICT)
BUREAU = ("bureau_supervisor", "50")
NOBODY = "019ab3a0-0000-7000-8000-000000000001"


def today(registry: ServiceUnderTest) -> date:
    return registry.today()


def course(registry: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    day = today(registry)
    return {
        "title": "行政执法监督实务培训",
        "kind": "continuing",
        "audience": "both",
        "hours": 16,
        "trainer": "市司法局",
        "division": DISTRICT,
        "starts_on": (day - timedelta(days=1)).isoformat(),
        "ends_on": day.isoformat(),
        "exam": False,
        **fields,
    }


async def planned(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, PATH, *BUREAU, **course(registry, **fields)), 201)


async def does(registry: ServiceUnderTest, training: Any, action: str, **body: Any) -> Any:
    return await post(registry, f"{PATH}/{training['id']}/{action}", *BUREAU, **body)


async def held(
    registry: ServiceUnderTest, who: dict[str, int], *, officers: Any = (), **fields: Any
) -> Any:
    """A training that those named attended; `officers` says which of them are officers."""
    training = await planned(registry, **fields)
    ok(await does(registry, training, "open"))
    named = {
        "officer_ids": [id for id in who if id in officers],
        "supervision_officer_ids": [id for id in who if id not in officers],
    }
    ok(await does(registry, training, "enrol", **named))
    ok(await does(registry, training, "hold"))
    attendance = [{"person_id": id, "hours": count} for id, count in who.items()]
    return ok(await does(registry, training, "attend", attendance=attendance))


async def attended(
    registry: ServiceUnderTest, who: dict[str, int], *, officers: Any = (), **fields: Any
) -> Any:
    training = await held(registry, who, officers=officers, **fields)
    return ok(await does(registry, training, "close"))


async def hours_of(registry: ServiceUnderTest, id: str, *caller: str, **params: Any) -> Any:
    answer = await get(registry, f"{PATH}/hours", *caller, person_id=id, **params)
    return ok(answer)


async def test_a_training_goes_from_plan_to_its_close(registry: ServiceUnderTest) -> None:
    one, two = (await appointed(registry))["id"], (await nominated(registry))["id"]
    training = await planned(registry, exam=True)
    assert (training["state"], training["allowed_actions"]) == (
        "planned",
        ["change", "open", "cancel"],
    )
    path = f"{PATH}/{training['id']}"
    changed = ok(await patch(registry, path, version=1, hours=20))
    assert (changed["hours"], changed["version"]) == (20, 2)
    opened = ok(await does(registry, training, "open"))
    assert opened["allowed_actions"] == ["enrol", "cancel"]
    enrolled = ok(await does(registry, training, "enrol", supervision_officer_ids=[one, two]))
    assert (enrolled["enrolled"], enrolled["allowed_actions"]) == (
        2,
        ["enrol", "hold", "reverse", "cancel"],
    )
    view = ok(await does(registry, training, "hold"))
    assert (view["state"], view["held_on"]) == ("held", training["ends_on"])
    assert view["allowed_actions"] == ["reverse", "attend"]
    attendance = [{"person_id": one, "hours": 20}, {"person_id": two, "hours": 16}]
    view = ok(await does(registry, training, "attend", attendance=attendance))
    assert (view["attended"], view["allowed_actions"]) == (2, ["reverse", "attend", "examine"])
    results = [{"person_id": one, "score": 59}, {"person_id": two, "score": 60}]
    view = ok(await does(registry, training, "examine", results=results))
    assert (view["state"], view["allowed_actions"]) == ("examined", ["reverse", "examine", "close"])
    view = ok(await does(registry, training, "close"))
    assert (view["state"], view["completed"], view["allowed_actions"]) == ("closed", 1, [])
    people = ok(await get(registry, f"{path}/enrolments", count="exact"))
    told = {
        p["person_id"]: (p["hours"], p["score"], p["passed"], p["completed"])
        for p in people["items"]
    }
    assert told == {one: (20, 59, False, False), two: (16, 60, True, True)}
    facts = [fact for fact in await registry.facts() if ".training." in fact["type"]]
    assert [fact["type"].removeprefix("xiejian.registry.training.") for fact in facts] == [
        "planned.v1",
        "changed.v1",
        "opened.v1",
        "enrolled.v1",
        "held.v1",
        "attended.v1",
        "examined.v1",
        "closed.v1",
    ]
    assert {fact["division"] for fact in facts} == {f"50.{DISTRICT}._"}
    assert one not in str(facts)
    async with registry.session() as session:
        row = (await session.scalars(select(Training))).one()
        enrolments = (await session.scalars(select(TrainingEnrolment))).all()
    assert (row.district, row.township, len(enrolments)) == (DISTRICT, None, 2)


async def test_attendance_counts_for_the_year_of_an_officer_and_of_a_supervision_officer(
    registry: ServiceUnderTest,
) -> None:
    somebody = await officer(registry, await published(registry))
    supervisor = await appointed(registry)
    hours = {somebody["id"]: 12, supervisor["id"]: 16}
    training = await held(registry, hours, officers=[somebody["id"]])
    assert (await hours_of(registry, somebody["id"]))["hours"] == 0
    assert (await hours_of(registry, supervisor["id"]))["hours"] == 0
    ok(await does(registry, training, "close"))
    year = str(today(registry).year)
    told = await hours_of(registry, somebody["id"])
    assert (told["person_kind"], told["hours"], told["needed"]) == ("officer", 12, 60)
    assert (told["short"], told["year"]) == (True, int(year))
    assert told["items"] == [{"course": training["title"], "hours": 12, "on": training["held_on"]}]
    # The officer's own record is the one source.
    view = ok(await get(registry, f"/officers/{somebody['id']}"))
    assert view["training_hours"] == {year: 12}
    records = ok(await get(registry, f"/officers/{somebody['id']}/trainings"))["items"]
    assert [(r["course"], r["hours"]) for r in records] == [(training["title"], 12)]
    assert len(await registry.facts("registry.officer.training_recorded.v1")) == 1
    told = await hours_of(registry, supervisor["id"])
    assert (told["person_kind"], told["hours"], told["needed"]) == ("supervision_officer", 16, 80)
    assert (await hours_of(registry, supervisor["id"], year=int(year) - 1))["hours"] == 0
    more = await attended(registry, {supervisor["id"]: 64}, hours=64, title="专题班")
    told = await hours_of(registry, supervisor["id"])
    assert (told["hours"], told["short"]) == (80, False)
    assert [item["course"] for item in told["items"]] == ["专题班", training["title"]]
    assert more["completed"] == 1


async def test_what_was_recorded_of_an_officer_by_hand_is_not_counted_twice(
    registry: ServiceUnderTest,
) -> None:
    somebody = await officer(registry, await published(registry))
    day = today(registry).isoformat()
    record: dict[str, Any] = {"course": "行政执法监督实务培训", "hours": 8, "on": day}
    ok(await post(registry, f"/officers/{somebody['id']}/trainings", *BUREAU, **record), 201)
    await attended(registry, {somebody["id"]: 16}, officers=[somebody["id"]])
    assert (await hours_of(registry, somebody["id"]))["hours"] == 8


async def test_training_brings_a_candidate_forward_among_equals(registry: ServiceUnderTest) -> None:
    first, second = await nominated(registry), await nominated(registry)
    more = await nominated(registry, experience_years=7)
    await attended(registry, {second["id"]: 64}, hours=64)
    items = ok(await get(registry, "/supervision-officers/candidates", division=DISTRICT))["items"]
    assert [item["id"] for item in items] == [more["id"], second["id"], first["id"]]
    points = {p["criterion"]: (p["value"], p["points"]) for p in items[1]["points"]}
    assert points["training"] == (64, 6)


async def test_who_is_short_of_hours_is_told_once_a_year_a_body_or_division(
    registry: ServiceUnderTest,
) -> None:
    """建立健全干部培训、培养机制."""
    subject, other = await published(registry), await published(registry, division=FOREIGN_TOWNSHIP)
    people = [await officer(registry, subject) for _ in range(3)]
    await officer(registry, subject, staffing="auxiliary")
    abroad = await officer(registry, other)
    trained, short = await appointed(registry), await appointed(registry)
    await nominated(registry)
    async with registry.session() as session:
        await training_hours.watch(session)
        await training_hours.watch(session)
        await session.commit()
    due = date(today(registry).year, 10, 31)
    if today(registry) >= due:
        due = due.replace(year=due.year + 1)
        registry.advance(days=(date(due.year, 1, 5) - today(registry)).days)
    await attended(
        registry,
        {people[0]["id"]: 60, people[1]["id"]: 59, trained["id"]: 80},
        officers=[somebody["id"] for somebody in people],
        hours=80,
    )
    assert await registry.fire_timers() == 0
    registry.advance(days=(due - today(registry)).days + 2)
    assert await registry.fire_timers() == 1
    facts = await registry.facts("registry.training.due.v1")
    told = {
        (f["data"]["person_kind"], f["data"]["division"], f["data"]["organisation"]): f
        for f in facts
    }
    assert len(facts) == len(told) == 3
    ours = told["officer", TOWNSHIP, subject["uscc"]]
    assert ours["data"]["person_ids"] == [people[1]["id"], people[2]["id"]]
    assert (ours["data"]["year"], ours["data"]["needed"]) == (due.year, 60)
    assert ours["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert told["officer", FOREIGN_TOWNSHIP, other["uscc"]]["data"]["person_ids"] == [abroad["id"]]
    supervision = told["supervision_officer", DISTRICT, None]
    assert supervision["data"]["person_ids"] == [short["id"]]
    assert supervision["data"]["needed"] == 80
    assert await registry.fire_timers() == 0
    registry.advance(days=366)
    assert await registry.fire_timers() == 1
    assert len(await registry.facts("registry.training.due.v1")) == 6


async def test_only_those_whom_it_is_for_and_who_are_in_service_are_enrolled(
    registry: ServiceUnderTest,
) -> None:
    somebody = await officer(registry, await published(registry))
    supervisor = await appointed(registry)
    for audience, body in (
        ("supervision_officers", {"officer_ids": [somebody["id"]]}),
        ("officers", {"supervision_officer_ids": [supervisor["id"]]}),
    ):
        training = await planned(registry, audience=audience)
        ok(await does(registry, training, "open"))
        wrong = await does(registry, training, "enrol", **body)
        refused(wrong, 422, "training-wrong-audience")
    training = await planned(registry)
    ok(await does(registry, training, "open"))
    unknown = {"officer_ids": [somebody["id"], NOBODY]}
    refused(await does(registry, training, "enrol", **unknown), 404, "not-found")
    empty = await does(registry, training, "enrol", officer_ids=[])
    assert wrong_fields(empty) == {("", "nobody-named")}
    both = {"officer_ids": [somebody["id"]], "supervision_officer_ids": [supervisor["id"]]}
    assert ok(await does(registry, training, "enrol", **both))["enrolled"] == 2
    ok(await post(registry, f"/officers/{somebody['id']}/retire", *BUREAU, reason="退休"))
    left = f"/supervision-officers/{supervisor['id']}/leave"
    ok(await post(registry, left, *BUREAU, reason="退休"))
    for body in (
        {"officer_ids": [somebody["id"]]},
        {"supervision_officer_ids": [supervisor["id"]]},
    ):
        refused(
            await does(registry, training, "enrol", **body), 422, "training-person-not-in-service"
        )


async def test_nobody_is_enrolled_twice_at_once(registry: ServiceUnderTest) -> None:
    supervisor = await appointed(registry)
    training = await planned(registry)
    ok(await does(registry, training, "open"))
    body = {"supervision_officer_ids": [supervisor["id"]]}
    answers = await asyncio.gather(*(does(registry, training, "enrol", **body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    refused(next(a for a in answers if a.status_code == 409), 409, "training-already-enrolled")
    assert ok(await get(registry, f"{PATH}/{training['id']}"))["enrolled"] == 1


async def test_a_training_is_held_and_recorded_as_it_was(registry: ServiceUnderTest) -> None:
    early = await post(
        registry, PATH, *BUREAU, **course(registry, starts_on="2027-02-02", ends_on="2027-02-01")
    )
    refused(early, 422, "training-period-invalid")
    training = await planned(registry, starts_on="2098-01-01", ends_on="2098-01-02")
    ok(await does(registry, training, "open"))
    refused(await does(registry, training, "hold"), 409, "training-nobody-enrolled")
    one, other = (await appointed(registry))["id"], (await appointed(registry))["id"]
    body = {"supervision_officer_ids": [one]}
    assert "hold" not in ok(await does(registry, training, "enrol", **body))["allowed_actions"]
    refused(await does(registry, training, "hold"), 409, "training-not-begun")
    gone = ok(await does(registry, training, "cancel", reason="师资未落实"))
    assert (gone["state"], gone["reason"]) == ("cancelled", "师资未落实")
    training = await held(registry, {one: 0}, exam=True)
    for attendance, code in (
        ([{"person_id": one, "hours": 17}], "training-more-hours-than-held"),
        ([{"person_id": other, "hours": 1}], "training-not-enrolled"),
        ([{"person_id": one, "hours": 1}] * 2, "training-not-enrolled"),
    ):
        refused(await does(registry, training, "attend", attendance=attendance), 422, code)
    results = [{"person_id": one, "score": 90}]
    refused(
        await does(registry, training, "examine", results=results), 422, "training-not-attended"
    )
    refused(await does(registry, training, "close"), 409, "training-examination-missing")
    plain = await held(registry, {one: 16})
    refused(
        await does(registry, plain, "examine", results=results), 409, "training-without-examination"
    )


async def test_too_few_hours_complete_nothing(registry: ServiceUnderTest) -> None:
    one, other = (await appointed(registry))["id"], (await appointed(registry))["id"]
    training = await attended(registry, {one: 8, other: 7}, hours=10)
    assert training["completed"] == 1
    path = f"{PATH}/{training['id']}/enrolments"
    told = {p["person_id"]: p["completed"] for p in ok(await get(registry, path))["items"]}
    assert told == {one: True, other: False}


async def test_whose_people_attend_sees_the_training_and_only_their_own(
    registry: ServiceUnderTest,
) -> None:
    ours = await appointed(registry)
    body = person(division=FOREIGN, office="江津区司法局")
    theirs = ok(await post(registry, "/supervision-officers", *BUREAU, **body), 201)
    training = await planned(registry, division="50")
    path = f"{PATH}/{training['id']}"
    refused(await get(registry, path), 404, "not-found")
    ok(await does(registry, training, "open"))
    named = {"supervision_officer_ids": [ours["id"], theirs["id"]]}
    ok(await does(registry, training, "enrol", **named))
    seen = ok(await get(registry, path))
    assert (seen["enrolled"], seen["allowed_actions"]) == (2, [])
    for division, somebody in ((DISTRICT, ours), (FOREIGN, theirs)):
        people = await get(
            registry, f"{path}/enrolments", "district_supervisor", division, count="exact"
        )
        told = ok(people)
        assert ([p["person_id"] for p in told["items"]], told["count"]) == ([somebody["id"]], 1)
    assert ok(await get(registry, f"{path}/enrolments", *BUREAU, count="exact"))["count"] == 2
    refused(await get(registry, path, "district_supervisor", "500107"), 404, "not-found")
    refused(await post(registry, f"{path}/hold"), 403, "not-in-charge")
    hidden = await get(registry, f"{PATH}/hours", person_id=theirs["id"])
    refused(hidden, 404, "not-found")
    township = ("township_enforcement", TOWNSHIP)
    own = await appointed(registry, division=TOWNSHIP)
    refused(await get(registry, f"{PATH}/hours", *township, person_id=own["id"]), 404, "not-found")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    people = [(await nominated(registry, name=f"某{n}"))["id"] for n in range(12)]
    exams, later = iter([True, False] * 50), iter([False, True, True] * 40)

    async def create() -> Any:
        exam = next(exams)
        if next(later):
            return await held(registry, {people[0]: 0}, exam=exam)
        return await planned(registry, exam=exam)

    async def there(thing: Any) -> list[Any]:
        listed = ok(await get(registry, f"{PATH}/{thing['id']}/enrolments", *BUREAU))["items"]
        return [one for one in listed if not one["reversed_at"]]

    async def enrol(thing: Any) -> dict[str, Any]:
        known = {one["person_id"] for one in await there(thing)}
        return {"supervision_officer_ids": [next(id for id in people if id not in known)]}

    async def attend(thing: Any) -> dict[str, Any]:
        somebody = next((one["person_id"] for one in await there(thing)), NOBODY)
        return {"attendance": [{"person_id": somebody, "hours": 16}]}

    async def examine(thing: Any) -> dict[str, Any]:
        came = (one["person_id"] for one in await there(thing) if one["hours"])
        return {"results": [{"person_id": next(came, NOBODY), "score": 80}]}

    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + PATH,
        create,
        {
            "bureau": registry.token(*BUREAU, sub="bureau"),
            "head": registry.token(*HEAD, sub="head"),
            "office": registry.token("township_supervision_office", TOWNSHIP),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": lambda thing: {"hours": thing["hours"] + 1},
            "enrol": enrol,
            "attend": attend,
            "examine": examine,
            "cancel": {"reason": "师资未落实"},
            "reverse": reversal_of(registry, PATH, "enrolments"),
        },
    )
    await walk.run(seed=seed, alive=4)
    assert len(walk.seen) >= 7
