"""Rows of every scoped kind at one place, made through the API or by facts of other services.

Each carries a word that is nowhere else, so that whatever shows a row, or a part of it, is found.
"""

import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

from stdnum.cn import ric

from shared.db import Scope
from shared.events import published
from shared.events.escalation.issues import IssueRaised
from shared.events.oversight.inspections import InspectionAssigned
from shared.events.registry.officers import OfficerRegistered
from shared.events.registry.subjects import SubjectPublished, SubjectSubmitted
from shared.facts.relay import Relay
from shared.lease import own_engine
from tests.notify.examples import example
from tests.oversight.scene import officer_told, subject_published
from tests.registry.samples import credit_code
from tests.security.declared import declared
from tests.security.people import (
    AUTHOR,
    BUREAU,
    BUREAU_CODE,
    DOMAIN,
    OTHER_CODE,
    OWN_CODE,
    Case,
    Place,
)
from tests.servers import ServiceUnderTest

_numbers = itertools.count(1)


@dataclass
class Rows:
    """What was made: ids by kind, words, and what identifies bodies and people."""

    place: Place
    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    words: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    answered: list[tuple[str, Any, str]] = field(default_factory=list)
    """Path, body and Idempotency-Key of writes whose answers are stored."""
    programme: str = field(default_factory=lambda: str(uuid4()))
    """The programme with the focus tasks, which itself everybody sees."""
    told: bool = False
    """Whether any of it is in the feed: what is prepared in secret is not, nor who is told what."""
    facts: list[str] = field(default_factory=list)
    """Ids of some facts of the place that are in the feed."""

    def word(self) -> str:
        word = f"独见{uuid4().hex[:12]}"
        self.words.append(word)
        return word

    @property
    def needles(self) -> frozenset[str]:
        """What nobody foreign may read anywhere."""
        ids = itertools.chain.from_iterable(self.ids.values())
        return frozenset([*ids, *self.words, *self.codes])

    @property
    def scope(self) -> Scope:
        return Scope(district=self.place.district, township=self.place.township)


class Maker:
    """Calls a service as those who may, and expects success."""

    def __init__(self, service: ServiceUnderTest, case: Case) -> None:
        self.service, self.rows, self.case = service, Rows(case.place), case
        self.bureau = BUREAU.token(service, organisation=BUREAU_CODE)
        self.colleague = BUREAU.token(service, sub="colleague")
        place = case.place.division
        self.agency = service.token("agency_user", place, organisation=OWN_CODE, sub="agency")
        self.author = service.token("lay_monitor", place, sub=AUTHOR)

    async def post(
        self, path: str, body: Any = None, *, as_: str | None = None, kind: str | None = None
    ) -> dict[str, Any]:
        """POST with an Idempotency-Key; `kind` notes the id of what came out."""
        key = f"key-{next(_numbers)}"
        answer = await self.service.post(
            f"/{self.service.name}/v1/{path}",
            as_=as_ or self.bureau,
            headers={"Idempotency-Key": key},
            **({} if body is None else {"json": body}),
        )
        assert answer.is_success, f"{path}: {answer.text}"
        made = cast(dict[str, Any], answer.json())
        self.rows.answered.append((f"/{self.service.name}/v1/{path}", body, key))
        if kind:
            self.rows.ids[kind].append(made["id"])
        return made


def identity_number() -> str:
    """A new identity number."""
    body = f"50011219850505{next(_numbers) % 1000:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


async def registry_rows(make: Maker) -> None:
    """A draft, a published subject, its officers, a focus task."""
    place, rows = make.case.place, make.rows
    for public in (False, True):
        code = credit_code()
        rows.codes.append(code)
        subject = await make.post(
            "subjects",
            {
                "name": rows.word(),
                "uscc": code,
                "kind": "statutory",
                "level": place.level,
                "division": place.division,
                "domains": [DOMAIN],
                "legal_basis": ["《中华人民共和国行政处罚法》第二十四条"],
                "head": rows.word(),
            },
            kind="subject",
        )
        if public:
            await make.post(f"subjects/{subject['id']}/submit")
            for step in ("review", "publish"):
                await make.post(f"subjects/{subject['id']}/{step}", as_=make.colleague)
            officer = await make.post(
                "officers",
                {
                    "subject_id": subject["id"],
                    "name": rows.word(),
                    "identity_no": identity_number(),
                    "post": rows.word(),
                    "staffing": "staff",
                },
                kind="officer",
            )
            for step in ("apply", "train", "examine"):
                await make.post(f"officers/{officer['id']}/certificate/{step}")
            number = f"渝A-{(place.district or '500000')}-{next(_numbers):04d}"
            rows.words.append(number)
            certified = await make.post(
                f"officers/{officer['id']}/certificate/issue",
                {"certificate_no": number, "valid_to": "2031-06-30"},
                as_=make.colleague,
            )
            rows.ids["certificate"].append(certified["certificate"]["id"])
    if place.level == "district":
        programme = await make.post(
            "programmes",
            {
                "code": f"pilot-{next(_numbers)}",
                "title": "试点",
                "document_no": "渝府办发〔2027〕10号",
                "issuer": "重庆市人民政府办公厅",
                "issued_on": "2026-01-15",
                "starts_on": "2026-02-01",
                "ends_on": "2036-01-31",
                "participants": [
                    {"division": place.division, "kind": "pilot", "tasks": [rows.word()]}
                ],
            },
        )
        path = f"/registry/v1/programmes/{programme['id']}/tasks"
        tasks = (await make.service.get(path, as_=make.bureau)).json()["items"]
        rows.ids["task"] += [task["id"] for task in tasks]
        rows.programme = programme["id"]


async def oversight_rows(make: Maker) -> None:
    """What the registry told, an inspection, a finding recorded and one confirmed, an order."""
    place, rows = make.case.place, make.rows
    subject_id, officer_id = uuid4(), uuid4()
    rows.codes.append(OWN_CODE)
    if not make.case.concealed:
        rows.ids["subject"].append(str(subject_id))
        rows.ids["officer"].append(str(officer_id))
    told = subject_published(
        subject_id,
        uscc=OWN_CODE,
        name="某单位" if make.case.concealed else rows.word(),
        level=place.level,
        division=place.division,
        domains=[DOMAIN],
    )
    await make.service.react(told, rows.scope)
    officer = officer_told(
        OfficerRegistered,
        officer_id,
        subject_id,
        organisation=OWN_CODE,
        name="某人" if make.case.concealed else rows.word(),
    )
    await make.service.react(officer, rows.scope)
    inspection = await make.post(
        "inspections",
        {
            "subject_id": str(subject_id),
            "kind": "special",
            "mode": "unannounced" if make.case.concealed else "announced",
            "theme": rows.word(),
            "planned_on": "2026-12-01",
            "inspectors": [
                {"sub": "li", "name": rows.word(), "organisation": BUREAU_CODE},
                {"sub": "wang", "name": "王强", "organisation": BUREAU_CODE},
            ],
            "basis": rows.word(),
        },
        as_=_supervisor(make),
        kind="inspection",
    )
    if make.case.concealed:
        rows.codes.clear()  # the body itself is no secret to those who work there
        return
    for step in ("accept", "notify", "start"):
        await make.post(f"inspections/{inspection['id']}/{step}")
    for _ in range(2):
        finding = await make.post(
            "findings",
            {
                "inspection_id": inspection["id"],
                "code": "officer-without-certificate",
                "title": rows.word(),
                "description": rows.word(),
                "officer_id": str(officer_id),
            },
            kind="finding",
        )
    path = f"findings/{finding['id']}"
    await make.post(f"{path}/comment", {"comment": rows.word()}, as_=make.agency)
    await make.post(f"{path}/confirm", {"reason": rows.word()}, as_=make.colleague)
    order = {"finding_id": finding["id"], "requirement": rows.word()}
    await make.post("rectifications", order, kind="rectification")


def _supervisor(make: Maker) -> str:
    """An unannounced inspection is the district's; the Bureau, above it, sees it too."""
    if not make.case.concealed:
        return make.bureau
    return make.service.token("district_supervisor", "500106", organisation=OTHER_CODE, sub="zhao")


async def escalation_rows(make: Maker) -> None:
    """An issue of a supervisor and one of a lay monitor, both with a history and a contact."""
    place, rows = make.case.place, make.rows
    for as_ in (make.bureau, make.author):
        issue = await make.post(
            "issues",
            {
                "title": rows.word(),
                "description": rows.word(),
                "kind": "new_situation",
                "division": place.division,
                "domains": [DOMAIN],
                "place": rows.word(),
                "contact": rows.word(),
                "organisation": OWN_CODE,
                "reference": rows.word(),
                "severity": "serious",
                "occurred_on": "2026-11-01",
            },
            as_=as_,
            kind="issue",
        )
        rows.words.append(issue["number"])
        if place.level == "city":
            await make.post(f"issues/{issue['id']}/triage", {"note": rows.word()})
    rows.codes.append(OWN_CODE)


async def notify_rows(make: Maker) -> None:
    """Messages to a role in the place, to a body, and to two persons."""
    place, rows = make.case.place, make.rows
    for event in (SubjectSubmitted, SubjectPublished):
        told = example(
            event, name=rows.word(), uscc=OWN_CODE, level=place.level, division=place.division
        )
        await make.service.react(told, rows.scope)
    level = "bureau" if place.level == "city" else place.level
    raised = example(
        IssueRaised, title=rows.word(), level=level, division=place.division, organisation=OWN_CODE
    )
    await make.service.react(raised, rows.scope)
    assigned = example(
        InspectionAssigned,
        theme=rows.word(),
        subject_name=rows.word(),
        division=place.division,
        inspectors=[AUTHOR],
    )
    await make.service.react(assigned, rows.scope)
    rows.codes.append(OWN_CODE)
    for caller in make.case.natives:
        answer = await make.service.get("/notify/v1/messages", as_=caller.token(make.service))
        if answer.is_success:
            found = [item["id"] for item in answer.json()["items"]]
            rows.ids["message"] += [id for id in found if id not in rows.ids["message"]]
            for id in found[:1]:
                await make.post(f"messages/{id}/acknowledge", as_=caller.token(make.service))


MAKERS: dict[str, Callable[[Maker], Awaitable[None]]] = {
    "registry": registry_rows,
    "oversight": oversight_rows,
    "escalation": escalation_rows,
    "notify": notify_rows,
}


async def make_rows(service: ServiceUnderTest, case: Case) -> Rows:
    """Rows of every kind that the service has at the case's place, their facts in the log."""
    make = Maker(service, case)
    await MAKERS[service.name](make)
    for capability in declared(service.name):
        await capability.rows(make)
    await sequence(service)
    kinds = published(service.name)
    public = [
        fact
        for fact in await service.facts()
        if kinds[fact["type"].removeprefix("xiejian.")].audience == "public"
    ]
    make.rows.told = bool(public)
    here = [fact["id"] for fact in public if fact["division"] == make.rows.scope.path]
    make.rows.facts = here[:2]
    return make.rows


async def sequence(service: ServiceUnderTest) -> None:
    """Give the facts that wait in the outbox their place in the log, as the relay does."""
    bus = service.app.state.spine.relay._bus
    # A relay of our own: that of the service would remember the log of the test before.
    relay = Relay(service.app.state.database, bus, service.name)
    engine = own_engine(service.app.state.database, name="relay-of-a-test")
    try:
        while await relay._sequence(engine):
            pass
    finally:
        await engine.dispose()


def random_id() -> str:
    return str(UUID(int=uuid4().int))
