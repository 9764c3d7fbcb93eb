"""The texts that everything refers to: the notice and the laws, editions, articles, finding."""

import asyncio
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from services.registry.policies.actions import DATA, NOTICES, load_policies, seeded
from services.registry.policies.rules import POLICY
from tests.registry.samples import BASE, DISTRICT, get, ok, patch, post, refused, wrong_fields
from tests.servers import ServiceUnderTest
from tests.walks import Walk

BUREAU = ("bureau_supervisor", "50")
ARTICLES = [
    {"number": "第一条", "heading": "目的", "text": "规范行政执法监督工作。"},
    {"number": "第二条", "text": "监督人员不少于二人。"},
]


def text(**fields: Any) -> dict[str, Any]:
    return {
        "code": "cq-gov-2026-10",
        "kind": "government_rule",
        "issuer": "重庆市人民政府",
        "title": "重庆市行政执法监督工作办法",
        "document_no": "渝府令〔2026〕10号",
        "issued_on": "2026-01-15",
        "effective_from": "2026-03-01",
        "articles": ARTICLES,
        **fields,
    }


async def drafted(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, "/policies", *BUREAU, **text(**fields)), 201)


async def published(registry: ServiceUnderTest, **fields: Any) -> Any:
    policy = await drafted(registry, **fields)
    return ok(await post(registry, f"/policies/{policy['id']}/publish", *BUREAU))


async def loaded(registry: ServiceUnderTest) -> int:
    async with registry.session() as session:
        count = await load_policies(session)
        await session.commit()
    return count


async def titles(registry: ServiceUnderTest, *caller: str, **params: Any) -> list[str]:
    items = ok(await get(registry, "/policies", *caller, limit=100, **params))["items"]
    return [item["title"] for item in items]


async def numbers(registry: ServiceUnderTest, policy: Any, **params: Any) -> list[str]:
    path = f"/policies/{policy['id']}/articles"
    return [item["number"] for item in ok(await get(registry, path, **params))["items"]]


def test_the_notice_is_there_part_by_part_and_nothing_is_lost() -> None:
    (notice,) = (one for one in seeded() if one.code == "cq-notice-2022-70")
    source = (NOTICES / "notice.zh.txt").read_text(encoding="utf-8")
    assert [article.number for article in notice.articles] == [
        *("前言", "一", "二", "三"),
        *("四(一)", "四(二)", "四(三)", "四(四)"),
        *("五(一)", "五(二)", "五(三)", "附件"),
    ]
    assert notice.document_no and notice.document_no in source
    assert "、".join(notice.addressees).replace("、", ",") + ":" in source
    assert (notice.issued_on, notice.openness) == (date(2022, 6, 17), "public")
    told = "".join(f"{a.number}{a.heading or ''}{a.text}" for a in notice.articles)
    head, foot = 5, {"重庆市人民政府办公厅", "2022年6月17日", "(此件公开发布)", "附件"}
    for line in source.splitlines()[head:]:
        if line in foot or line.startswith("附件:"):
            continue
        for part in line.replace("、", "。", 1).split("。") if line[0] in "一二三四五" else [line]:
            said = part.removeprefix(part[: part.find(")") + 1]) if part[0:1] == "(" else part
            for sentence in said.split("。"):
                assert sentence in told, sentence


def test_the_laws_are_rules_in_words_of_our_own_and_say_what_was_not_seen() -> None:
    laws = [one for one in seeded() if one.code != "cq-notice-2022-70"]
    assert len(laws) >= 12
    for law in laws:
        assert law.rendering == "digest", law.code
        assert law.articles, law.code
        assert all(len(article.text) <= 80 for article in law.articles), law.code
        numbers = [article.number for article in law.articles]
        assert len(numbers) == len(set(numbers)), law.code
    by_code = {law.code: law for law in laws}
    seen = by_code["cn-supervision-regulation-2025"]
    assert (seen.document_no, seen.issued_on, seen.effective_from, seen.provisional) == (
        "国务院令第825号",
        date(2025, 12, 17),
        date(2026, 2, 1),
        False,
    )
    assert by_code["cn-penalty-law-2021"].provisional


def test_each_file_of_data_is_loaded() -> None:
    told = [p for file in sorted(Path(DATA).glob("*.toml")) for p in _policies(file)]
    assert [one.code for one in seeded()] == [p["code"] for p in told]


def _policies(file: Path) -> Iterator[Any]:
    yield from tomllib.loads(file.read_text(encoding="utf-8"))["policy"]


async def test_the_notice_is_the_first_policy_and_everybody_finds_it(
    registry: ServiceUnderTest,
) -> None:
    assert await loaded(registry) == len(seeded())
    assert await loaded(registry) == 0
    facts = await registry.facts("registry.policy.published.v1")
    assert len(facts) == len(seeded())
    assert all(fact["backfill"] is True for fact in facts)
    (notice,) = ok(
        await get(registry, "/policies", "lay_monitor", DISTRICT, q="〔2022〕70号", kind="notice")
    )["items"]
    assert (notice["document_no"], notice["issuer"]) == (
        "渝府办发〔2022〕70号",
        "重庆市人民政府办公厅",
    )
    assert notice["addressees"] == ["各区县(自治县)人民政府", "有关单位"]
    assert (notice["issued_on"], notice["effective_from"]) == ("2022-06-17", "2022-06-17")
    assert (notice["openness"], notice["state"], notice["in_force"]) == (
        "public",
        "published",
        True,
    )
    assert notice["allowed_actions"] == []
    path = f"/policies/{notice['id']}/articles"
    part = ok(await get(registry, f"{path}/{quote('四(一)')}", "auditor", "50"))
    assert part["heading"] == "主要任务:加强协调监督能力"
    assert "选择部分乡镇(街道)开展试点" in part["text"]
    refused(await get(registry, f"{path}/{quote('六')}"), 404, "not-found")
    assert await numbers(registry, notice, q="联席会议") == ["五(二)"]
    for params in ({"q": "联席会议"}, {"q": "试点工作的通知"}, {"q": "sdgz"}):
        assert notice["title"] in await titles(registry, **params)
    assert notice["title"] not in await titles(registry, q="先协商,再协调")
    assert await titles(registry, q="先协商") == ["重庆市行政执法监督条例"]
    # 825号令 is in force since 2026-02-01: the day before, it was not there.
    assert "行政执法监督条例" in await titles(registry, as_of="2026-02-01")
    assert "行政执法监督条例" not in await titles(registry, as_of="2026-01-31")


async def test_a_draft_is_seen_by_who_writes_and_published_with_its_articles(
    registry: ServiceUnderTest,
) -> None:
    policy = await drafted(registry, articles=[])
    path = f"/policies/{policy['id']}"
    assert (policy["state"], policy["in_force"], policy["edition"]) == ("draft", False, 1)
    assert policy["allowed_actions"] == ["change", "publish"]
    for hidden in (path, f"{path}/articles", f"{path}/editions"):
        refused(await get(registry, hidden), 404, "not-found")
        ok(await get(registry, hidden, *BUREAU))
    assert await titles(registry) == []
    assert await titles(registry, *BUREAU) == [policy["title"]]
    assert await titles(registry, *BUREAU, as_of="2030-01-01") == []
    refused(await post(registry, f"{path}/publish", *BUREAU), 422, "policy-without-articles")

    changed = ok(
        await patch(registry, path, *BUREAU, version=1, title="监督办法", articles=ARTICLES)
    )
    assert (changed["title"], changed["version"]) == ("监督办法", 2)
    same = ok(await patch(registry, path, *BUREAU, version=2, articles=ARTICLES))
    assert same["version"] == 2
    fewer = ok(await patch(registry, path, *BUREAU, version=2, articles=ARTICLES[:1]))
    assert fewer["version"] == 3
    early = await patch(registry, path, *BUREAU, version=3, effective_from="2026-01-14")
    refused(early, 422, "policy-effective-before-issue")
    shown = ok(await post(registry, f"{path}/publish", *BUREAU))
    assert (shown["state"], shown["in_force"]) == ("published", True)
    assert shown["allowed_actions"] == ["amend", "repeal"]
    assert await numbers(registry, policy) == ["第一条"]
    rewritten = await patch(registry, path, *BUREAU, version=4, title="另一个")
    refused(rewritten, 409, "transition-not-allowed")
    facts = [fact["type"].split(".", 2)[2] for fact in await registry.facts()]
    assert facts == [
        "policy.drafted.v1",
        "policy.changed.v1",
        "policy.changed.v1",
        "policy.published.v1",
    ]


async def test_an_edition_from_a_later_day_takes_the_place_of_the_one_before(
    registry: ServiceUnderTest,
) -> None:
    policy = await published(registry)
    path = f"/policies/{policy['id']}"
    later = text(effective_from="2026-09-01", title="监督办法(2026年修正)", articles=ARTICLES[:1])
    for name in ("code", "kind", "issuer"):
        later.pop(name)
    same_day = await post(
        registry, f"{path}/amend", *BUREAU, **{**later, "effective_from": "2026-03-01"}
    )
    refused(same_day, 422, "policy-edition-not-later")
    bare = await post(registry, f"{path}/amend", *BUREAU, **{**later, "articles": []})
    refused(bare, 422, "policy-without-articles")
    amended = ok(await post(registry, f"{path}/amend", *BUREAU, **later))
    assert (amended["state"], amended["edition"], amended["title"]) == (
        "amended",
        2,
        later["title"],
    )
    (fact,) = await registry.facts("registry.policy.amended.v1")
    assert (fact["data"]["edition"], fact["data"]["effective_from"]) == (2, "2026-09-01")
    for day, edition, state in (
        ("2026-03-01", 1, "published"),
        ("2026-08-31", 1, "published"),
        ("2026-09-01", 2, "amended"),
    ):
        then = ok(await get(registry, path, as_of=day))
        assert (then["edition"], then["state"], then["in_force"]) == (edition, state, True)
        assert then["allowed_actions"] == []
        assert len(await numbers(registry, policy, as_of=day)) == 3 - edition
        listed = ok(await get(registry, "/policies", as_of=day))["items"]
        assert [item["edition"] for item in listed] == [edition]
    refused(await get(registry, path, as_of="2026-02-28"), 404, "not-found")
    editions = ok(await get(registry, f"{path}/editions"))["items"]
    assert [(e["edition"], e["effective_from"], e["effective_to"]) for e in editions] == [
        (2, "2026-09-01", None),
        (1, "2026-03-01", "2026-09-01"),
    ]


async def test_what_is_repealed_does_not_hold_from_that_day(registry: ServiceUnderTest) -> None:
    policy = await published(registry)
    path = f"/policies/{policy['id']}"
    early: dict[str, Any] = {"repealed_on": "2026-03-01", "reason": "被新规定取代"}
    refused(
        await post(registry, f"{path}/repeal", *BUREAU, **early),
        422,
        "policy-repealed-before-effect",
    )
    repeal = {**early, "repealed_on": "2026-06-01"}
    gone = ok(await post(registry, f"{path}/repeal", *BUREAU, **repeal))
    assert (gone["state"], gone["in_force"], gone["allowed_actions"]) == ("repealed", False, [])
    (fact,) = await registry.facts("registry.policy.repealed.v1")
    assert fact["data"]["repealed_on"] == "2026-06-01"
    for day, in_force in (("2026-05-31", True), ("2026-06-01", False)):
        then = ok(await get(registry, path, as_of=day))
        assert then["in_force"] is in_force
        assert await titles(registry, as_of=day, in_force=in_force) == [policy["title"]]
        assert await titles(registry, as_of=day, in_force=not in_force) == []
    again = await post(registry, f"{path}/repeal", *BUREAU, **repeal)
    refused(again, 409, "transition-not-allowed")


async def test_a_text_that_cannot_be_is_refused(registry: ServiceUnderTest) -> None:
    await drafted(registry)
    refused(await post(registry, "/policies", *BUREAU, **text()), 409, "policy-code-taken")
    twice = text(code="other", articles=[ARTICLES[0], ARTICLES[0]])
    refused(await post(registry, "/policies", *BUREAU, **twice), 422, "policy-article-number-twice")
    early = text(code="other", effective_from="2026-01-14")
    refused(
        await post(registry, "/policies", *BUREAU, **early), 422, "policy-effective-before-issue"
    )
    wrong = await post(
        registry, "/policies", *BUREAU, **text(code="No", articles=[{"number": "a/b", "text": "x"}])
    )
    assert wrong_fields(wrong) == {
        ("/code", "string-pattern-mismatch"),
        ("/articles/0/number", "string-pattern-mismatch"),
    }
    for caller in (("district_supervisor", DISTRICT), ("auditor", "50")):
        refused(await post(registry, "/policies", *caller, **text()), 403, "forbidden")
    refused(await get(registry, f"/policies/{uuid4()}"), 404, "not-found")


async def test_of_two_texts_of_one_code_at_once_one_wins(registry: ServiceUnderTest) -> None:
    answers = await asyncio.gather(
        *(post(registry, "/policies", *BUREAU, sub=f"{n}", **text()) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    days = iter(date.fromordinal(date(2027, 1, 1).toordinal() + n).isoformat() for n in range(999))
    codes = iter(range(10_000))

    async def create() -> dict[str, Any]:
        return dict(await drafted(registry, code=f"walk-{next(codes)}"))

    def edition(policy: dict[str, Any]) -> dict[str, Any]:
        later = text(effective_from=next(days))
        return {name: later[name] for name in later if name not in {"code", "kind", "issuer"}}

    walk = Walk(
        registry,
        POLICY,
        f"{BASE}/policies",
        create,
        callers={
            "bureau": registry.token(*BUREAU),
            "district": registry.token("district_supervisor", DISTRICT),
            "auditor": registry.token("auditor", "50"),
        },
        bodies={
            "change": lambda policy: {"title": f"办法{next(codes)}"},
            "amend": edition,
            "repeal": lambda policy: {"repealed_on": next(days), "reason": "被新规定取代"},
        },
    )
    await walk.run(seed=seed)
    assert len(walk.seen) >= 4, walk.seen
