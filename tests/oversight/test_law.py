"""A rule that the registry enacted holds here too, from its day on."""

from datetime import date
from uuid import uuid4

from shared.events.registry.rule_sets import RuleSetEnacted
from shared.law.tables import rule
from tests.servers import ServiceUnderTest


async def test_an_enacted_rule_holds_from_its_day(oversight: ServiceUnderTest) -> None:
    begins = date(2030, 1, 1)
    told = RuleSetEnacted(
        proposal_id=uuid4(),
        kind="new",
        code="finding.comment",
        effective_from=begins,
        legal_basis="《重庆市行政执法监督工作办法》第十二条",
        provisional=False,
        value={"n": 10, "unit": "wd"},
    )
    for _ in range(2):  # the same again, after an operator's replay
        await oversight.react(told)
    async with oversight.session() as session:
        before = await rule(session, "finding.comment", date(2029, 12, 31))
        after = await rule(session, "finding.comment", begins)
    assert (before.deadline().n, after.deadline().n) == (5, 10)
    assert after.legal_basis == told.legal_basis
