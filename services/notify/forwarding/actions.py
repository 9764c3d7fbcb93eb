"""Messages sent on beside the inbox: to whom they are addressed, as each wants them.

Our own log says in which order messages were addressed; its place is kept with what was put to be
sent, so each message is looked at once, whichever replica does it. Nobody waits for it.
"""

import asyncio
import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import PostgresError
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.contacts import actions as contacts
from services.notify.contacts import rules as wishes
from services.notify.contacts.actions import Choice
from services.notify.contacts.rules import ContactState, Told
from services.notify.contacts.tables import Contact
from services.notify.dispatches import actions as dispatches
from services.notify.dispatches.actions import Envelope
from services.notify.dispatches.rules import Purpose
from services.notify.dispatches.tables import Dispatch, DispatchAttempt
from services.notify.duties.tables import Duty
from services.notify.forwarding.tables import ForwardingMark
from services.notify.gateways.rules import Channel
from services.notify.holders import actions as holders
from services.notify.holders.rules import EMAIL_AS, PHONE_AS
from services.notify.holders.tables import Holder, Vacancy
from services.notify.messages import actions as inbox
from services.notify.messages.rules import (
    LONGEST_TITLE,
    Addressee,
    Draft,
    Kind,
    Reach,
    Urgency,
)
from services.notify.messages.tables import Message, MessageReceipt
from services.notify.templates import actions as templates
from services.notify.templates.rules import NoContactToTest
from shared.access.actor import Actor, Role
from shared.access.visibility import unscoped
from shared.clock import now
from shared.db import Database, Scope
from shared.events.notify.dead_letters import DeadLetterBuried
from shared.events.notify.messages import MessageAddressed
from shared.facts import parse_time
from shared.facts.tables import EventLog
from shared.retries import Backoff, Bell
from shared.settings import Settings

log = logging.getLogger(__name__)

PAGE = 200
LOOK_S = 5.0
SWEPT = 1_000
SWEEP_S = 3_600
AWAY = (SQLAlchemyError, PostgresError, OSError)


class Forwarder:
    """Looks at what is new in the log, and has it sent on."""

    def __init__(self, database: Database, settings: Settings, registry: CollectorRegistry) -> None:
        self._database, self._settings = database, settings
        self._channels = Gauge(
            "xiejian_channel_on",
            "Whether a channel is in operation",
            ["channel"],
            registry=registry,
        )
        self._vacancies = Gauge(
            "xiejian_vacancies",
            "Roles that messages were addressed to and nobody is known to hold",
            registry=registry,
        )

    async def run(self, bell: Bell) -> None:
        """Look for ever, when the log grew and now and then."""
        backoff, swept = Backoff(), 0.0
        while True:
            rings = bell.rings
            try:
                looked = await self.turn()
                if (at := asyncio.get_running_loop().time()) - swept > SWEEP_S:
                    swept = at
                    await self.forget()
            except AWAY as error:
                log.warning("messages wait to be sent on for the database: %s", error)
                await asyncio.sleep(backoff.take())
                continue
            backoff.reset()
            if looked < PAGE:
                await bell.after(rings, LOOK_S)

    async def turn(self) -> int:
        """Send on the next messages; how many were looked at."""
        async with self._database.sessions() as session:
            mark = await _mark(session)
            if mark is None:
                return 0  # another replica does it
            end = await _end(session)
            found = await _addressed(session, mark.log_index, end)
            await self._send_on(session, [message for _, message in found])
            full = len(found) == PAGE
            upto = found[-1][0] if full else max(end, mark.log_index)
            if upto > mark.log_index:
                await _tell_operators(session, mark.log_index, upto)
            mark.log_index = upto
            on = await dispatches.channels_on(session, self._settings)
            for channel in Channel:
                self._channels.labels(channel.value).set(channel in on)
            self._vacancies.set(await _vacant(session))
            await session.commit()
        return len(found)

    async def _send_on(self, session: AsyncSession, messages: Sequence[Message]) -> None:
        if not messages:
            return
        people = await holders.holding(session, {message.addressee for message in messages})
        await holders.note_vacancies(
            session,
            (m for m in messages if m.addressee not in people and m.reach != Reach.PERSON),
        )
        channels = await dispatches.channels_on(session, self._settings)
        if not channels:
            return
        subs = {one.sub for those in people.values() for one in those}
        subs |= {message.person for message in messages if message.person}
        own, chosen = await contacts.reaching(session, subs)
        words = await templates.all_words(session)
        url, moment = self._settings.public_url, now(session)
        envelopes = []
        for message in messages:
            letters: dict[Channel, tuple[str, str]] = {}
            for sub, those in _persons(message, people).items():
                choice = contacts.choice(chosen.get(sub), {one.role for one in those})
                for channel, to in _ways(
                    session, _placed(message, those), own.get(sub, []), channels
                ):
                    if not wishes.wants(choice.subscriptions, channel, _told(message)):
                        continue
                    if channel not in letters:
                        letters[channel] = templates.filled(words, message, channel, public_url=url)
                    title, text = letters[channel]
                    envelopes.append(
                        Envelope(
                            Purpose.MESSAGE,
                            message.id,
                            sub,
                            those[0].name if those else "",
                            channel,
                            to,
                            title,
                            text,
                            f"{url}{message.link}",
                            _when(choice, message, moment),
                        )
                    )
        await dispatches.put(session, envelopes)

    async def forget(self) -> None:
        """Delete messages older than the installation keeps them, with all that is theirs."""
        kept = self._settings.messages_kept_days
        if kept is None:
            return
        some = SWEPT
        while some == SWEPT:
            async with self._database.sessions() as session:
                before = now(session) - timedelta(days=kept)
                some = await _forget(session, before)
                await session.commit()


def _persons(message: Message, people: dict[str, list[Holder]] | object) -> dict[str, list[Holder]]:
    """Who a message is for, each with the roles by which it is."""
    assert isinstance(people, dict)
    found: dict[str, list[Holder]] = {}
    for one in people.get(message.addressee, []):
        found.setdefault(one.sub, []).append(one)
    if message.person and message.person not in found:
        found[message.person] = []
    return found


def _placed(message: Message, those: Sequence[Holder]) -> Sequence[Holder]:
    """Whose addresses a message may go to. To a person by name only those that a division gave
    in which the message has its place: a directory names its persons as it likes."""
    if message.reach != Reach.PERSON:
        return those
    return [
        one
        for one in those
        if one.district in (None, message.district) and one.township in (None, message.township)
    ]


def _ways(
    session: AsyncSession,
    those: Iterable[Holder],
    own: Iterable[Contact],
    channels: frozenset[Channel],
) -> list[tuple[Channel, str]]:
    """Addresses of a person: the own one before the directory's, one a channel."""
    found: dict[Channel, str] = {
        Channel(row.channel): contacts.address_of(session, row) for row in own
    }
    seal = session.info["seal"]
    for one in those:
        if one.email:
            found.setdefault(Channel.EMAIL, seal.open(one.email, EMAIL_AS))
        if one.phone:
            found.setdefault(Channel.SMS, seal.open(one.phone, PHONE_AS))
    return [(channel, to) for channel, to in found.items() if channel in channels]


def _told(message: Message) -> Told:
    return Told(message.event, message.district, message.township, message.kind, message.urgency)


def _when(choice: Choice, message: Message, moment: datetime) -> datetime:
    return wishes.not_before(moment, choice.quiet, message.urgency)


async def send_test(
    session: AsyncSession, actor: Actor, channel: str, title: str, text: str
) -> None:
    """A filled-in template to the caller's own proven address."""
    for row in await contacts.own(session, actor):
        if row.channel == channel and row.state == ContactState.VERIFIED:
            to = contacts.address_of(session, row)
            envelope = Envelope(
                Purpose.TEST,
                None,
                actor.sub,
                actor.name,
                Channel(channel),
                to,
                title,
                text,
                "",
                now(session),
            )
            await dispatches.put(session, [envelope])
            return
    raise NoContactToTest


async def _mark(session: AsyncSession) -> ForwardingMark | None:
    """Ours until the commit; begun at the end of the log: what was before is history."""
    locked = select(ForwardingMark).with_for_update(skip_locked=True)
    mark = await session.scalar(locked)
    if mark is None:
        made = await session.execute(
            insert(ForwardingMark)
            .values(id=1, log_index=await _end(session))
            .on_conflict_do_nothing()
        )
        mark = await session.scalar(locked) if made.rowcount else None  # type: ignore[attr-defined]
    return mark


async def _end(session: AsyncSession) -> int:
    end = await session.scalar(
        select(func.max(EventLog.log_index)).where(unscoped(EventLog, reason="its length"))
    )
    return -1 if end is None else end


async def _addressed(session: AsyncSession, after: int, upto: int) -> list[tuple[int, Message]]:
    found = await session.execute(
        select(EventLog.log_index, Message)
        .join(Message, Message.fact_id == EventLog.event_id)
        .where(
            EventLog.log_index > after,
            EventLog.log_index <= upto,
            EventLog.type == MessageAddressed.type,
            unscoped(EventLog, reason="each is sent on to whom it is addressed"),
            unscoped(Message, reason="each is sent on to whom it is addressed"),
        )
        .order_by(EventLog.log_index)
        .limit(PAGE)
    )
    return [(log_index, message) for log_index, message in found]


async def _tell_operators(session: AsyncSession, after: int, upto: int) -> None:
    """Of what this service itself gave up, whose facts no rule of messages hears."""
    buried = await session.scalars(
        select(EventLog.event).where(
            EventLog.log_index > after,
            EventLog.log_index <= upto,
            EventLog.type == DeadLetterBuried.type,
            unscoped(EventLog, reason="who runs the system is told of what it gave up"),
        )
    )
    for body in buried:
        told = json.loads(body)
        fact = DeadLetterBuried.model_validate(told["data"])
        inbox.address(
            session,
            Draft(
                rule="notify_dead_letter",
                kind=Kind.OPERATION,
                urgency=Urgency.IMPORTANT,
                to=Addressee(Reach.CITY, Role.SYSTEM_ADMIN, Scope()),
                title=f"后台任务失败:notify {fact.fact_type}"[:LONGEST_TITLE],
                body=f"消息服务(notify)的后台任务({fact.work},{fact.fact_type})"
                f"尝试{fact.attempts}次仍未成功,已暂存。"
                "请用 xiejian dead-letters notify list 查看原因,处理后重新执行。",
                link="/notify/v1/dead-letters",
            ),
            event=fact.type,
            caused_by=UUID(told["id"]),
            occurred_at=parse_time(told["time"]),
        )


async def _vacant(session: AsyncSession) -> int:
    counted = await session.scalar(
        select(func.count())
        .select_from(Vacancy)
        .where(unscoped(Vacancy, reason="a count for the operator"), Vacancy.filled_at.is_(None))
    )
    return counted or 0


async def _forget(session: AsyncSession, before: datetime) -> int:
    old: list[UUID] = list(
        await session.scalars(
            select(Message.id)
            .where(unscoped(Message, reason="retention"), Message.addressed_at < before)
            .limit(SWEPT)
        )
    )
    letters = select(Dispatch.id).where(Dispatch.message_id.in_(old))
    await session.execute(delete(DispatchAttempt).where(DispatchAttempt.dispatch_id.in_(letters)))
    await session.execute(delete(Dispatch).where(Dispatch.message_id.in_(old)))
    await session.execute(delete(MessageReceipt).where(MessageReceipt.message_id.in_(old)))
    await session.execute(delete(Message).where(Message.id.in_(old)))
    done = select(Duty.id).where(unscoped(Duty, reason="retention"), Duty.done_at < before)
    await session.execute(delete(Duty).where(Duty.id.in_(done.limit(SWEPT))))
    return len(old)


async def forward_for_ever(app: FastAPI) -> None:
    """The worker of a process."""
    state = app.state
    if not hasattr(state, "forwarder"):  # begun again, it has its metrics already
        state.forwarder = Forwarder(state.database, state.settings, state.metrics.registry)
    await state.forwarder.run(state.spine.news)
