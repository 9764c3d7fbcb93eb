"""The verbs of a person's own addresses: register, prove, remove; what to be sent, and when."""

import secrets
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.contacts import rules
from services.notify.contacts.rules import (
    ADDRESS_AS,
    CODE_AS,
    ContactState,
    Defaults,
    Quiet,
    Subscription,
)
from services.notify.contacts.schemas import ContactRequest, PreferenceRequest
from services.notify.contacts.tables import Contact, Preference
from services.notify.dispatches import actions as dispatches
from services.notify.gateways.rules import Channel
from services.notify.holders import actions as holders
from services.notify.holders.rules import Email, Phone
from shared.access.actor import Actor
from shared.clock import now
from shared.db import Scope
from shared.events.notify.contacts import ContactChanged, PreferenceChanged
from shared.facts import publish
from shared.refusals import NotFound
from shared.sealing import Seal
from shared.web.preconditions import check_precondition

DEFAULTS = Path(__file__).parent / "data" / "defaults.toml"


class Choice(NamedTuple):
    """What is sent to somebody, and when."""

    subscriptions: list[Subscription]
    quiet: Quiet
    chosen: bool


@cache
def defaults() -> Defaults:
    return rules.parse(DEFAULTS.read_text(encoding="utf-8"))


async def own(session: AsyncSession, actor: Actor) -> list[Contact]:
    """The caller's addresses."""
    found = await session.scalars(
        select(Contact)
        .where(Contact.sub == actor.sub, Contact.state != ContactState.REMOVED)
        .order_by(Contact.id)
    )
    return list(found)


async def register(
    session: AsyncSession, actor: Actor, request: ContactRequest, *, channels: Collection[Channel]
) -> Contact:
    """A new address, to which a code goes; the directory learns of the caller by the way."""
    _may_be(request.channel, request.address)
    moment = now(session)
    await holders.introduce(session, actor)
    seal: Seal = session.info["seal"]
    row = Contact(
        sub=actor.sub,
        channel=request.channel.value,
        address=seal.seal(request.address, ADDRESS_AS),
        state=rules.LIFECYCLE.initial,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    await session.flush()
    await _send_code(session, row, channels=channels)
    return await _done(session, actor, row, "register")


async def send_code(
    session: AsyncSession, actor: Actor, id: UUID, *, channels: Collection[Channel]
) -> Contact:
    """Another code; the one before is worth nothing any more."""
    row = await _step(session, actor, id, "send_code")
    rules.may_send_code(_standing(row), now(session))
    await _send_code(session, row, channels=channels)
    return await _done(session, actor, row, "send_code")


async def verify(session: AsyncSession, actor: Actor, id: UUID, code: str) -> Contact | None:
    """The address is the caller's, and used from now on. None: the code is wrong; it counts."""
    row = await _step(session, actor, id, "verify")
    if not rules.is_code(_standing(row), _hash(session, row.id, code), now(session)):
        row.state = ContactState.UNVERIFIED
        row.tries += 1
        return None
    row.code = row.code_until = None
    return await _done(session, actor, row, "verify")


async def remove(session: AsyncSession, actor: Actor, id: UUID) -> Contact:
    """Nothing is sent there any more, nor what waits."""
    row = await _step(session, actor, id, "remove")
    await dispatches.drop(session, to=address_of(session, row), sub=actor.sub, channel=row.channel)
    return await _done(session, actor, row, "remove")


async def preference(session: AsyncSession, actor: Actor) -> Choice:
    """What is sent to the caller."""
    row = await session.get(Preference, actor.sub)
    return choice(row, actor.roles)


async def prefer(session: AsyncSession, actor: Actor, request: PreferenceRequest) -> Choice:
    """Choose what to be sent; nothing chosen is what the roles get."""
    moment = now(session)
    await holders.introduce(session, actor)
    row = await session.get(Preference, actor.sub, with_for_update=True)
    if row is None:
        row = Preference(sub=actor.sub, updated_at=moment)
        session.add(row)
    told = request.model_dump(mode="json", by_alias=True)
    row.subscriptions, row.quiet, row.updated_at = told["subscriptions"], told["quiet"], moment
    await session.flush()
    many = None if request.subscriptions is None else len(request.subscriptions)
    publish(session, PreferenceChanged(by=actor.sub, subscriptions=many), at=Scope())
    return choice(row, actor.roles)


def choice(row: Preference | None, roles: Collection[str]) -> Choice:
    """What a person chose, and for the rest what the roles get."""
    chosen = row.subscriptions if row else None
    quiet = row.quiet if row else None
    return Choice(
        defaults().of(roles)
        if chosen is None
        else [Subscription.model_validate(one) for one in chosen],
        defaults().quiet if quiet is None else Quiet.model_validate(quiet),
        chosen is not None or quiet is not None,
    )


async def reaching(
    session: AsyncSession, subs: Collection[str]
) -> tuple[Mapping[str, list[Contact]], Mapping[str, Preference]]:
    """Proven addresses and preferences of persons."""
    contacts: dict[str, list[Contact]] = {}
    for row in await session.scalars(
        select(Contact).where(Contact.sub.in_(sorted(subs)), Contact.state == ContactState.VERIFIED)
    ):
        contacts.setdefault(row.sub, []).append(row)
    chosen = await session.scalars(select(Preference).where(Preference.sub.in_(sorted(subs))))
    return contacts, {row.sub: row for row in chosen}


def address_of(session: AsyncSession, row: Contact) -> str:
    seal: Seal = session.info["seal"]
    return seal.open(row.address, ADDRESS_AS)


def _may_be(channel: Channel, address: str) -> None:
    kinds: Mapping[Channel, TypeAdapter[str]] = {
        Channel.EMAIL: TypeAdapter(Email),
        Channel.SMS: TypeAdapter(Phone),
    }
    try:
        if channel in kinds:
            kinds[channel].validate_python(address)
    except ValidationError:
        raise rules.ContactAddressInvalid from None


async def _send_code(session: AsyncSession, row: Contact, *, channels: Collection[Channel]) -> None:
    channel = Channel(row.channel)
    if channel not in channels:
        raise rules.ChannelOff(channel=channel.label)
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}"
    moment = now(session)
    row.code, row.code_until, row.tries = (
        _hash(session, row.id, code),
        moment + rules.CODE_LIVES,
        0,
    )
    minutes = int(rules.CODE_LIVES.total_seconds() // 60)
    await dispatches.put_code(
        session, sub=row.sub, channel=channel, to=address_of(session, row), code=code, lives=minutes
    )


def _hash(session: AsyncSession, id: UUID, code: str) -> bytes:
    seal: Seal = session.info["seal"]
    return seal.blind_index(f"{id} {code}", CODE_AS)


def _standing(row: Contact) -> rules.Standing:
    return rules.Standing(row.code, row.code_until, row.tries)


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Contact:
    row: Contact | None = await session.scalar(
        select(Contact).where(Contact.id == id, Contact.sub == actor.sub).with_for_update()
    )
    if row is None or row.state == ContactState.REMOVED:
        raise NotFound
    check_precondition(id, row.version)
    row.state = rules.LIFECYCLE.next(action, row.state)
    return row


async def _done(session: AsyncSession, actor: Actor, row: Contact, action: str) -> Contact:
    row.updated_at = now(session)
    await session.flush()
    fact = ContactChanged(
        contact_id=row.id, by=actor.sub, channel=row.channel, state=row.state, action=action
    )
    publish(session, fact, at=Scope())
    return row
