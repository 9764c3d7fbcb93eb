"""The made-up city: numbers formed right, the same each time, and loaded as anybody would."""

from collections import Counter
from datetime import date

import pytest
from httpx2 import AsyncClient

from deploy.city import OFFICERS, POWERS, SUBJECTS, City, Place
from deploy.seed_city import Loading, Stopped, csv_of, ready, run, subjects
from services.registry.divisions.actions import DESCRIPTION
from shared.law.divisions import read_divisions
from shared.law.identifiers import credit_code, identity_number
from tests.servers import ServiceUnderTest, listening

ON = date(2026, 11, 1)


@pytest.fixture(scope="module")
def places() -> list[Place]:
    records = read_divisions(DESCRIPTION).on(ON)
    return [Place(r.code, r.name, r.level.value, r.parent or "") for r in records]


def test_it_has_the_size_of_a_city(places: list[Place]) -> None:
    city = City(places)
    assert len(city.bodies) == SUBJECTS
    townships = sum(place.level == "township" for place in places)
    assert Counter(body.level for body in city.bodies)["township"] == townships
    assert sum(1 for _ in city.people()) == OFFICERS
    assert sum(1 for _ in city.authorities()) == POWERS
    assert len({item.township for item in city.items()}) == townships


def test_its_numbers_are_formed_as_real_ones_and_given_once(places: list[Place]) -> None:
    city = City(places, scale=0.1)
    people, powers = list(city.people()), list(city.authorities())
    for body in city.bodies:
        credit_code(body.uscc)
    for person in people:
        identity_number(person.identity_no)
        assert (person.certificate_no is None) == (person.staffing == "auxiliary")
    for told in (
        [body.uscc for body in city.bodies],
        [person.identity_no for person in people],
        [person.certificate_no for person in people if person.certificate_no],
        [power.code for power in powers],
    ):
        assert len(set(told)) == len(told)


def test_the_same_seed_makes_the_same_city_and_another_one_another(places: list[Place]) -> None:
    def told(seed: int) -> list[object]:
        city = City(places, seed=seed, scale=0.01)
        return [*city.bodies, *city.people(), *city.authorities(), *city.items()]

    assert told(1) == told(1)
    assert told(1) != told(2)


async def test_it_loads_through_the_public_api_and_goes_on_where_it_was_stopped(
    registry: ServiceUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    token, colleague = (registry.token("bureau_supervisor", "50", sub=sub) for sub in "ab")

    async def counted(what: str) -> int:
        path = f"/registry/v1/{what}&count=exact&limit=1"
        return int((await registry.get(path, as_=token)).json()["count"])

    async with listening(registry.app) as url:
        async with AsyncClient(base_url=url, trust_env=False) as client:
            loading = Loading(client, token, colleague)
            city = City(await loading.places(), seed=1, scale=0.005)
            await loading.load("subjects", csv_of(subjects(city)))
        await run(url, token, colleague, seed=1, scale=0.005)
        told = capsys.readouterr().out
        assert "subjects: there already" in told
        assert "The city is there" in told
        for what, at_least in (
            *(("subjects?state=published", 7), ("officers?state=on_post", 300)),
            *(("powers?state=active", 75), ("item-lists?state=published", 5)),
        ):
            assert await counted(what) >= at_least
        # Run once more it has nothing to do, and lets a list alone that somebody draws up since.
        (township, *_) = (body.division for body in city.bodies if body.level == "township")
        body = {"division": township}
        await registry.post("/registry/v1/item-lists", as_=token, json=body)
        await run(url, token, colleague, seed=1, scale=0.005)
        assert "there is nothing to do" in capsys.readouterr().out
        assert await counted("item-lists?state=draft") == 1


async def test_where_nothing_answers_it_says_so_with_the_address() -> None:
    async with AsyncClient(base_url="http://127.0.0.1:1", trust_env=False) as client:
        with pytest.raises(Stopped, match=r"http://127\.0\.0\.1:1.* was not ready .*make run"):
            await ready(client, patience_s=0)
