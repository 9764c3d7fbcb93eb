"""A year of a made-up city: every violation that was planted is warned of, and nothing else is."""

from collections import defaultdict
from datetime import datetime
from itertools import islice

from sqlalchemy import select

from deploy.acts import Year
from deploy.seed_acts import ACCOUNT, Sending, compare
from services.oversight.act_batches.tables import ActBatch
from services.oversight.warning_rules.actions import install
from services.oversight.warnings.tables import ActWarning
from shared.clock import SHANGHAI
from tests.oversight import year as made
from tests.servers import ServiceUnderTest

NOON = datetime(2026, 11, 30, 12, tzinfo=SHANGHAI)
ACTS, SHARE, EACH = 1_200, 0.01, 2


async def test_every_planted_violation_is_warned_of_and_no_lawful_act_even_for_a_while(
    oversight: ServiceUnderTest,
) -> None:
    oversight.app.state.clock.offset = NOON - datetime.now(SHANGHAI)
    city = made.city(SHARE)
    await made.tell(oversight, city)
    async with oversight.session() as session:
        await install(session)
        await session.commit()
    bodies = city.bodies[:EACH]
    people = islice((p for p in made.city(SHARE).people() if p.certificate_no), EACH)
    lapsed = [await made.suspend(oversight, person) for person in people]
    deeds = [await made.sign(oversight, body, f"委〔2026〕{n}号") for n, body in enumerate(bodies)]
    disputed = [await made.dispute(oversight, body, f"D-{n}") for n, body in enumerate(bodies)]
    year = Year(
        made.city(SHARE),
        count=ACTS,
        last=NOON,
        each=EACH,
        lapsed=lapsed,
        deeds=deeds,
        disputed=disputed,
    )
    sending = Sending(
        oversight.http,
        oversight.token("bureau_supervisor", "50"),
        oversight.token("integration", "50", sub=ACCOUNT),
    )
    for supply in year.supplies:
        await sending.register(supply)
        await sending.send(supply, year.records(supply))
        await oversight.fire_timers()
    async with oversight.session() as session:
        raised = (await session.execute(select(ActWarning.rule_code, ActWarning.external_id))).all()
        batches = (await session.scalars(select(ActBatch))).all()
        rules = set(await sending.rules())
    # Whatever was raised once and cleared since is among them.
    found: dict[str, set[str]] = defaultdict(set)
    for code, number in raised:
        found[code].add(number)
    assert found == year.planted
    assert await compare(sending, year)
    assert year.planted.keys() == rules, "a rule of which nothing is planted"
    assert sum(batch.accepted for batch in batches) >= ACTS + EACH * len(rules)
    assert all(sum(getattr(b, name) for b in batches) for name in ("updated", "unchanged"))
    assert not sum(batch.refused for batch in batches)
