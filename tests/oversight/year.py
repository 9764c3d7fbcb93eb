"""A made-up city as the registry would tell oversight of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from deploy.city import Body, City, Person, Place
from services.registry.divisions.actions import DESCRIPTION
from shared.db import Scope
from shared.events.escalation.disputes import DisputeOpened
from shared.events.registry.delegations import DelegationSigned
from shared.events.registry.item_lists import ItemListPublished, ListedItem
from shared.events.registry.officers import CertificateSuspended, OfficerFact, OfficersLoaded
from shared.events.registry.powers import PowerFact, PowersLoaded
from shared.events.registry.subjects import SubjectFact, SubjectsLoaded
from shared.law.divisions import read_divisions
from tests.servers import ServiceUnderTest

AT_ONCE = 500
T = TypeVar("T")


@cache
def places() -> list[Place]:
    """The divisions in force."""
    records = read_divisions(DESCRIPTION).on(date(2026, 11, 1))
    return [Place(r.code, r.name, r.level.value, r.parent or "") for r in records]


def city(scale: float) -> City:
    """So large a part of the city."""
    return City(places(), scale=scale)


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def scope_of(body: Body) -> Scope:
    match body.level:
        case "city":
            return Scope()
        case "district":
            return Scope(district=body.area)
        case _:
            return Scope(district=body.area, township=body.division)


def _in_chunks(things: Iterable[T]) -> Iterator[Sequence[T]]:
    listed = list(things)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


async def tell(service: ServiceUnderTest, told: City) -> None:
    """Subjects, officers and powers; then what acts may have waited for is looked at."""
    by_scope: dict[Scope, list[Body]] = defaultdict(list)
    for body in told.bodies:
        by_scope[scope_of(body)].append(body)
    for scope, bodies in by_scope.items():
        subjects = [_subject(body) for body in bodies]
        await service.react(SubjectsLoaded(load_id=id_of("subjects"), records=subjects), scope)
    for people in _in_chunks(person for person in told.people() if person.certificate_no):
        officers = [officer(person) for person in people]
        await service.react(OfficersLoaded(load_id=id_of("officers"), records=officers))
    for some in _in_chunks(told.authorities()):
        powers = [
            PowerFact(
                power_id=id_of(power.code),
                subject_id=id_of(power.organisation),
                organisation=power.organisation,
                code=power.code,
                name=power.name,
                kind=power.kind,
                level=power.level,
                domains=[power.domain],
                basis=[],
                township_allowed=power.township_allowed,
                edition=1,
                state="active",
                since=date(2022, 6, 1),
            )
            for power in some
        ]
        await service.react(PowersLoaded(load_id=id_of("powers"), records=powers))
    listed: dict[str, list[ListedItem]] = defaultdict(list)
    for item in told.items():
        about = ListedItem(
            code=item.code, kind=item.kind, power_kind=item.power_kind, power_id=None
        )
        listed[item.township].append(about)
    for township, items in listed.items():
        await service.react(_list(township, items))
    await service.fire_timers()


def _list(township: str, items: list[ListedItem]) -> ItemListPublished:
    return ItemListPublished(
        item_list_id=id_of(township),
        division=township,
        state="published",
        edition=1,
        domains=["comprehensive"],
        statutory=27,
        empowered=len(items) - 27,
        entrusted=0,
        effective_from=date(2025, 7, 1),
        effective_to=None,
        chunk=0,
        chunks=1,
        items=items,
    )


def _subject(body: Body) -> SubjectFact:
    return SubjectFact(
        subject_id=id_of(body.uscc),
        uscc=body.uscc,
        name=body.name,
        kind="statutory",
        level=body.level,
        division=body.division,
        domains=list(body.domains),
        state="published",
    )


def officer(person: Person) -> OfficerFact:
    return OfficerFact(
        officer_id=id_of(person.identity_no),
        subject_id=id_of(person.organisation),
        organisation=person.organisation,
        name=person.name,
        post=person.post,
        staffing=person.staffing,
        state="on_post",
        certificate_no=person.certificate_no,
        certificate_state="active",
        certificate_valid_to=person.valid_to,
    )


async def suspend(service: ServiceUnderTest, person: Person) -> tuple[str, str]:
    """A certificate that holds no more from today on: whose it is, and its number."""
    told = officer(person).model_dump() | {"certificate_state": "suspended"}
    await service.react(CertificateSuspended(**told))
    assert person.certificate_no
    return person.organisation, person.certificate_no


async def sign(service: ServiceUnderTest, body: Body, number: str) -> tuple[str, str]:
    """A deed that is signed and not in force: whose it is, and its number."""
    event = DelegationSigned(
        delegation_id=id_of(number),
        delegator_id=id_of(body.uscc),
        organisation=body.uscc,
        level=body.level,
        trustee_kind="public_affairs",
        trustee_id=None,
        trustee_code=body.uscc,
        trustee_name="某某中心",
        power_ids=[],
        power_codes=[],
        domains=list(body.domains),
        division=body.division,
        valid_from=date(2020, 1, 1),
        valid_to=date(2099, 1, 1),
        deed_no=number,
        state="signed",
        signed_on=date(2026, 1, 1),
        filing_due_at="2026-01-15T00:00:00+08:00",
    )
    await service.react(event, scope_of(body))
    return body.uscc, number


async def dispute(service: ServiceUnderTest, body: Body, item: str) -> tuple[str, str]:
    """A dispute over an item that is pending for an hour: a party, and the item."""
    now = service.app.state.clock.now()
    await service.react(DisputeOpened(**dispute_of([body.uscc], item, now - timedelta(hours=1))))
    return body.uscc, item


def dispute_of(
    parties: Sequence[str], item: str, opened_at: datetime, **told: Any
) -> dict[str, Any]:
    """What escalation tells of a dispute."""
    return {
        "dispute_id": id_of(item),
        "number": f"渝争〔2026〕{item}号",
        "kind": "jurisdiction",
        "kind_name": "管辖争议",
        "division": "50",
        "level": "bureau",
        "state": "negotiating",
        "pending": True,
        "opened_at": opened_at,
        "disputing": [],
        "organisations": list(parties),
        "item_codes": [item],
        "domains": [],
        "interim_measures": [],
        "lead": None,
        "due_at": None,
        **told,
    }
