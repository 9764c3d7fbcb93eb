"""A rule that the registry enacted changes what is due here, from its day on."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from shared.clock import today
from shared.events.registry.rule_sets import RuleSetEnacted
from shared.law.calendar import last_day_of, working_days_between
from shared.law.tables import calendar_of, rule
from tests.escalation.people import People, moment
from tests.servers import ServiceUnderTest


def enacted(effective_from: date, days: int, **fields: Any) -> RuleSetEnacted:
    level = {"n": days, "unit": "wd"}
    told = {
        "proposal_id": uuid4(),
        "kind": "new",
        "code": "issue.level_reply",
        "effective_from": effective_from,
        "legal_basis": "《重庆市行政执法监督工作办法》第十条",
        "provisional": False,
        "value": {"township": level, "district": level, "bureau": level},
    }
    return RuleSetEnacted.model_validate({**told, **fields})


async def working_days(service: ServiceUnderTest, issue: dict[str, Any]) -> int:
    async with service.session() as session:
        last = last_day_of(moment(issue["due_at"]))
        return working_days_between(today(session), last, await calendar_of(session))


async def test_an_enacted_rule_changes_the_reply_deadline_from_its_day(
    people: People, escalation: ServiceUnderTest
) -> None:
    assert await working_days(escalation, await people.raise_issue()) == 15
    async with escalation.session() as session:
        from_day = today(session) + timedelta(days=30)
    await escalation.react(enacted(from_day, 10))
    async with escalation.session() as session:
        assert (await rule(session, "issue.level_reply")).deadline("township").n == 15
        then = await rule(session, "issue.level_reply", from_day)
    assert (then.deadline("township").n, then.provisional) == (10, False)
    assert await working_days(escalation, await people.raise_issue()) == 15
    escalation.advance(days=31)
    assert await working_days(escalation, await people.raise_issue()) == 10


async def test_a_rule_that_was_closed_is_not_opened_by_an_older_fact(
    escalation: ServiceUnderTest,
) -> None:
    begins, ends = date(2030, 1, 1), date(2031, 1, 1)
    opened = enacted(begins, 10)
    closed = enacted(begins, 10, kind="close", effective_to=ends)
    for fact in (closed, opened, closed, opened):
        await escalation.react(fact)
        async with escalation.session() as session:
            found = await rule(session, "issue.level_reply", begins)
        assert (found.deadline("bureau").n, found.effective_to) == (10, ends)
