"""A referral, a request for cooperation and a liaison of the place, under way."""

from tests.security.declared import Declared
from tests.security.escalation.issues import office
from tests.security.escalation.transfers import attached, head_of, noted
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    word = make.rows.word
    clerk = office(make)
    referral = await make.post(
        "referrals",
        {
            "title": word(),
            "organ": "audit",
            "facts": word(),
            "sender_name": word(),
            "receiver": OWN_CODE,
            "receiver_name": word(),
        },
        as_=clerk,
        kind="referral",
    )
    make.rows.words.append(referral["number"])
    await attached(make, "referral", referral, "letter", as_=clerk)
    await make.post(f"referrals/{referral['id']}/send", {}, as_=office(make, sub="head"))
    await noted(make, referral)
    asked = await make.post(
        "cooperations",
        {
            "title": word(),
            "request": word(),
            "basis": word(),
            "bearer": "shared",
            "needed_by": "2030-12-18",
            "sender_name": word(),
            "receiver_name": word(),
        },
        as_=make.agency,
        kind="cooperation",
    )
    make.rows.words.append(asked["number"])
    await attached(make, "cooperation", asked, "letter")
    await make.post(f"cooperations/{asked['id']}/send", {}, as_=head_of(make))
    await noted(make, asked)
    liaison = await make.post(
        "liaisons",
        {
            "organ": "petition",
            "organ_name": word(),
            "liaison_officer": word(),
            "partner": "court",
            "partner_name": word(),
            "partner_body": OWN_CODE,
            "partner_officer": word(),
            "duties": word(),
        },
        as_=clerk,
        kind="liaison",
    )
    path = f"liaisons/{liaison['id']}"
    await make.post(f"{path}/confirm", as_=office(make, sub="head"))
    met = {"kind": "call", "held_on": "2026-01-05", "topic": word(), "outcome": word()}
    await make.post(f"{path}/log", {**met, "participants": [word()]}, as_=clerk)


DECLARED = Declared(
    rows=rows,
    resources={
        "/escalation/v1/referrals/{id}": "referral",
        "/escalation/v1/cooperations/{id}": "cooperation",
        "/escalation/v1/liaisons/{id}": "liaison",
    },
    collections={
        "/escalation/v1/referrals": "referral",
        "/escalation/v1/cooperations": "cooperation",
        "/escalation/v1/liaisons": "liaison",
    },
    names={"referral_id": "referral", "cooperation_id": "cooperation"},
    harmless=frozenset({"organ", "bearer", "partner"}),
)
