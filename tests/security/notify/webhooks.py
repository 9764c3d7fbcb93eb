"""A webhook of the place, and a fact of the place that is to be sent to it."""

from sqlalchemy import select

from services.notify.webhooks.tables import WebhookDelivery
from shared.events.registry.subjects import SubjectSuspended
from tests.notify.examples import example
from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    address = f"https://{make.rows.programme}.example/"
    body = {"division": place.division, "description": word(), "url": address}
    hook = await make.post("webhooks", body, kind="webhook")
    make.rows.words.append(hook["secret"])
    fact = await make.service.react(example(SubjectSuspended, reason=word()), make.rows.scope)
    make.rows.words.append(str(fact))
    async with make.service.session() as session:
        made = await session.scalars(select(WebhookDelivery.id))
        make.rows.ids["webhook delivery"] += [str(id) for id in made]


DECLARED = Declared(
    rows=rows,
    resources={
        "/notify/v1/webhooks/{id}": "webhook",
        "/notify/v1/webhook-deliveries/{id}": "webhook delivery",
    },
    collections={"/notify/v1/webhooks": "webhook"},
)
