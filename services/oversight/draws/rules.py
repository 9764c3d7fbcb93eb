"""The random draw (双随机) of subjects and inspectors, which anybody can compute again.

The algorithm `xiejian-draw-1`. All texts are UTF-8, all hashes lower-case hexadecimal.

1. The seed is 32 random bytes. `seed_hash` = SHA-256(seed) is published before the lists are fixed.
2. `lists` is an object with `subjects` and `inspectors` (each a list of [key, weight], ordered by
   key; weights are whole numbers from 1), `barred` (a list of [inspector, subject], ordered),
   `excluded` (a list of [subject, reason], for the record), `wanted` and `each`. Its canonical text
   is JSON with ordered names, without blanks, other characters than ASCII written as they are.
   `lists_hash` = SHA-256(canonical text) is published before the draw.
3. `witness` is a text that is said at the draw, when both hashes are public; it may be empty. The
   key is HMAC-SHA-256(seed, "xiejian-draw-1" 0x00 lists_hash as 32 bytes, witness).
4. The words of a label are 64-bit numbers, big-endian: four in each block HMAC-SHA-256(key, label
   0x00 counter as 8 bytes big-endian), the counter from 0.
5. A number below n is the first word w less than the greatest multiple of n up to 2^64, modulo n.
6. To pick k of a list is to do k times: a number r below the sum of the weights that are left; the
   first entry, in the list's order, up to which the weights sum to more than r, is taken out.
7. `wanted` subjects are picked with the label "subjects". For each, in the order in which they were
   picked, `each` inspectors are picked of those not barred from it, with the label
   "inspectors/" + the subject's key.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

ALGORITHM = "xiejian-draw-1"
MOST_WANTED, MOST_WEIGHT = 100, 1_000

Entry = tuple[str, int]
"""A key and its weight."""


class DrawState(Term):
    COMMITTED = "committed", "种子已承诺"
    FIXED = "fixed", "名单已锁定"
    DRAWN = "drawn", "已抽取"
    ASSIGNED = "assigned", "已派发任务"
    VOIDED = "voided", "已作废"


class TieKind(Term):
    KIN = "kin", "近亲属任职"
    FORMER_POST = "former_post", "曾在该单位任职"


class BarReason(Term):
    """Why an inspector does not inspect a subject."""

    UNIT = "unit", "本单位人员"
    KIN = "kin", "近亲属任职"
    FORMER_POST = "former_post", "离任未满年限"
    REPEAT = "repeat", "近期检查过该单位"


class ExclusionReason(Term):
    """Why a subject is not among those that may be drawn."""

    OWN = "own", "承办单位"
    RECENT = "recent", "近期已被抽查"


_S = DrawState
CONDUCT = "draw:conduct"

LIFECYCLE = Lifecycle(
    _S.COMMITTED,
    [
        Transition("fix", _S.COMMITTED, _S.FIXED, CONDUCT, "enough of both are left"),
        Transition("draw", _S.FIXED, _S.DRAWN, CONDUCT, "by another than who fixed the lists"),
        Transition("assign", _S.DRAWN, _S.ASSIGNED, CONDUCT),
        Transition("void", [_S.COMMITTED, _S.FIXED], _S.VOIDED, CONDUCT),
    ],
    terminal=[_S.ASSIGNED, _S.VOIDED],
)

OPEN = (_S.COMMITTED, _S.FIXED, _S.DRAWN)


class DrawOpen(Refused):
    """One at a time: what was drawn is inspected before another draw begins."""

    code = "draw-open"
    zh = "该监督活动还有一次抽取未完成。"
    en = "The campaign has a draw that is not finished."


class OwnLists(Refused):
    """Two pairs of eyes."""

    code = "draw-own-lists"
    status = 403
    zh = "锁定名单的人员不得执行抽取。"
    en = "Whoever fixed the lists does not draw from them."


class InspectorListedTwice(Refused):
    code = "draw-inspector-twice"
    status = 422
    zh = "检查人员 {sub} 重复。"
    en = "The inspector {sub} is listed twice."


class WeightOfOther(Refused):
    """A weight is of a subject that may be drawn."""

    code = "draw-weight-of-other"
    status = 422
    zh = "主体 {subject_id} 不在抽取范围内，不能设置权重。"
    en = "The subject {subject_id} is not among those that may be drawn, so it has no weight."


class TooFewToDraw(Refused):
    code = "draw-too-few-subjects"
    status = 422
    zh = "可抽取的主体只有 {there} 个，少于 {wanted} 个。"
    en = "Only {there} subjects may be drawn, fewer than {wanted}."


class TooFewForSubject(Refused):
    """Whichever subject is drawn, somebody must be able to go."""

    code = "draw-too-few-inspectors"
    status = 422
    zh = "对 {subject} 可选派的检查人员只有 {there} 人，少于 {each} 人。"
    en = "Only {there} inspectors may inspect {subject}, fewer than {each}."


class TeamTooSmall(Refused):
    code = "draw-team-too-small"
    status = 422
    zh = "每次检查的人员不得少于 {least} 人。"
    en = "At least {least} inspectors are drawn for each subject."
    basis = "重庆市行政执法监督条例 第十四条"


class Tie(NamedTuple):
    """What ties an inspector to a body; `until` is when a former post ended."""

    organisation: str
    kind: str
    until: date | None = None


class Candidate(NamedTuple):
    """An inspector who may be drawn."""

    sub: str
    organisation: str
    weight: int
    ties: Sequence[Tie] = ()


class Drawable(NamedTuple):
    """A subject in the scope of the campaign, and who inspected it of late."""

    id: str
    name: str
    organisation: str
    recent: bool = False
    inspected_by: frozenset[str] = frozenset()


class Bar(NamedTuple):
    """That an inspector does not inspect a subject."""

    inspector: str
    subject: str
    reason: BarReason


def bars(
    candidates: Iterable[Candidate], subjects: Sequence[Drawable], *, former_post_since: date
) -> list[Bar]:
    """Who may not inspect whom: of the same unit, kin there, a post there until lately, or there of
    late."""
    found = []
    for candidate in candidates:
        for subject in subjects:
            reason = _bar(candidate, subject, former_post_since)
            if reason is not None:
                found.append(Bar(candidate.sub, subject.id, reason))
    return sorted(found)


def _bar(candidate: Candidate, subject: Drawable, since: date) -> BarReason | None:
    if candidate.organisation == subject.organisation:
        return BarReason.UNIT
    for tie in candidate.ties:
        if tie.organisation == subject.organisation:
            if tie.kind == TieKind.KIN:
                return BarReason.KIN
            if tie.until is None or tie.until > since:
                return BarReason.FORMER_POST
    return BarReason.REPEAT if candidate.sub in subject.inspected_by else None


def fixed_lists(
    candidates: Sequence[Candidate],
    subjects: Sequence[Drawable],
    barred: Sequence[Bar],
    *,
    weights: Mapping[str, int],
    own: Collection[str],
    wanted: int,
    each: int,
    least: int,
) -> dict[str, Any]:
    """The lists to draw from, or why there can be none; `own` are credit codes of the holders."""
    subs = [one.sub for one in candidates]
    for sub in subs:
        if subs.count(sub) > 1:
            raise InspectorListedTwice(sub=sub)
    if each < least:
        raise TeamTooSmall(least=least)
    excluded = [
        (one.id, ExclusionReason.OWN if one.organisation in own else ExclusionReason.RECENT)
        for one in subjects
        if one.organisation in own or one.recent
    ]
    out = {id for id, _ in excluded}
    left = [one for one in subjects if one.id not in out]
    if stray := sorted(set(weights) - {one.id for one in left}):
        raise WeightOfOther(subject_id=stray[0])
    if len(left) < wanted:
        raise TooFewToDraw(there=len(left), wanted=wanted)
    kept = [bar for bar in barred if bar.subject not in out]
    for one in left:
        there = len(subs) - sum(bar.subject == one.id for bar in kept)
        if there < each:
            raise TooFewForSubject(subject=one.name, there=there, each=each)
    return {
        "subjects": sorted([one.id, weights.get(one.id, 1)] for one in left),
        "inspectors": sorted([one.sub, one.weight] for one in candidates),
        "barred": sorted([bar.inspector, bar.subject] for bar in kept),
        "excluded": sorted([id, str(reason)] for id, reason in excluded),
        "wanted": wanted,
        "each": each,
    }


def seed_hash(seed: bytes) -> str:
    """What is published of a seed before it is used."""
    return hashlib.sha256(seed).hexdigest()


def canonical(lists: Mapping[str, Any]) -> bytes:
    """The text of the lists that is hashed."""
    told = json.dumps(lists, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return told.encode()


def lists_hash(lists: Mapping[str, Any]) -> str:
    """What is published of the lists before anything is drawn from them."""
    return hashlib.sha256(canonical(lists)).hexdigest()


def draw(lists: Mapping[str, Any], seed: bytes, witness: str = "") -> list[list[Any]]:
    """The subjects drawn, in order, each with its inspectors: `[[subject, [inspector, …]], …]`.

    The same for the same arguments on every machine; see the module's own text.
    """
    told = bytes.fromhex(lists_hash(lists)) + witness.encode()
    key = hmac.digest(seed, ALGORITHM.encode() + b"\0" + told, "sha256")
    barred: dict[str, set[str]] = {}
    for inspector, subject in lists["barred"]:
        barred.setdefault(subject, set()).add(inspector)
    result = []
    for subject in _pick(lists["subjects"], lists["wanted"], _words(key, "subjects")):
        out = barred.get(subject, set())
        eligible = [(sub, weight) for sub, weight in lists["inspectors"] if sub not in out]
        words = _words(key, f"inspectors/{subject}")
        result.append([subject, _pick(eligible, lists["each"], words)])
    return result


def _words(key: bytes, label: str) -> Iterator[int]:
    counter = 0
    while True:
        block = hmac.digest(key, label.encode() + b"\0" + counter.to_bytes(8, "big"), "sha256")
        for start in range(0, 32, 8):
            yield int.from_bytes(block[start : start + 8], "big")
        counter += 1


def _below(n: int, words: Iterator[int]) -> int:
    limit = 2**64 // n * n
    return next(word for word in words if word < limit) % n


def _pick(entries: Iterable[Sequence[Any]], k: int, words: Iterator[int]) -> list[str]:
    left: list[Entry] = [(key, weight) for key, weight in entries]
    picked = []
    for _ in range(k):
        r = _below(sum(weight for _, weight in left), words)
        for at, (key, weight) in enumerate(left):
            if r < weight:
                picked.append(key)
                del left[at]
                break
            r -= weight
    return picked


def discrepancies(record: Mapping[str, Any]) -> list[str]:
    """What is wrong with an exported record, in sentences; nothing if the draw holds."""
    try:
        return list(_wrong(record))
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        return [f"the record cannot be read: {type(error).__name__} {error}"]


def _wrong(record: Mapping[str, Any]) -> Iterator[str]:
    if record["algorithm"] != ALGORITHM:
        yield f"the algorithm is {record['algorithm']}, not {ALGORITHM}"
        return
    if record["seed"] is None or record["result"] is None:
        yield "nothing has been drawn yet: the seed is still closed"
    else:
        seed = bytes.fromhex(record["seed"])
        if seed_hash(seed) != record["seed_hash"]:
            yield "the seed is not the one whose hash was published"
        if draw(record["lists"], seed, record["witness"] or "") != record["result"]:
            yield "the result is not what the seed draws from the lists"
    if record["lists"] is not None and lists_hash(record["lists"]) != record["lists_hash"]:
        yield "the lists are not those whose hash was published"


def may_draw(*, sub: str, fixed_by: str | None) -> None:
    """Two pairs of eyes: one fixes the lists, another draws."""
    if sub == fixed_by:
        raise OwnLists


def allowed_actions(
    *, state: str, sub: str, fixed_by: str | None, permissions: Collection[str]
) -> list[str]:
    """What a holder of `permissions` may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if action != "draw" or sub != fixed_by
    ]
