"""Somebody with a role at the place; addresses, gateways and templates belong to no division."""

from uuid import UUID

from sqlalchemy import select

from services.notify.dispatches import actions as dispatches
from services.notify.dispatches.actions import Envelope
from services.notify.dispatches.rules import Purpose
from services.notify.gateways.rules import Channel
from services.notify.holders.tables import Holder
from shared.clock import now
from tests.security.declared import Declared
from tests.security.rows import Maker

OWN = "the caller's own, not found for others"
RUN = "the installation's, for who runs it"
WORDS = "the installation's words; a message they are filled with is the caller's own"


async def rows(make: Maker) -> None:
    place = make.case.place
    role = {
        2: "bureau_supervisor",
        6: "district_supervisor",
        9: "township_supervision_office",
    }[len(place.division)]
    holder = {
        "sub": make.rows.word(),
        "name": make.rows.word(),
        "role": role,
        "division": place.division,
    }
    await make.post("holders/load", {"source": make.rows.word(), "holders": [holder]})
    async with make.service.session() as session:
        made = await session.scalars(select(Holder.id).where(Holder.sub == holder["sub"]))
        make.rows.ids["holder"] += [str(id) for id in made]
        await dispatches.put(
            session,
            [
                Envelope(
                    purpose=Purpose.MESSAGE,
                    message_id=UUID(id),
                    sub=holder["sub"],
                    name=holder["name"],
                    channel=Channel.EMAIL,
                    to="somebody@example.gov.cn",
                    title="",
                    text="",
                    link="",
                    not_before=now(session),
                )
                for id in make.rows.ids["message"]
            ],
        )
        await session.commit()


DECLARED = Declared(
    rows=rows,
    collections={
        "/notify/v1/holders": "holder",
        "/notify/v1/holders/load": "holder",
        "/notify/v1/holders/load-file": "holder",
    },
    unscoped={
        "/notify/v1/vacancies": "places and roles; who runs the system keeps the directory whole",
        "/notify/v1/preferences": OWN,
        "/notify/v1/contacts": OWN,
        **{f"/notify/v1/contacts/{{id}}/{step}": OWN for step in ("send-code", "verify", "remove")},
        "/notify/v1/gateways": RUN,
        "/notify/v1/gateways/{id}": RUN,
        **{f"/notify/v1/gateways/{{id}}/{step}": RUN for step in ("disable", "enable", "remove")},
        "/notify/v1/templates": WORDS,
        "/notify/v1/templates/{id}": WORDS,
        **{
            f"/notify/v1/templates/{{id}}/{step}": WORDS
            for step in ("activate", "retire", "preview", "test")
        },
    },
    names={"message_id": "message"},
    harmless=frozenset({"role", "complete", "name", "channel"}),
)
