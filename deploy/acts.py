"""A year of enforcement acts of the made-up city, with violations planted in it that are known.

The same city, seed and moment make the same year. What a source sends of an act comes in several
records, some before those that they follow, some twice, some as corrections. Whatever part of them
has arrived, an act in which nothing was planted is lawful: the rules have nothing to say of it,
not even for a while.
"""

import heapq
import itertools
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from deploy.city import MATTERS, Body, City, credit_code

KINDS = {"check": 45, "penalty": 30, "permit": 17, "coercion": 4, "levy": 2, "confirmation": 2}
"""Kinds of acts, in percent."""
YEAR = timedelta(days=365)
PATIENCE = timedelta(days=55)
"""A case that was filed no longer ago may be undecided."""
VISITS = timedelta(days=60)
"""After so long an enterprise is checked again."""
WINDOW = 600
"""Between two records of an act are at most so many other acts of its source."""
EARLY, CLOSING = ("filed", "investigated"), ("executed", "closed")
"""Stages of the first record and of the last; those between are told together."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Force:
    """What a body acts with."""

    body: Body
    certificates: Sequence[str]
    codes: Mapping[str, Sequence[str]]
    """By kind of act the codes of what it may do."""


class Supply(NamedTuple):
    """A system that reports for all bodies of a division."""

    code: str
    division: str
    organisation: str
    """Who runs it."""


@dataclass
class Made:
    """An act as it is known when all of it has arrived."""

    number: str
    kind: str
    force: Force
    stages: dict[str, datetime]
    early: dict[str, Any] = field(default_factory=dict)
    """What is told with its first stages, beside them."""
    late: dict[str, Any] = field(default_factory=dict)
    """What is told with the decision."""


class Year:
    """`count` lawful acts in the year up to `last`, and those with a violation."""

    def __init__(
        self,
        city: City,
        *,
        count: int,
        last: datetime,
        seed: int = 2022,
        each: int = 3,
        lapsed: Sequence[tuple[str, str]] = (),
        deeds: Sequence[tuple[str, str]] = (),
        disputed: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`each` violations are planted of every rule that an act can violate by itself. Of others
        one for each that is named: of `lapsed` (a body and a certificate that does not hold any
        more), of `deeds` (a body and the number of one that is not in force), of `disputed` (a
        party and an item in dispute)."""
        self._seed, self._count, self._last = seed, count, last
        self.prefix = f"Y{last:%y%m%d}-"
        """How the numbers of its acts begin: another day's year has others."""
        self._forces = _forces(city, last)
        self.supplies = [
            Supply(f"acts-{division}", division, forces[0].body.uscc)
            for division, forces in self._forces.items()
        ]
        self.planted: dict[str, set[str]] = defaultdict(set)
        """By code of the rule the numbers of the acts that violate it."""
        self._planted: dict[str, list[Made]] = defaultdict(list)
        self._plant(each, lapsed, deeds, disputed)

    def _plant(
        self,
        each: int,
        lapsed: Sequence[tuple[str, str]],
        deeds: Sequence[tuple[str, str]],
        disputed: Sequence[tuple[str, str]],
    ) -> None:
        chance = random.Random(f"{self._seed} planted")
        serial = itertools.count(1)
        turns = itertools.cycle(self.supplies)
        everybody = [force for forces in self._forces.values() for force in forces]

        def planting(division: str, force: Force) -> "Planting":
            others = [other for other in everybody if other is not force]
            foreign = chance.choice(chance.choice(others).codes["penalty"])
            number = f"{self.prefix}{division}-v{next(serial):05d}"
            return Planting(number, force, self._last, chance, foreign)

        def keep(code: str, division: str, acts: Sequence[Made]) -> None:
            self._planted[division] += acts
            self.planted[code].add(acts[-1].number)

        for code, plant in PLANTS.items():
            for _ in range(each):
                division = next(turns).division
                force = chance.choice(self._forces[division])
                keep(code, division, plant(planting(division, force)))
        homes = {
            force.body.uscc: (division, force)
            for division, forces in self._forces.items()
            for force in forces
        }
        named = [
            *(("certificate-invalid", who, {}, {"certificate_nos": [no]}) for who, no in lapsed),
            *(("delegation-not-in-force", who, {"delegation_no": no}, {}) for who, no in deeds),
            *(("decided-in-dispute", who, {"item_code": item}, {}) for who, item in disputed),
        ]
        for code, organisation, early, late in named:
            division, force = homes[organisation]
            act = planting(division, force).of_today()
            act.early |= early
            act.late |= late
            keep(code, division, [act])

    def records(self, supply: Supply) -> Iterator[bytes]:
        """What a source sends, a record a line, in the order in which it sends them."""
        chance = random.Random(f"{self._seed} {supply.code} records")
        waiting: list[tuple[int, int, bytes]] = []
        ties = itertools.count()
        for place, act in enumerate(self._acts(supply)):
            at = place
            for record in _records(act, self._last, chance):
                line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
                heapq.heappush(waiting, (at, next(ties), line))
                at += 1 + chance.randrange(WINDOW)
                if chance.random() < 0.02:  # sent again as it was
                    heapq.heappush(waiting, (at, next(ties), line))
            while waiting and waiting[0][0] <= place:
                yield heapq.heappop(waiting)[2]
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _acts(self, supply: Supply) -> Iterator[Made]:
        """Of one source, roughly in the order in which they began."""
        chance = random.Random(f"{self._seed} {supply.code} acts")
        place, of = self.supplies.index(supply), len(self.supplies)
        count = self._count * (place + 1) // of - self._count * place // of
        enterprises = _enterprises(supply.division, count)
        planted = iter(self._planted[supply.division])
        every = count // (len(self._planted[supply.division]) + 1) + 1
        for number in range(count):
            force = chance.choice(self._forces[supply.division])
            kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
            began = self._last - YEAR + YEAR * number / count
            act = _lawful(
                f"{self.prefix}{supply.division}-{number:07d}",
                kind,
                force,
                began,
                self._last,
                chance,
            )
            if kind == "check":
                act.early["party"] = next(enterprises)
            yield act
            if number % every == every - 1:
                yield from itertools.islice(planted, 1)
        yield from planted


def _forces(city: City, last: datetime) -> dict[str, list[Force]]:
    """By division of a source the bodies that act there: those of a district, or of the city."""
    certificates: dict[str, list[str]] = defaultdict(list)
    for person in city.people():
        if person.certificate_no and person.valid_to and person.valid_to > last.date():
            certificates[person.organisation].append(person.certificate_no)
    codes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for power in city.authorities():
        codes[power.organisation][power.kind].append(power.code)
    found: dict[str, list[Force]] = defaultdict(list)
    for body in city.bodies:
        if len(certificates[body.uscc]) >= 2:
            force = Force(body, certificates[body.uscc], codes[body.uscc])
            found["50" if body.level == "city" else body.area].append(force)
    return dict(sorted(found.items()))


def _enterprises(division: str, checks: int) -> Iterator[dict[str, Any]]:
    """Whom checks are of: one after the other, so that none is checked twice in `VISITS`."""
    many = int(checks * (VISITS / YEAR)) + 1
    for number in itertools.cycle(range(many)):
        yield _enterprise(division, number)


def _enterprise(division: str, number: int) -> dict[str, Any]:
    return {
        "kind": "enterprise",
        "name": f"重庆某某商贸{number}有限公司",
        "identifier": credit_code("91", division.ljust(6, "0"), number),
    }


# ---------------------------------------------------------------- lawful acts


def _lawful(
    number: str,
    kind: str,
    force: Force,
    began: datetime,
    last: datetime,
    chance: random.Random,
    *,
    simple: bool | None = None,
) -> Made:
    """An act of which nothing is wrong, as far as it has come by `last`."""
    at = began.replace(
        hour=9 + chance.randrange(8), minute=chance.randrange(60), second=0, microsecond=0
    )
    codes = force.codes.get(kind)
    act = Made(
        number,
        kind,
        force,
        {},
        {
            "title": chance.choice(MATTERS[force.body.domains[0]]),
            "party": {"kind": "natural", "name": f"{chance.choice('王李张刘陈杨赵黄')}某某"},
        },
        {"certificate_nos": chance.sample(list(force.certificates), 2)},
    )
    if codes:
        act.early["item_code"] = chance.choice(codes)
    match kind:
        case "penalty" if simple or (simple is None and chance.random() < 0.6):
            _simple(act, at, chance)
        case "penalty":
            _ordinary(act, at, chance)
        case "check":
            act.stages = {"investigated": at, "decided": at + DAY}
            act.late["outcome"] = chance.choice(("compliant", "compliant", "problem_found"))
        case "coercion":
            act.stages = {"filed": at, "decided": at + DAY, "executed": at + 2 * DAY}
            act.late |= {"outcome": "carried_out", "recording_ref": f"{number}.mp4"}
        case _:
            act.stages = {"filed": at, "decided": at + DAY * chance.randrange(1, 16)}
            act.late["outcome"] = chance.choice(("granted", "granted", "granted", "refused"))
    if "published" not in act.stages:
        act.stages["published"] = act.stages["decided"] + DAY * chance.randrange(1, 4)
    act.stages = {stage: at for stage, at in act.stages.items() if at <= last}
    if not act.stages:
        act.stages = {"investigated" if kind == "check" else "filed": last}
    return act


def _simple(act: Made, at: datetime, chance: random.Random) -> None:
    act.early["procedure"] = act.late["procedure"] = "simple"
    act.late |= {"penalties": ["fine"], "fine": f"{10 * chance.randrange(2, 21)}.00"}
    decided = at + timedelta(minutes=20)
    act.stages = {"filed": at, "decided": decided, "served": decided, "closed": decided + 3 * DAY}


def _ordinary(act: Made, at: datetime, chance: random.Random) -> None:
    decided = at + DAY * chance.randrange(12, PATIENCE.days - 5)
    fine = 100 * chance.randrange(2, 300)
    act.early["procedure"] = "ordinary"
    act.late |= {
        "procedure": "ordinary",
        "penalties": chance.choice((["fine"], ["warning", "fine"])),
        "fine": f"{fine}.00",
        "recording_ref": f"{act.number}.mp4",
    }
    act.stages = {
        "filed": at,
        "investigated": at + DAY * chance.randrange(1, 10),
        "decided": decided,
        "served": decided + DAY * chance.randrange(3),
        "executed": decided + 10 * DAY,
        "closed": decided + 15 * DAY,
    }
    if fine >= 10_000:
        act.stages["legal_review"] = decided - DAY
        act.late["legal_review"] = {"required": True, "conclusion": "同意"}


# ---------------------------------------------------------------- violations


class Planting:
    """Where a violation is planted: in an act that is lawful but for that."""

    def __init__(
        self, number: str, force: Force, last: datetime, chance: random.Random, foreign: str
    ) -> None:
        self.last, self.chance, self.force, self._number = last, chance, force, number
        self.foreign = foreign
        """Code of a power that another body holds."""

    def act(
        self, kind: str, *, days_ago: int, suffix: str = "", simple: bool | None = False
    ) -> Made:
        """One that began so long ago."""
        began = self.last - days_ago * DAY
        number = self._number + suffix
        return _lawful(number, kind, self.force, began, self.last, self.chance, simple=simple)

    def of_today(self) -> Made:
        """One that was done at once, a moment ago."""
        act = self.act("penalty", days_ago=200, simple=True)
        act.stages = dict.fromkeys(("filed", "decided", "served"), self.last)
        return act

    def penalty(self) -> Made:
        """A penalty in the ordinary procedure that is closed long ago."""
        return self.act("penalty", days_ago=200 + self.chance.randrange(60))


def _late(kind: str, stage: str, days: int) -> Callable[[Planting], list[Made]]:
    """A stage so long after the decision that its term is over."""

    def plant(at: Planting) -> list[Made]:
        act = at.penalty() if kind == "penalty" else at.act(kind, days_ago=200)
        act.stages[stage] = act.stages["decided"] + days * DAY
        return [act]

    return plant


def _decided_late(at: Planting) -> list[Made]:
    act = at.penalty()
    moved = act.stages.keys() - {"filed", "investigated"}
    act.stages |= {stage: act.stages[stage] + 100 * DAY for stage in moved}
    return [act]


def _closed_undecided(at: Planting) -> list[Made]:
    act = at.act("penalty", days_ago=40)
    filed = act.stages["filed"]
    act.stages, act.late = {"filed": filed, "closed": filed + 20 * DAY}, {}
    return [act]


def _told_late(**told: Any) -> Callable[[Planting], list[Made]]:
    """Something else is told with the decision; None: it is not told."""

    def plant(at: Planting) -> list[Made]:
        act = at.penalty()
        act.late |= told
        act.late = {name: value for name, value in act.late.items() if value is not None}
        return [act]

    return plant


def _alone(at: Planting) -> list[Made]:
    act = at.penalty()
    del act.late["certificate_nos"][1:]
    return [act]


def _unreviewed(at: Planting) -> list[Made]:
    act = at.penalty()
    act.stages.pop("legal_review", None)
    act.late["legal_review"] = {"required": True}
    return [act]


def _outside(at: Planting) -> list[Made]:
    act = at.penalty()
    act.early["item_code"] = at.foreign
    return [act]


def _outsourced(at: Planting) -> list[Made]:
    act = at.penalty()
    act.late["performed_by"] = [credit_code("91", "500000", at.chance.randrange(10**8))]
    return [act]


def _not_transferred(at: Planting) -> list[Made]:
    act = at.act("penalty", days_ago=40)
    act.stages = {stage: act.stages[stage] for stage in EARLY}
    act.early["criminal_suspected"], act.late = True, {}
    return [act]


def _fined_instead(at: Planting) -> list[Made]:
    act = at.penalty()
    del act.stages["investigated"]
    act.late["criminal_suspected"] = True
    return [act]


def _checked_again(at: Planting) -> list[Made]:
    days = 100 + at.chance.randrange(100)
    acts = [
        at.act("check", days_ago=days, suffix="a"),
        at.act("check", days_ago=days - 10, suffix="b"),
    ]
    party = _enterprise(at.force.body.area, 90_000_000 + at.chance.randrange(10**6))
    for act in acts:
        act.early["party"] = party
    return acts


PLANTS: Mapping[str, Callable[[Planting], list[Made]]] = {
    "decision-overdue": _decided_late,
    "closed-without-decision": _closed_undecided,
    "certificate-missing": _told_late(certificate_nos=None),
    "single-officer": _alone,
    "legal-review-missing": _unreviewed,
    "publication-overdue-7": _late("penalty", "published", 20),
    "publication-overdue-20": _late("check", "published", 50),
    "service-overdue": _late("penalty", "served", 20),
    "recording-missing": _told_late(recording_ref=None),
    "item-outside-list": _outside,
    "outsourcing-suspected": _outsourced,
    "criminal-case-not-transferred": _not_transferred,
    "penalty-instead-of-transfer": _fined_instead,
    "check-repeated": _checked_again,
}
"""By code of the rule; of several acts the last one violates it."""


# ---------------------------------------------------------------- what is sent


def _records(act: Made, last: datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    """What is sent of an act, one after the other."""
    stages = act.stages
    early = _record(act, 1, {s: at for s, at in stages.items() if s in EARLY}, last, **act.early)
    between = {s: at for s, at in stages.items() if s not in (*EARLY, *CLOSING)}
    late = _record(act, 2, between, last, **act.late)
    closing = _record(act, 3, {s: at for s, at in stages.items() if s in CLOSING}, last)
    if chance.random() < 0.5:
        yield _record(act, 3, stages, last, **(act.early | act.late))
    else:
        # A case that is known as filed and no more is late after ninety days, a decision of which
        # no publication is known after seven: so they are told of behind what follows.
        orders = [(late, early, closing), (late, closing, early), (closing, late, early)]
        if act.kind != "penalty" or act.early["procedure"] == "simple":
            orders += 3 * [(early, late, closing)]
        yield from (record for record in chance.choice(orders) if record["stages"])
    told = dict(itertools.islice(stages.items(), 1))
    match chance.randrange(100):
        case 0 | 1:
            title = f"{act.early['title']}(更正)"
            yield _record(act, 4, told, last, title=title, reason="案由录入有误")
        case 2:  # of an edition that is old by now
            yield _record(act, 0, told, last, title="待定")


def _record(
    act: Made, revision: int, stages: Mapping[str, datetime], last: datetime, **told: Any
) -> dict[str, Any]:
    reported = min(max(stages.values(), default=last) + timedelta(hours=1), last)
    return {
        "external_id": act.number,
        "revision": revision,
        "reported_at": reported.isoformat(),
        "kind": act.kind,
        "organisation": act.force.body.uscc,
        "stages": [{"stage": stage, "at": at.isoformat()} for stage, at in stages.items()],
        **told,
    }
