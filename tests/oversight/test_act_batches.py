"""Batches: kept before they are answered, worked once whatever happens, and told of."""

import asyncio
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from services.oversight.act_batches import actions, rules
from services.oversight.act_batches.rules import LIFECYCLE as BATCH
from services.oversight.act_batches.tables import ActBatchContent
from services.oversight.act_counts.tables import ActCount
from services.oversight.act_results import actions as results
from services.oversight.act_sources.rules import LIFECYCLE
from services.oversight.act_sources.schemas import SourceRequest
from services.oversight.acts.rules import merge
from services.oversight.acts.tables import Act
from services.oversight.adapters.act_records import Reading, prepare
from shared.sealing import Seal
from tests.oversight.acts import NDJSON, SOURCE, Intake, lines, record
from tests.oversight.scene import SUBJECT_CODE, Scene, refused
from tests.servers import DATA_KEY
from tests.walks import Walk, Weather


@pytest.fixture
async def intake(scene: Scene) -> Intake:
    """The scene with a source for its subject."""
    intake = Intake(scene)
    await intake.registered()
    return intake


async def test_results_are_kept_for_a_time_and_the_numbers_for_good(intake: Intake) -> None:
    answer = await intake.post([record(1), record(2, kind="x")])
    await intake.oversight.fire_timers()
    batch = answer.json()["id"]
    intake.oversight.advance(days=3 * 365 - 30)
    await intake.oversight.fire_timers()
    assert len(await intake.results(batch)) == 2
    intake.oversight.advance(days=60)
    await intake.oversight.fire_timers()
    assert await intake.results(batch) == []
    row = await intake.scene.read(f"act-batches/{batch}", intake.account)
    assert (row["accepted"], row["refused"]) == (1, 1)


async def test_the_same_sent_again_is_the_same_batch(intake: Intake) -> None:
    first = await intake.post([record(1)], key="k")
    again = await intake.post([record(1)], key="k")
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]
    refused(await intake.post([record(2)], key="k"), 422, "idempotency-key-reused")
    by_digest = await intake.post([record(1)])
    assert (by_digest.status_code, by_digest.json()["id"]) == (200, first.json()["id"])
    await intake.oversight.fire_timers()
    page = await intake.scene.read("act-batches?count=exact", intake.account)
    assert page["count"] == 1
    (batch,) = page["items"]
    assert (batch["state"], batch["accepted"], batch["records"]) == ("done", 1, 1)
    types = [fact["type"].split(".", 2)[2] for fact in await intake.oversight.facts()]
    assert [name for name in types if name.startswith("act")] == [
        "act_source.registered.v1",
        "act_batch.received.v1",
        "act.ingested.v1",
        "act_batch.finished.v1",
    ]


@pytest.mark.parametrize("media_type", [NDJSON, "text/csv"])
async def test_sent_twice_at_once_with_one_key_is_one_batch(
    intake: Intake, media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, looked = asyncio.Event(), 0
    before = actions._sent_before

    async def together(*args: Any) -> Any:
        nonlocal looked
        found = await before(*args)
        if (looked := looked + 1) == 2:
            both.set()
        await both.wait()
        return found

    monkeypatch.setattr(actions, "_sent_before", together)
    answers = await asyncio.gather(
        *(
            intake.oversight.post(
                "/oversight/v1/act-batches",
                as_=intake.account,
                headers={"Content-Type": media_type, "Idempotency-Key": "k"},
                content=lines([record(1)]),
                params={"source": SOURCE},
            )
            for _ in range(2)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 202]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_code_is_that_of_one_source(intake: Intake) -> None:
    (source,) = (await intake.scene.read("act-sources", intake.scene.supervisor))["items"]
    body = {name: source[name] for name in SourceRequest.model_fields}
    again = await intake.scene.call("act-sources", intake.scene.supervisor, body)
    refused(again, 409, "act-source-code-taken")


async def test_what_was_refused_may_be_sent_again(intake: Intake) -> None:
    first = await intake.post([record(1, kind="01")])
    await intake.oversight.fire_timers()
    (source,) = (await intake.scene.read("act-sources", intake.scene.supervisor))["items"]
    wrong = await intake.scene.call(
        f"act-sources/{source['id']}/map", intake.scene.supervisor, {"codes": {"kind": {"01": "x"}}}
    )
    refused(wrong, 422, "act-mapping-unknown-code")
    await intake.scene.done(
        f"act-sources/{source['id']}/map",
        as_=intake.scene.supervisor,
        json={"codes": {"kind": {"01": "penalty"}}, "note": "种类代码"},
    )
    again = await intake.post([record(1, kind="01")])
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert again.json()["id"] != first.json()["id"]
    await intake.oversight.fire_timers()
    (result,) = await intake.results(again.json()["id"])
    assert result["outcome"] == "accepted"
    (edition,) = (await intake.scene.read(f"act-sources/{source['id']}/mappings", intake.account))[
        "items"
    ]
    assert edition["codes"] == {"kind": {"01": "penalty"}}


async def test_a_batch_cut_off_in_the_middle_goes_on_where_it_was(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends a transaction loses nothing and doubles nothing."""
    answer = await intake.post([record(n) for n in range(1, 1_102)])
    monkeypatch.setattr(actions, "STEP_S", -1.0)  # two chunks a step: as many as are read ahead
    timers = intake.oversight.app.state.spine.timers
    record_chunk, broken = results.record, 0

    async def breaks(*args: Any) -> None:
        nonlocal broken
        await record_chunk(*args)
        broken += 1
        if broken in (2, 4):
            raise OSError("the connection is gone")

    monkeypatch.setattr(results, "record", breaks)
    failures = 0
    for _ in range(12):
        try:
            if not await timers.fire_next():
                break
        except OSError:
            failures += 1
    assert failures == 2
    batch = await intake.scene.read(f"act-batches/{answer.json()['id']}", intake.account)
    assert (batch["state"], batch["accepted"], batch["worked"]) == ("done", 1_101, 3)
    async with intake.oversight.session() as session:
        assert await session.scalar(select(func.count()).select_from(Act)) == 1_101
        reported = select(func.sum(ActCount.acts)).where(ActCount.stage == "reported")
        assert await session.scalar(reported) == 1_101
    facts = await intake.oversight.facts("oversight.act.ingested.v1")
    assert [fact["data"]["accepted"] for fact in facts] == [500, 500, 101]


async def test_a_dry_run_says_what_would_be_and_takes_nothing(intake: Intake) -> None:
    results = await intake.send(record(1), record(2, kind="x"), dry_run=True)
    assert [one["outcome"] for one in results] == ["accepted", "refused"]
    assert results[0]["act_id"] is None
    assert (await intake.scene.read("acts?count=exact", intake.account))["count"] == 0
    assert await intake.oversight.facts("oversight.act.ingested.v1") == []
    # The same in earnest is another batch.
    assert (await intake.post([record(1), record(2, kind="x")])).status_code == 202


async def test_a_source_is_sent_for_by_its_own(intake: Intake) -> None:
    scene = intake.scene
    assert (await intake.post([record(1)], as_=scene.agency)).status_code == 202
    for token in (scene.foreigners["other agency"], scene.foreigners["sibling enforcement"]):
        refused(await intake.post([record(2)], as_=token), 422, "act-source-unknown")
    stranger = scene.oversight.token("integration", "50", sub="system:other")
    refused(await intake.post([record(2)], as_=stranger), 422, "act-source-unknown")
    refused(await intake.post([record(2)], as_=scene.supervisor), 403, "forbidden")
    refused(await intake.post([b"", b"  "]), 422, "act-batch-empty")
    (source,) = (await scene.read("act-sources", scene.supervisor))["items"]
    await scene.step("act-sources", source, "suspend", scene.supervisor, {"reason": "停机"})
    refused(await intake.post([record(3)]), 409, "act-source-not-active")


async def test_results_are_paged_and_filtered(intake: Intake) -> None:
    records = [record(n, **({"kind": "x"} if n % 3 == 0 else {})) for n in range(1, 10)]
    answer = await intake.post(records)
    await intake.oversight.fire_timers()
    path = f"act-batches/{answer.json()['id']}/results"
    seen: list[int] = []
    page = await intake.scene.read(f"{path}?limit=4", intake.account)
    while True:
        seen += [one["line"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        page = await intake.scene.read(
            f"{path}?limit=4&cursor={page['next_cursor']}", intake.account
        )
    assert seen == list(range(1, 10))
    bad = await intake.scene.read(f"{path}?outcome=refused&count=exact", intake.account)
    assert ([one["line"] for one in bad["items"]], bad["count"]) == ([3, 6, 9], 3)


async def test_a_sender_who_leaves_in_the_middle_leaves_nothing(intake: Intake) -> None:
    async def broken() -> Any:
        yield lines([record(n) for n in range(1, 700)])
        raise ConnectionResetError

    answer = await intake.oversight.post(
        "/oversight/v1/act-batches?source=cq-spb-cg",
        as_=intake.account,
        headers={"Content-Type": "application/x-ndjson"},
        content=broken(),
    )
    assert answer.status_code == 503
    intake.oversight.advance(hours=2)
    await intake.oversight.fire_timers()
    (batch,) = (await intake.scene.read("act-batches", intake.account))["items"]
    assert batch["state"] == "abandoned"
    assert (await intake.scene.read("acts?count=exact", intake.account))["count"] == 0


async def test_a_batch_moves_as_its_machine_says_whatever_happens_around_it(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent, sent again, broken off, unreadable, cut off at work: each record is counted once."""
    timers, record_chunk = intake.oversight.app.state.spine.timers, results.record
    numbers, breaks = count(1), [False]
    monkeypatch.setattr(actions, "STEP_S", -1.0)  # few chunks a step, and small ones: so that
    monkeypatch.setattr(rules, "MOST_RECORDS", 1)  # work that goes on can be seen

    async def records_or_breaks(*args: Any) -> None:
        await record_chunk(*args)
        if breaks and breaks.pop():
            raise OSError("the connection is gone")

    async def send() -> None:
        answer = await intake.post([record(next(numbers)) for _ in range(7)])
        assert answer.status_code == 202, answer.text

    async def send_again() -> None:
        page = await intake.scene.read("act-batches?count=exact", intake.account)
        answer = await intake.post([record(1)])
        assert answer.status_code in (200, 202), answer.text
        if answer.status_code == 200:
            again = await intake.scene.read("act-batches?count=exact", intake.account)
            assert again["count"] == page["count"]

    async def put(content: Any, file_type: str) -> None:
        answer = await intake.oversight.post(
            "/oversight/v1/act-batches",
            as_=intake.account,
            params={"source": SOURCE},
            headers={"Content-Type": file_type},
            content=content,
        )
        assert answer.status_code in (202, 503), answer.text

    async def leave() -> None:
        async def broken() -> Any:
            yield lines([record(n) for n in range(10**6, 10**6 + 3)])
            raise ConnectionResetError

        await put(broken(), NDJSON)

    async def work(*, broken: bool = False) -> None:
        monkeypatch.setattr(results, "record", records_or_breaks)
        breaks[:] = [broken]
        try:
            for _ in "12":  # what is due besides comes first
                await timers.fire_next()
        except OSError:
            assert broken
        monkeypatch.setattr(results, "record", record_chunk)

    async def wait() -> None:
        intake.oversight.advance(hours=2)
        await intake.oversight.fire_timers()

    weather = Weather(
        intake.oversight,
        BATCH,
        "/oversight/v1/act-batches",
        intake.account,
        "act_batch",
        {
            "send": send,
            "send again": send_again,
            "send what is no table": lambda: put(f"x,{next(numbers)}".encode(), "text/csv"),
            "leave in the middle": leave,
            "work": work,
            "work and break": lambda: work(broken=True),
            "wait": wait,
        },
        {
            "receiving": [],
            "queued": ["received"],
            "working": ["received"],
            "done": ["received", "finished"],
            "failed": ["received", "failed"],
            "abandoned": ["abandoned"],
        },
    )
    await weather.run(seed=2, steps=28)
    await wait()
    assert {after for _, after in weather.seen} == set(BATCH.states)
    async with intake.oversight.session() as session:
        left = await session.scalar(select(func.count()).select_from(ActBatchContent))
        taken = await session.scalar(select(func.count()).select_from(Act))
    assert left == 0, "what is dealt with is not kept"
    told = await intake.oversight.facts("oversight.act.ingested.v1")
    assert taken == sum(fact["data"]["accepted"] for fact in told)


async def test_what_is_allowed_to_a_source_is_what_succeeds(scene: Scene) -> None:
    intake, numbers = Intake(scene), count()
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/act-sources",
        lambda: intake.registered(code=f"s-{next(numbers)}"),
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "agency": scene.agency,
            "account": intake.account,
            "foreign": scene.foreigners["foreign district"],
        },
        {
            "change": lambda row: {"contact": f"联系人{row['version']}"},
            "map": {"codes": {"stage": {"LA": "filed"}}},
            "suspend": {"reason": "r"},
            "close": {"reason": "r"},
        },
    )
    await walk.run(seed=3, steps=70)
    assert len(walk.seen) >= 5, walk.seen


async def test_a_file_is_read_row_by_row_and_says_which_are_wrong(intake: Intake) -> None:
    template = await intake.oversight.get(
        "/oversight/v1/act-batches/template?format=csv", as_=intake.account
    )
    header = template.text.splitlines()[0]
    assert header.startswith("\ufeff办案系统编号*")
    rows = [
        [
            "办案系统编号",
            "执法行为种类",
            "执法主体统一社会信用代码",
            "立案或者受理时间",
            "处罚种类",
            "罚款(元)",
        ],
        ["CG-1", "行政处罚", SUBJECT_CODE, "2026-03-02 09:00", "罚款；警告、通报批评", "200.00"],
        [],
        ["CG-2", "行政处罚", SUBJECT_CODE, "三月二日", "", ""],
        ["CG-3", "行政检查", SUBJECT_CODE, "2026-03-02", "", "12,5"],
    ]
    answer = await intake.oversight.post(
        "/oversight/v1/act-batches",
        as_=intake.scene.agency,
        headers={"Content-Type": "text/csv"},
        params={"source": SOURCE},
        content="\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode(),
    )
    assert answer.status_code == 202, answer.text
    await intake.oversight.fire_timers()
    found = await intake.results(answer.json()["id"])
    told = [(one["line"], one["outcome"], [p["field"] for p in one["problems"]]) for one in found]
    assert told == [
        (2, "accepted", []),
        (4, "refused", ["/stages/0/at"]),
        (5, "refused", ["/fine"]),
    ]
    act = await intake.act(1)
    assert (act["result"], act["fine"]) == ("fine", "200.00")
    assert act["filed_at"] == "2026-03-02T01:00:00Z"
    broken = await intake.oversight.post(
        "/oversight/v1/act-batches",
        as_=intake.account,
        headers={"Content-Type": "text/csv"},
        params={"source": SOURCE},
        content="甲,乙\n1,2\n".encode(),
    )
    await intake.oversight.fire_timers()
    batch = await intake.scene.read(f"act-batches/{broken.json()['id']}", intake.account)
    assert (batch["state"], batch["problem"]["code"]) == ("failed", "file-columns-wrong")


def test_the_sample_in_the_documentation_is_one_that_is_taken() -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    sample = text.partition("cat > acts.ndjson <<'END'\n")[2].partition("\nEND\n")[0]
    reading = Reading({}, datetime(2026, 4, 1, tzinfo=UTC))
    told, wrong = prepare(sample.encode(), 1, reading, Seal(SecretStr(DATA_KEY)))
    assert wrong == []
    act = None
    for one in reversed(told):
        act, _ = merge(act, one)
    assert act is not None
    assert (act["state"], act["fine_fen"], act["title"]) == ("decided", 20_000, "占道经营")
