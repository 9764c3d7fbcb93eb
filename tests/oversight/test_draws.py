"""Draws: bound by hashes before, drawn again by anybody after, fair, and unknown while secret."""

import asyncio
import hashlib
import hmac
import json
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.oversight.draws import rules
from services.oversight.draws.rules import LIFECYCLE
from services.oversight.draws.tables import Draw
from services.oversight.subject_views.tables import SubjectView
from shared import cli
from shared.db import Scope
from shared.events.registry.subjects import SubjectRevoked
from shared.facts.tables import Outbox
from tests.oversight.campaigns import BEGUN, RESULT, running
from tests.oversight.scene import (
    BUREAU_CODE,
    DISTRICT,
    HERE,
    OTHER_CODE,
    SIBLING,
    SUBJECT_CODE,
    TOWNSHIP,
    Scene,
    credit_code,
    refused,
    subject_published,
)
from tests.oversight.test_campaigns import unknowing
from tests.walks import Walk

LISTS: dict[str, Any] = {
    "subjects": [["a", 1], ["b", 1], ["c", 2], ["d", 3], ["e", 3]],
    "inspectors": [["k", 1], ["l", 1], ["m", 1], ["n", 1]],
    "barred": [["n", "a"]],
    "excluded": [],
    "wanted": 1,
    "each": 2,
}
INSPECTORS: list[dict[str, Any]] = [
    {"sub": sub, "name": sub.upper(), "organisation": BUREAU_CODE}
    for sub in ("li", "wang", "chen", "sun")
]
SECOND, THIRD = credit_code(51), credit_code(52)
ASSIGN = {"planned_on": "2026-12-01", "basis": "双随机抽查"}


def seed(n: int) -> bytes:
    return hashlib.sha256(str(n).encode()).digest()


def chi_square(found: dict[Any, int], expected: dict[Any, float]) -> float:
    assert found.keys() <= expected.keys()
    return sum((found.get(key, 0) - n) ** 2 / n for key, n in expected.items())


def test_ten_thousand_draws_are_fair() -> None:
    """By weight for the subjects, evenly for pairs of inspectors; bounds are of p = 0.001."""
    subjects: dict[str, int] = {}
    pairs: dict[frozenset[str], int] = {}
    free = 0
    for n in range(10_000):
        ((subject, inspectors),) = rules.draw(LISTS, seed(n))
        subjects[subject] = subjects.get(subject, 0) + 1
        if subject == "a":
            assert "n" not in inspectors
            continue
        free += 1
        pairs[frozenset(inspectors)] = pairs.get(frozenset(inspectors), 0) + 1
    weights = {key: 10_000 * weight / 10 for key, weight in LISTS["subjects"]}
    assert chi_square(subjects, weights) < 18.47  # four degrees of freedom
    six = {frozenset(pair): free / 6 for pair in ("kl", "km", "kn", "lm", "ln", "mn")}
    assert chi_square(pairs, six) < 20.52  # five


def test_a_second_subject_is_drawn_by_the_weights_that_are_left() -> None:
    lists = {**LISTS, "subjects": [["a", 1], ["b", 1], ["c", 8]], "wanted": 2, "barred": []}
    orders: dict[str, int] = {}
    for n in range(3_000):
        order = "".join(subject for subject, _ in rules.draw(lists, seed(n)))
        orders[order] = orders.get(order, 0) + 1
    expected = {
        f"{one}{two}": 3_000 * weights[one] / 10 * weights[two] / (10 - weights[one])
        for weights in ({"a": 1, "b": 1, "c": 8},)
        for one in weights
        for two in weights
        if one != two
    }
    assert chi_square(orders, expected) < 20.52  # five


def test_the_draw_is_what_its_description_says_and_stays_so() -> None:
    """Drawn again here by the words of the description alone; and as it was drawn at first."""
    key = seed(7)
    text = json.dumps(LISTS, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    told = hashlib.sha256(text.encode()).digest() + "见证".encode()
    key = hmac.new(key, b"xiejian-draw-1\x00" + told, hashlib.sha256).digest()

    def numbers(label: str) -> list[int]:
        blocks = b"".join(
            hmac.new(key, label.encode() + b"\x00" + n.to_bytes(8, "big"), hashlib.sha256).digest()
            for n in range(4)
        )
        return [int.from_bytes(blocks[i : i + 8], "big") for i in range(0, 128, 8)]

    ballot = [name for name, weight in LISTS["subjects"] for _ in range(weight)]
    subject = ballot[numbers("subjects")[0] % 10]
    eligible = [sub for sub, _ in LISTS["inspectors"] if [sub, subject] not in LISTS["barred"]]
    words = numbers(f"inspectors/{subject}")
    inspectors = [eligible.pop(words[i] % len(eligible)) for i in range(2)]
    assert rules.draw(LISTS, seed(7), "见证") == [[subject, inspectors]]
    assert rules.draw(LISTS, seed(7), "见证") == KNOWN
    assert rules.lists_hash(LISTS) == hashlib.sha256(text.encode()).hexdigest()


KNOWN = [["d", ["m", "k"]]]


def test_nobody_inspects_their_own_unit_kin_former_post_or_the_same_body_again() -> None:
    subject = rules.Drawable("s", "某街道", SUBJECT_CODE, inspected_by=frozenset({"repeats"}))
    since = date(2023, 3, 2)

    def candidate(sub: str, *ties: rules.Tie, organisation: str = BUREAU_CODE) -> rules.Candidate:
        return rules.Candidate(sub, organisation, 1, ties)

    found = rules.bars(
        [
            candidate("unit", organisation=SUBJECT_CODE),
            candidate("kin", rules.Tie(SUBJECT_CODE, "kin")),
            candidate("lately", rules.Tie(SUBJECT_CODE, "former_post", date(2023, 3, 3))),
            candidate("long-ago", rules.Tie(SUBJECT_CODE, "former_post", since)),
            candidate("no-day", rules.Tie(SUBJECT_CODE, "former_post")),
            candidate("elsewhere", rules.Tie(OTHER_CODE, "kin")),
            candidate("repeats"),
        ],
        [subject],
        former_post_since=since,
    )
    assert {bar.inspector: str(bar.reason) for bar in found} == {
        "unit": "unit",
        "kin": "kin",
        "lately": "former_post",
        "no-day": "former_post",
        "repeats": "repeat",
    }


@pytest.fixture(autouse=True)
async def pool(scene: Scene) -> None:
    """Three subjects in the district, and the time at which a campaign has begun."""
    scene.stand_at(BEGUN)
    for code, place in ((SECOND, TOWNSHIP), (THIRD, SIBLING)):
        told = subject_published(uuid4(), uscc=code, name=f"单位{code}", division=place)
        await scene.oversight.react(told, Scope(district=DISTRICT, township=place))


def lists(**changed: Any) -> dict[str, Any]:
    return {"wanted": 2, "each": 2, "inspectors": INSPECTORS, **changed}


async def committed(scene: Scene, **changed: Any) -> dict[str, Any]:
    campaign = await running(scene, **{"mode": "double_random", **changed})
    body = {"campaign_id": campaign["id"]}
    return await scene.done("draws", as_=scene.supervisor, json=body, status=201)


async def drawn(scene: Scene, **changed: Any) -> dict[str, Any]:
    row = await committed(scene, **changed)
    await scene.step("draws", row, "fix", scene.supervisor, lists())
    return await scene.step("draws", row, "draw", scene.colleague, {"witness": "7319"})


async def test_both_hashes_are_published_before_anything_is_drawn_and_all_can_draw_again(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = await committed(scene)
    assert (row["state"], row["seed"], row["lists_hash"]) == ("committed", None, None)
    row = await scene.step("draws", row, "fix", scene.supervisor, lists())
    assert (row["subjects"], row["inspectors"], row["seed"]) == (3, 4, None)
    facts = await scene.oversight.facts()
    assert [fact["type"].split(".")[3] for fact in facts[-2:]] == ["committed", "fixed"]
    hashes = facts[-2]["data"]["seed_hash"], facts[-1]["data"]["lists_hash"]
    file = tmp_path / "record.json"

    async def export(**changed: Any) -> int:
        record = await scene.read(f"draws/{row['id']}/record", scene.colleague)
        file.write_text(json.dumps({**record, **changed}), encoding="utf-8")
        return cli.main(["draw", "verify", str(file)])

    assert await export() == 1
    assert "nothing has been drawn" in capsys.readouterr().out
    row = await scene.step("draws", row, "draw", scene.colleague, {"witness": "7319"})
    fact = (await scene.oversight.facts())[-1]
    assert hashlib.sha256(bytes.fromhex(fact["data"]["seed"])).hexdigest() == hashes[0]
    assert (fact["data"]["seed_hash"], fact["data"]["lists_hash"]) == hashes
    assert [one["subject_id"] for one in fact["data"]["result"]] == [
        one["subject_id"] for one in row["result"]
    ]
    assert all(len({i["sub"] for i in one["inspectors"]}) == 2 for one in row["result"])
    assert await export() == 0
    told = capsys.readouterr().out
    assert hashes[0] in told and hashes[1] in told
    record = json.loads(file.read_text(encoding="utf-8"))
    for changed, sentence in (
        ({"seed": "00" * 32}, "the seed is not"),
        ({"witness": "7320"}, "the result is not"),
        ({"result": record["result"][::-1]}, "the result is not"),
        ({"lists": {**record["lists"], "wanted": 1}}, "the lists are not"),
        ({"algorithm": "dice"}, "the algorithm is"),
        ({"lists": None}, "cannot be read"),
    ):
        assert await export(**changed) == 1, changed
        assert sentence in capsys.readouterr().out, changed
    assert cli.main(["draw", "verify", str(tmp_path / "nothing.json")]) == 1


async def test_what_was_drawn_becomes_inspections_of_the_campaign(scene: Scene) -> None:
    row = await drawn(scene)
    row = await scene.step("draws", row, "assign", scene.supervisor, ASSIGN)
    assert row["state"] == "assigned"
    page = await scene.read(f"inspections?campaign_id={row['campaign_id']}", scene.supervisor)
    made = {one["subject_id"]: sorted(i["sub"] for i in one["inspectors"]) for one in page["items"]}
    assert made == {
        one["subject_id"]: sorted(i["sub"] for i in one["inspectors"]) for one in row["result"]
    }
    assert {(one["draw_id"], one["mode"]) for one in page["items"]} == {
        (row["id"], "double_random")
    }
    fact = (await scene.oversight.facts("oversight.draw.assigned.v1"))[0]
    assert sorted(fact["data"]["inspection_ids"]) == sorted(one["id"] for one in page["items"])
    # What was drawn of late is not drawn again, nor does anybody go there again so soon.
    body = {"campaign_id": row["campaign_id"]}
    again = await scene.done("draws", as_=scene.supervisor, json=body, status=201)
    answer = await scene.call(f"draws/{again['id']}/fix", scene.supervisor, lists())
    refused(answer, 422, "draw-too-few-subjects")
    scene.oversight.advance(days=91)
    same = lists(inspectors=row["result"][0]["inspectors"])
    answer = await scene.call(f"draws/{again['id']}/fix", scene.supervisor, same)
    refused(answer, 422, "draw-too-few-inspectors")
    scene.oversight.advance(days=275)
    again = await scene.step("draws", again, "fix", scene.supervisor, lists())
    assert (again["subjects"], again["excluded"], again["bars"]) == (3, [], [])


async def test_recent_subjects_and_barred_inspectors_are_on_record(scene: Scene) -> None:
    inspection = await scene.assign(mode="announced")  # of the scene's subject, by li and wang
    row = await committed(scene)
    tied = {
        **INSPECTORS[0],
        "ties": [{"organisation": SECOND, "kind": "former_post", "until": "2025-01-01"}],
    }
    body = lists(wanted=1, inspectors=[tied, *INSPECTORS[1:]])
    row = await scene.step("draws", row, "fix", scene.supervisor, body)
    assert [(one["subject_id"], one["reason"]) for one in row["excluded"]] == [
        (inspection["subject_id"], "recent")
    ]
    assert {(bar["inspector"], bar["reason"]) for bar in row["bars"]} == {
        ("li", "former_post"),
        ("li", "repeat"),
        ("wang", "repeat"),
    }
    # Why is for those who hold the draw; that it is so is in the record.
    machine = scene.oversight.token("integration", DISTRICT)
    assert (await scene.read(f"draws/{row['id']}", machine))["bars"] == []
    record = await scene.read(f"draws/{row['id']}/record", machine)
    assert [pair[0] for pair in record["lists"]["barred"]] == ["li"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"wanted": 4}, "draw-too-few-subjects"),
        ({"each": 1}, "draw-team-too-small"),
        ({"each": 5}, "draw-too-few-inspectors"),
        ({"inspectors": [INSPECTORS[0], *INSPECTORS]}, "draw-inspector-twice"),
        ({"weights": [{"subject_id": str(uuid4()), "weight": 2}]}, "draw-weight-of-other"),
        ({"wanted": 0}, "invalid-input"),
        ({"inspectors": [{**INSPECTORS[0], "weight": 0}]}, "invalid-input"),
    ],
)
async def test_lists_that_nothing_can_be_drawn_from_are_refused(
    scene: Scene, changed: dict[str, Any], code: str
) -> None:
    row = await committed(scene)
    answer = await scene.call(f"draws/{row['id']}/fix", scene.supervisor, lists(**changed))
    refused(answer, 422, code)
    assert await scene.read(f"draws/{row['id']}", scene.supervisor) == row


async def test_fixed_lists_are_not_fixed_again_and_another_draws(scene: Scene) -> None:
    row = await committed(scene)
    refused(
        await scene.call(f"draws/{row['id']}/draw", scene.colleague, {}),
        409,
        "transition-not-allowed",
    )
    weights = [{"subject_id": str(scene.subject_id), "weight": 5}]
    row = await scene.step("draws", row, "fix", scene.supervisor, lists(weights=weights))
    record = await scene.read(f"draws/{row['id']}/record", scene.supervisor)
    assert [str(scene.subject_id), 5] in record["lists"]["subjects"]
    answer = await scene.call(f"draws/{row['id']}/fix", scene.supervisor, lists())
    refused(answer, 409, "transition-not-allowed")
    refused(
        await scene.call(f"draws/{row['id']}/draw", scene.supervisor, {}), 403, "draw-own-lists"
    )
    await scene.step("draws", row, "draw", scene.colleague, {})
    answer = await scene.call(f"draws/{row['id']}/void", scene.supervisor, {"reason": "不满意"})
    refused(answer, 409, "transition-not-allowed")


async def test_racing_draws_are_one(scene: Scene) -> None:
    campaign = await running(scene, mode="double_random")
    body = {"campaign_id": campaign["id"]}
    answers = await asyncio.gather(
        *(scene.call("draws", who, body) for who in (scene.supervisor, scene.colleague))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused(next(a for a in answers if a.status_code == 409), 409, "draw-open")
    row = next(answer for answer in answers if answer.is_success).json()
    await scene.step("draws", row, "fix", scene.supervisor, lists())
    answers = await asyncio.gather(
        *(
            scene.call(f"draws/{row['id']}/draw", who, {"witness": word})
            for who, word in ((scene.colleague, "1"), (scene.bureau, "2"))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    facts = await scene.oversight.facts("oversight.draw.drawn.v1")
    assert len(facts) == 1


async def test_a_voided_draw_shows_its_seed_and_makes_room_for_another(scene: Scene) -> None:
    row = await committed(scene)
    answer = await scene.call(
        f"campaigns/{row['campaign_id']}/cancel", scene.supervisor, {"reason": "r"}
    )
    refused(answer, 409, "campaign-draw-open")
    row = await scene.step("draws", row, "void", scene.supervisor, {"reason": "名单有误"})
    assert hashlib.sha256(bytes.fromhex(row["seed"])).hexdigest() == row["seed_hash"]
    assert (await scene.fact_types())[-1] == "draw.voided.v1"
    body = {"campaign_id": row["campaign_id"]}
    await scene.done("draws", as_=scene.supervisor, json=body, status=201)


async def test_a_drawn_subject_that_has_ended_meanwhile_is_skipped(scene: Scene) -> None:
    row = await drawn(scene)
    gone = row["result"][0]["subject_id"]
    async with scene.oversight.session() as session:
        view = await session.get_one(SubjectView, gone)
        told = subject_published(
            view.id, uscc=view.organisation, name=view.name, division=view.division
        ).model_dump()
        at = Scope(district=view.district, township=view.township)
    ended = SubjectRevoked(**{**told, "state": "revoked", "reason": "撤并"})
    await scene.oversight.react(ended, at)
    row = await scene.step("draws", row, "assign", scene.supervisor, ASSIGN)
    assert row["skipped"] == [gone]
    page = await scene.read(f"inspections?campaign_id={row['campaign_id']}", scene.supervisor)
    assert [one["subject_id"] for one in page["items"]] == [row["result"][1]["subject_id"]]


async def test_the_bodys_own_unit_is_not_drawn(scene: Scene) -> None:
    told = subject_published(uuid4(), uscc=OTHER_CODE, division=DISTRICT, level="district")
    await scene.oversight.react(told, Scope(district=DISTRICT))
    row = await committed(scene)
    row = await scene.step("draws", row, "fix", scene.supervisor, lists())
    assert (row["subjects"], [one["reason"] for one in row["excluded"]]) == (3, ["own"])


async def test_a_draw_is_in_the_hands_of_its_campaigns_body(scene: Scene) -> None:
    campaign = await running(scene, scene.bureau, mode="double_random", divisions=[DISTRICT])
    body = {"campaign_id": campaign["id"]}
    refused(await scene.call("draws", scene.supervisor, body), 403, "not-the-supervisor")
    row = await scene.done("draws", as_=scene.bureau, json=body, status=201)
    shown = await scene.read(f"draws/{row['id']}", scene.supervisor)
    assert shown["allowed_actions"] == []
    answer = await scene.call(f"draws/{row['id']}/fix", scene.supervisor, lists())
    refused(answer, 403, "not-the-supervisor")
    for name in ("foreign district", "sibling office", "foreign domain"):
        await scene.read(f"draws/{row['id']}", scene.foreigners[name], 404)
        answer = await scene.call("draws", scene.foreigners["foreign district"], body)
        refused(answer, 422, "campaign-unknown")
    planned = {"campaign_id": str(uuid4())}
    refused(await scene.call("draws", scene.supervisor, planned), 422, "campaign-unknown")


async def test_the_draw_of_an_unannounced_campaign_is_as_secret_as_its_visits(
    scene: Scene,
) -> None:
    row = await drawn(scene, mode="unannounced")
    assert row["concealed"]
    row = await scene.step("draws", row, "assign", scene.supervisor, ASSIGN)
    strangers = {
        **unknowing(scene),
        "body": scene.oversight.token("agency_user", TOWNSHIP, organisation=SECOND),
    }

    async def learn_nothing(visited: int) -> None:
        for who, token in strangers.items():
            for path in (f"draws/{row['id']}", f"draws/{row['id']}/record"):
                answer = await scene.oversight.get(f"/oversight/v1/{path}", as_=token)
                assert answer.status_code in {403, 404}, who
            for query in ("", f"&campaign_id={row['campaign_id']}", "&state=assigned"):
                answer = await scene.oversight.get(
                    f"/oversight/v1/draws?count=exact{query}", as_=token
                )
                assert answer.status_code == 403 or answer.json()["count"] == 0, who
            page = await scene.read(
                f"inspections?campaign_id={row['campaign_id']}&count=exact", token
            )
            assert page["count"] <= visited, who

    await learn_nothing(0)
    for token in (scene.supervisor, scene.colleague, scene.bureau):
        await scene.read(f"draws/{row['id']}/record", token)
    facts = [f for f in await scene.oversight.facts() if ".draw." in f["type"]]
    assert {fact["type"] for fact in facts} == {"xiejian.oversight.draw.prepared.v1"}
    assert [fact["data"]["step"] for fact in facts] == ["committed", "fixed", "drawn", "assigned"]
    # What was drawn is not even inside: the hashes bind, and that is enough.
    assert all(row["result"][0]["subject_id"] not in json.dumps(fact) for fact in facts)
    async with scene.oversight.session() as session:
        subjects = (await session.scalars(select(Outbox.nats_subject))).all()
        kept = (await session.scalars(select(Draw))).one()
    assert all(subject.startswith("xi.oversight.") for subject in subjects)
    assert (kept.parties, kept.domains, kept.township) == ([], [], None)

    page = await scene.read(f"inspections?campaign_id={row['campaign_id']}", scene.supervisor)
    for number, one in enumerate(page["items"], 1):
        for step in ("accept", "start"):
            await scene.step("inspections", one, step, scene.supervisor)
        await learn_nothing(number)
        for step in ("seal", "sign", "close"):
            await scene.step("inspections", one, step, scene.supervisor)
    campaign = {"id": row["campaign_id"]}
    await scene.step("campaigns", campaign, "report", scene.supervisor, RESULT)
    fact = (await scene.oversight.facts())[-2]
    assert fact["type"] == "xiejian.oversight.draw.disclosed.v1"
    assert fact["data"]["seed_hash"] == facts[0]["data"]["seed_hash"]
    assert len(fact["data"]["result"]) == 2 and fact["data"]["seed"]
    machine = strangers["machine of the district"]
    assert (await scene.read(f"draws/{row['id']}", machine))["seed"] == row["seed"]
    # Sent back for more, it runs again, but nobody is visited unannounced any more.
    await scene.step("campaigns", campaign, "return", scene.colleague, {"reason": "r"})
    answer = await scene.call("draws", scene.supervisor, {"campaign_id": campaign["id"]})
    refused(answer, 409, "campaign-disclosed")
    told = scene.inspection(mode="unannounced", campaign_id=campaign["id"])
    refused(await scene.call("inspections", scene.supervisor, told), 409, "campaign-disclosed")


async def test_allowed_actions_of_a_draw_are_exactly_what_succeeds(scene: Scene) -> None:
    numbers = count(1_000)

    async def create() -> dict[str, Any]:
        # A body that was not visited of late, or there would soon be none to draw.
        code = credit_code(next(numbers))
        await scene.oversight.react(subject_published(uuid4(), uscc=code), HERE)
        body = {"campaign_id": (await running(scene, mode="double_random"))["id"]}
        return await scene.done("draws", as_=scene.supervisor, json=body, status=201)

    walk = Walk(
        service=scene.oversight,
        lifecycle=LIFECYCLE,
        path="/oversight/v1/draws",
        create=create,
        callers={
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "office": scene.office,
            "agency": scene.agency,
            "foreign": scene.foreigners["foreign district"],
        },
        bodies={
            "fix": lists(wanted=1),
            "draw": {},
            "assign": {**ASSIGN, "planned_on": "2026-11-02"},
            "void": {"reason": "r"},
        },
        facts={"assign": 2},
    )
    await walk.run(seed=4, alive=2)
    assert len(walk.seen) >= 4, sorted(walk.seen)
