"""Decisions about the texts that everything refers to: values in, `Refused` out."""

import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class PolicyKind(Term):
    LAW = "law", "法律"
    REGULATION = "regulation", "行政法规"
    LOCAL_REGULATION = "local_regulation", "地方性法规"
    DEPARTMENT_RULE = "department_rule", "部门规章"
    GOVERNMENT_RULE = "government_rule", "地方政府规章"
    JUDICIAL_DOCUMENT = "judicial_document", "司法文件"
    PARTY_REGULATION = "party_regulation", "党内法规和党的文件"
    NORMATIVE_DOCUMENT = "normative_document", "行政规范性文件"
    NOTICE = "notice", "通知"


class Openness(Term):
    """Whether the text may be given to the public; who works here reads all of them."""

    PUBLIC = "public", "公开发布"
    ON_REQUEST = "on_request", "依申请公开"
    INTERNAL = "internal", "不予公开"


class Rendering(Term):
    """What the articles of an edition hold."""

    FULL_TEXT = "full_text", "原文"
    DIGEST = "digest", "要点"


class PolicyState(Term):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    AMENDED = "amended", "已修改"
    REPEALED = "repealed", "已废止"


STANDING = (PolicyState.PUBLISHED, PolicyState.AMENDED)

POLICY = Lifecycle(
    PolicyState.DRAFT,
    [
        Transition("change", PolicyState.DRAFT, None, "policy:write"),
        Transition(
            "publish",
            PolicyState.DRAFT,
            PolicyState.PUBLISHED,
            "policy:write",
            needs="at least one article",
        ),
        Transition(
            "amend",
            STANDING,
            PolicyState.AMENDED,
            "policy:write",
            needs="a later day than the edition before",
        ),
        Transition("repeal", STANDING, PolicyState.REPEALED, "policy:write", needs="a reason"),
    ],
    terminal=(PolicyState.REPEALED,),
)


class PolicyCodeTaken(Refused):
    """There is a policy of this code."""

    code = "policy-code-taken"
    zh = "已有使用该代码的文件。"
    en = "There is a policy of this code already."


class ArticleNumberTwice(Refused):
    """An article is found by its number."""

    code = "policy-article-number-twice"
    status = 422
    zh = "条款编号重复：{numbers}。"
    en = "These articles are numbered twice: {numbers}."


class EffectiveBeforeIssue(Refused):
    """Nothing holds before it is issued."""

    code = "policy-effective-before-issue"
    status = 422
    zh = "施行日期 {effective_from} 不得早于印发（公布）日期 {issued_on}。"
    en = "The day of effect {effective_from} is before the day of issue {issued_on}."


class PolicyWithoutArticles(Refused):
    """Nothing in it could be referred to."""

    code = "policy-without-articles"
    status = 422
    zh = "发布前须录入条款。"
    en = "File its articles before it is published."


class EditionNotLater(Refused):
    """An edition follows the one before."""

    code = "policy-edition-not-later"
    status = 422
    zh = "修改后的施行日期 {effective_from} 须晚于现行版本的施行日期 {after}。"
    en = "It must take effect after {after}, when the edition before did; not on {effective_from}."


class RepealedBeforeEffect(Refused):
    """It ends before it began."""

    code = "policy-repealed-before-effect"
    status = 422
    zh = "废止日期 {repealed_on} 须晚于施行日期 {after}。"
    en = "The day of repeal {repealed_on} must be after {after}, when the edition took effect."


def may_hold(*, numbers: Collection[str], issued_on: date | None, effective_from: date) -> None:
    """What an edition says of itself can be true."""
    twice = sorted({number for number in numbers if list(numbers).count(number) > 1})
    if twice:
        raise ArticleNumberTwice(numbers=twice)
    if issued_on is not None and effective_from < issued_on:
        raise EffectiveBeforeIssue(
            effective_from=effective_from.isoformat(), issued_on=issued_on.isoformat()
        )


def may_publish(*, articles: int) -> None:
    """A published text can be referred to."""
    if not articles:
        raise PolicyWithoutArticles


def may_follow(*, effective_from: date, after: date, articles: int) -> None:
    """A new edition takes the place of the one before on a later day."""
    may_publish(articles=articles)
    if effective_from <= after:
        raise EditionNotLater(effective_from=effective_from.isoformat(), after=after.isoformat())


def may_repeal(*, repealed_on: date, after: date) -> None:
    """`repealed_on` is the first day without it."""
    if repealed_on <= after:
        raise RepealedBeforeEffect(repealed_on=repealed_on.isoformat(), after=after.isoformat())


def is_in_force(*, state: str, effective_from: date, effective_to: date | None, on: date) -> bool:
    """Whether an edition holds on a day; a repeal ends the last one."""
    published = state != PolicyState.DRAFT
    return published and effective_from <= on and (effective_to is None or on < effective_to)


def state_on(*, state: str, edition: int, repealed_on: date | None, on: date) -> str:
    """What had become of a published policy by a day."""
    if state == PolicyState.DRAFT:
        return PolicyState.DRAFT
    if repealed_on is not None and repealed_on <= on:
        return PolicyState.REPEALED
    return PolicyState.AMENDED if edition > 1 else PolicyState.PUBLISHED


class Section(NamedTuple):
    """A part of a notice that can be referred to."""

    number: str
    heading: str | None
    text: str


_CHAPTER = re.compile(r"([一二三四五六七八九十]+)、([^。]+)")
_PART = re.compile(r"(\([一二三四五六七八九十]+\))([^。]+)。(.+)")


def sections(text: str, *, after: str, issuer: str) -> Iterator[Section]:
    """The parts of a notice (公文), as its own numbering makes them.

    The body begins after the line `after` (主送) and ends before the line of the issuer; what
    follows the line 附件 is the annex. A chapter of several parts lends them its heading.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    body = lines[lines.index(after) + 1 :]
    end = next(i for i, line in enumerate(body) if line == issuer)
    chapter, heading, told = "前言", None, list[str]()
    for line in body[:end]:
        if line.startswith("附件:"):
            continue
        if found := _CHAPTER.fullmatch(line):
            if told:
                yield Section(chapter, heading, "\n".join(told))
            chapter, heading, told = found[1], found[2], []
        elif found := _PART.fullmatch(line):
            yield Section(f"{chapter}{found[1]}", f"{heading}:{found[2]}", found[3])
        else:
            told.append(line)
    if told:
        yield Section(chapter, heading, "\n".join(told))
    if "附件" in body:
        annex = body[body.index("附件") + 1 :]
        yield Section("附件", annex[0], "\n".join(annex[1:]))
