"""Beside the inbox: who holds a role, how a person is reached, and what is sent there and when."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier

from services.notify.adapters.mail import Letter, Post
from services.notify.adapters.outbound import Outbound
from services.notify.contacts import rules as wishes
from services.notify.contacts.actions import defaults
from services.notify.contacts.rules import Quiet, Subscription, Told
from services.notify.dispatches.actions import Envelope, Sender, put
from services.notify.dispatches.rules import Purpose
from services.notify.forwarding.actions import Forwarder
from services.notify.gateways.rules import LIFECYCLE as GATEWAY
from services.notify.gateways.rules import Channel
from services.notify.permissions import ADDRESSEES, OPERATORS
from services.notify.templates.actions import delivered
from services.notify.templates.rules import LIFECYCLE as TEMPLATE
from services.notify.templates.rules import SAMPLES
from services.notify.webhooks.rules import networks
from shared.access.actor import Role
from shared.clock import SHANGHAI
from shared.db import new_id
from shared.events.oversight.campaigns import CampaignPrepared
from shared.events.oversight.findings import FindingConfirmed
from shared.events.oversight.rectifications import RectificationOverdue
from shared.events.registry.dead_letters import DeadLetterBuried as RegistryBuried
from shared.events.registry.subjects import SubjectSubmitted
from shared.facts.dead_letters import bury
from shared.facts.relay import _SEQUENCE, _cursor
from shared.settings import Settings
from tests.notify.examples import DISTRICT, TOWNSHIP, example
from tests.notify.post_office import PASSWORD, USER, PostOffice, post_office
from tests.notify.receivers import Receivers, receivers
from tests.servers import ServiceUnderTest, eventually
from tests.walks import Walk

N = "/notify/v1"
MORNING = datetime(2026, 3, 2, 10, tzinfo=SHANGHAI)


class House:
    """A service whose e-mail and gateways lead to servers of the test, and who is there."""

    def __init__(self, notify: ServiceUnderTest, office: PostOffice, there: Receivers) -> None:
        self.notify, self.office, self.there = notify, office, there
        self.zhao = notify.token("district_supervisor", "500106", sub="zhao")
        self.bureau = notify.token("bureau_supervisor", "50", sub="bureau")
        self.colleague = notify.token("bureau_supervisor", "50", sub="colleague")
        self.admin = notify.token("system_admin", "50", sub="admin")
        self.sender: Sender
        self.outbound: Outbound
        self.patient: Outbound
        self.forwarder: Forwarder

    async def call(self, method: str, path: str, as_: str, status: int = 200, **more: Any) -> Any:
        answer = await self.notify.request(method, f"{N}{path}", as_=as_, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path: str, as_: str, json: Any = None, status: int = 200) -> Any:
        body = {} if json is None else {"json": json}
        return await self.call("POST", path, as_, status, **body)

    async def settle(self) -> None:
        """All that was addressed is in the log, sent on and sent."""
        async with self.notify.session() as session:
            connection = await session.connection()
            await _cursor(connection)
            await connection.exec_driver_sql(_SEQUENCE, (500,))
            await session.commit()
        while await self.forwarder.turn():
            pass
        await self.sender.finish()

    async def load(self, as_: str, *holders: dict[str, Any], complete: bool = False) -> Any:
        told = {"source": "统一身份认证平台", "complete": complete, "holders": holders}
        return await self.post("/holders/load", as_, told)

    async def proven(self, as_: str, channel: str, address: str) -> dict[str, Any]:
        """An address that the code came to."""
        row = await self.post("/contacts", as_, {"channel": channel, "address": address}, 201)
        await self.sender.finish()
        letter = (
            self.office.got[-1][1].get_content()
            if channel == "email"
            else json.loads(self.there.got[-1][2])["text"]
        )
        found = re.search(r"[0-9]{6}", letter)
        assert found
        made: dict[str, Any] = await self.post(
            f"/contacts/{row['id']}/verify", as_, {"code": found[0]}
        )
        return made

    async def gateway(self, channel: str, path: str = "/ok") -> dict[str, Any]:
        told = {"name": channel, "channel": channel, "url": self.there.url + path}
        made: dict[str, Any] = await self.post("/gateways", self.admin, told, 201)
        return made


@pytest.fixture
async def house(
    notify: ServiceUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(post_office(tmp_path))
        there = await stack.enter_async_context(receivers())
        state = notify.app.state
        mail = {
            "smtp_host": "127.0.0.1",
            "smtp_port": office.port,
            "smtp_username": USER,
            "smtp_password": SecretStr(PASSWORD),
            "smtp_from": "xiejian@example.gov.cn",
            "smtp_ca_file": office.certificate,
            "public_url": "https://xiejian.example.gov.cn",
        }
        settings: Settings = state.settings.model_copy(update=mail)
        stack.callback(setattr, state, "settings", state.settings)
        state.settings = settings
        state.clock.offset = MORNING - datetime.now(SHANGHAI)
        made = House(notify, office, there)
        outbound, made.patient = [
            await stack.enter_async_context(Outbound(networks("127.0.0.0/8"), timeout_s=seconds))
            for seconds in (20, 20)
        ]
        made.outbound = outbound
        made.sender = Sender(state.database, Post(settings, timeout_s=2), outbound)
        made.forwarder = Forwarder(state.database, settings, CollectorRegistry())
        monkeypatch.setattr(made.forwarder, "_settings", settings)
        await made.forwarder.turn()  # what is before is history
        yield made


ZHAO = {
    "sub": "zhao",
    "name": "赵明",
    "role": "district_supervisor",
    "division": "500106",
    "email": "zhao@example.gov.cn",
    "phone": "13800000001",
}


async def test_an_important_message_comes_as_a_letter_that_can_be_read_back(house: House) -> None:
    """Over STARTTLS with a password; what is less important stays in the inbox; each attempt is
    shown to the supervisor, the address masked."""
    await house.load(house.bureau, ZHAO)
    await house.notify.react(example(SubjectSubmitted), TOWNSHIP)
    overdue = example(RectificationOverdue, subject_name="渝州街道办事处")
    await house.notify.react(overdue, TOWNSHIP)
    await house.settle()
    ((to, letter),) = house.office.got
    assert to == letter["To"] == "zhao@example.gov.cn"
    assert letter["From"] == "xiejian@example.gov.cn"
    assert letter["Subject"] == "【紧急】督促整改:渝州街道办事处逾期未整改"
    link = f"https://xiejian.example.gov.cn/oversight/v1/rectifications/{overdue.rectification_id}"
    assert link in letter.get_content() and "类别:责令整改" in letter.get_content()
    assert letter["Auto-Submitted"] == "auto-generated" and letter["Message-ID"]
    assert house.office.encrypted == [True]
    inbox = (await house.call("GET", "/messages", house.zhao))["items"]
    assert len(inbox) == 2
    (message,) = [one for one in inbox if one["urgency"] == "urgent"]
    (sent,) = await house.call("GET", f"/messages/{message['id']}/dispatches", house.zhao)
    assert (sent["address"], sent["state"], sent["name"]) == ("z***@example.gov.cn", "sent", "赵明")
    assert [(tried["status"], tried["error"]) for tried in sent["tried"]] == [(250, None)]
    foreign = house.notify.token("district_supervisor", "500112")
    await house.call("GET", f"/messages/{message['id']}/dispatches", foreign, 404)
    await house.settle()
    assert len(house.office.got) == 1, "each is sent on once"
    async with house.notify.session() as session:
        kept = await session.scalars(
            text("SELECT d::text FROM dispatch d UNION ALL SELECT h::text FROM holder h")
        )
        facts = json.dumps(await house.notify.facts(), ensure_ascii=False)
        for written in (*kept, facts):
            assert "zhao@" not in written and "13800000001" not in written


async def test_what_only_our_own_services_are_told_does_not_leave_in_words(house: House) -> None:
    """Nor does it leave for where another place's directory says that the person is."""
    elsewhere = house.notify.token("district_supervisor", "500107")
    forged = {**ZHAO, "division": "500107", "email": "elsewhere@example.gov.cn"}
    await house.load(elsewhere, forged)
    await house.load(house.bureau, ZHAO)
    prepared = example(
        CampaignPrepared, step="planned", state="planned", mode="unannounced", approver="zhao"
    )
    await house.notify.react(prepared, DISTRICT)
    everything = {"subscriptions": [{"channel": "email"}]}
    await house.call("PUT", "/preferences", house.zhao, json=everything)
    await house.settle()
    ((to, letter),) = house.office.got
    assert to == "zhao@example.gov.cn"
    assert "您有一条新消息" in letter["Subject"]
    assert prepared.theme not in letter["Subject"] + letter.get_content()


async def test_an_address_of_one_s_own_is_proven_and_goes_before_the_directory_s(
    house: House,
) -> None:
    await house.load(house.bureau, ZHAO)
    own = {"channel": "email", "address": "zhao@home.example"}
    row = await house.post("/contacts", house.zhao, own, 201)
    assert (row["state"], row["address"]) == ("unverified", "z***@home.example")
    again = await house.post("/contacts", house.zhao, own, 409)
    assert again["code"] == "contact-there"
    soon = await house.post(f"/contacts/{row['id']}/send-code", house.zhao, None, 429)
    assert soon["code"] == "code-too-soon"
    await house.sender.finish()
    ((to, letter),) = house.office.got
    assert to == "zhao@home.example"
    found = re.search(r"[0-9]{6}", letter.get_content())
    assert found
    stranger = house.notify.token("district_supervisor", "500106", sub="stranger")
    await house.post(f"/contacts/{row['id']}/verify", stranger, {"code": found[0]}, 404)
    wrong = {"code": f"{(int(found[0]) + 1) % 1_000_000:06}"}
    for _ in range(wishes.TRIES):
        refused = await house.post(f"/contacts/{row['id']}/verify", house.zhao, wrong, 422)
        assert refused["code"] == "code-wrong"
    await house.post(f"/contacts/{row['id']}/verify", house.zhao, {"code": found[0]}, 422)
    house.notify.advance(minutes=2)
    await house.post(f"/contacts/{row['id']}/send-code", house.zhao)
    await house.sender.finish()
    found = re.search(r"[0-9]{6}", house.office.got[-1][1].get_content())
    assert found
    done = await house.post(f"/contacts/{row['id']}/verify", house.zhao, {"code": found[0]})
    assert done["state"] == "verified"
    await house.notify.react(example(RectificationOverdue), TOWNSHIP)
    await house.settle()
    assert [to for to, _ in house.office.got[2:]] == ["zhao@home.example"]
    await house.post(f"/contacts/{row['id']}/remove", house.zhao)
    assert (await house.call("GET", "/contacts", house.zhao))["items"] == []
    # What waits for the directory's address is not dropped with another one.
    house.office.says = {"zhao@example.gov.cn": "451 later"}
    await house.notify.react(example(RectificationOverdue), TOWNSHIP)
    await house.settle()
    row = await house.post("/contacts", house.zhao, own, 201)
    await house.post(f"/contacts/{row['id']}/remove", house.zhao)
    house.office.says = {}
    house.notify.advance(seconds=10)
    await house.sender.finish()
    assert [to for to, _ in house.office.got[3:]] == ["zhao@example.gov.cn"]


async def test_the_directory_is_kept_in_step_and_a_role_that_nobody_holds_is_reported(
    house: House,
) -> None:
    await house.notify.react(example(RectificationOverdue), TOWNSHIP)
    await house.notify.react(example(RectificationOverdue), TOWNSHIP)
    await house.settle()
    vacant = (await house.call("GET", "/vacancies", house.admin))["items"]
    here = {(one["role"], one["township"]): one["messages"] for one in vacant}
    assert here[("district_supervisor", None)] == 2
    found = await house.notify.facts("notify.vacancy.found.v1")
    assert len(found) == len(vacant), "one each, not one a message"
    foreign = house.notify.token("district_supervisor", "500112")
    assert (await house.call("GET", "/vacancies", foreign))["items"] == []

    file = (
        "账号,姓名,角色,行政区划代码,电子邮箱\n"
        "zhao,赵明,district_supervisor,500106,zhao@example.gov.cn\n"
    )
    query = {"source": "平台", "complete": "true"}
    loaded = await house.call(
        "POST",
        "/holders/load-file",
        house.zhao,
        params=query,
        content=b"\xef\xbb\xbf" + file.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert loaded == {"named": 1, "joined": 1, "left": 0, "filled": 1}
    (holder,) = (await house.call("GET", "/holders", house.zhao))["items"]
    assert holder["email"] == "z***@example.gov.cn"
    vacant = (await house.call("GET", "/vacancies", house.admin))["items"]
    assert ("district_supervisor", None) not in {(one["role"], one["township"]) for one in vacant}
    house.notify.advance(hours=1)
    other = {**ZHAO, "sub": "qian", "name": "钱进"}
    told = {"source": "平台", "complete": True, "holders": [other]}
    loaded = await house.post("/holders/load", house.zhao, told)
    assert (loaded["joined"], loaded["left"]) == (1, 1)
    assert [one["sub"] for one in (await house.call("GET", "/holders", house.zhao))["items"]] == [
        "qian"
    ]
    for wrong, code in (
        ({**ZHAO, "division": "500107"}, "holder-elsewhere"),
        ({**ZHAO, "division": "50"}, "holder-out-of-reach"),
    ):
        told = {"source": "平台", "holders": [wrong]}
        answer = await house.notify.post(f"{N}/holders/load", as_=house.zhao, json=told)
        assert (answer.status_code // 100, answer.json()["code"]) == (4, code)
    for file in ("", "账号,姓名\n", "a,b\n1,2\n"):
        unreadable = await house.notify.post(
            f"{N}/holders/load-file", as_=house.zhao, params=query, content=file.encode()
        )
        assert unreadable.json()["code"] == "directory-unreadable"


async def test_a_gateway_is_signed_tried_again_and_delays_no_other_channel(house: House) -> None:
    sms = await house.gateway("sms")
    chat = await house.gateway("chat", "/hang")
    there = await house.notify.post(
        f"{N}/gateways",
        as_=house.admin,
        json={"name": "又一个", "channel": "sms", "url": house.there.url},
    )
    assert there.json()["code"] == "gateway-there"
    await house.load(house.bureau, ZHAO)
    await house.notify.react(example(RectificationOverdue, subject_name="甲"), TOWNSHIP)
    await house.settle()
    path, headers, body = house.there.got[-1]
    assert path == "/ok"
    Verifier(sms["secret"]).verify(body, headers)
    told = json.loads(body)
    assert (told["channel"], told["to"]) == ("sms", "13800000001")
    assert told["text"].startswith("【执法监督】督促整改:甲")
    assert told["link"].startswith("https://xiejian.example.gov.cn/oversight/v1/")
    assert len(house.office.got) == 1

    # The chat's gateway hangs: its letter waits, nothing else does; at last it is given up.
    row = {"channel": "chat", "address": "zhao.ming"}
    await house.post("/contacts", house.zhao, row, 201)
    await house.post("/contacts", house.zhao, {"channel": "email", "address": "z@b.example"}, 201)
    house.sender._outbound = house.patient
    assert await house.sender.turn() == 2

    async def came() -> bool:
        return len(house.office.got) == 2 and house.there.hanging == 1

    await eventually(came)
    assert house.sender._sending["chat"], "it still hangs"
    house.there.dead = True
    house.there.released.set()
    await house.sender.finish()
    house.sender._outbound = house.outbound
    house.notify.advance(hours=13)
    for _ in range(8):
        await house.sender.finish()
        house.notify.advance(hours=13)
    (given_up,) = await house.notify.facts("notify.dispatch.given_up.v1")
    assert given_up["data"] == {**given_up["data"], "channel": "chat", "attempts": 8}
    assert given_up["data"]["state"] == "failed"
    # What waits for a gateway that is removed is not sent by one that comes later.
    house.there.dead = False
    house.sender._outbound = house.outbound
    await house.notify.react(example(RectificationOverdue, subject_name="乙"), TOWNSHIP)
    house.there.dead = True
    await house.settle()
    house.there.dead = False
    house.notify.advance(seconds=10)
    await house.post(f"/gateways/{sms['id']}/remove", house.admin)
    await house.gateway("sms")
    before = len(house.there.got)
    await house.settle()
    assert len(house.there.got) == before
    await house.post(f"/gateways/{chat['id']}/disable", house.admin)
    assert set((await house.call("GET", "/contacts", house.zhao))["channels"]) == {"email", "sms"}
    await house.call("GET", "/gateways", house.bureau, 403)


async def test_what_the_server_will_never_take_is_not_tried_again_and_what_it_may_is(
    house: House,
) -> None:
    house.office.says = {"zhao@example.gov.cn": "550 no such user", "qian@b.example": "451 later"}
    qian = {**ZHAO, "sub": "qian", "name": "钱进", "email": "qian@b.example", "phone": None}
    await house.load(house.bureau, {**ZHAO, "phone": None}, qian)
    await house.notify.react(example(RectificationOverdue), TOWNSHIP)
    await house.settle()
    inbox = (await house.call("GET", "/messages", house.zhao))["items"]
    path = f"/messages/{inbox[0]['id']}/dispatches"
    sent = {one["sub"]: one for one in await house.call("GET", path, house.zhao)}
    assert (sent["zhao"]["state"], sent["zhao"]["tried"][0]["status"]) == ("rejected", 550)
    assert (sent["qian"]["state"], sent["qian"]["tried"][0]["status"]) == ("pending", 451)
    house.office.says = {}
    house.notify.advance(seconds=10)
    await house.sender.finish()
    assert [to for to, _ in house.office.got] == ["qian@b.example"]

    # What a server says of us is no word on the letter.
    class Unwelcome(Post):
        async def _deliver(self, message: Any) -> int:
            raise aiosmtplib.SMTPSenderRefused(550, "not from you", "xiejian@example.gov.cn")

    ours = Unwelcome(house.notify.app.state.settings)
    told = await ours.send(Letter(new_id(), "a@b.example", "题", "文"))
    assert (told.status, told.error) == (None, "SMTPSenderRefused 550")
    # A server whose certificate nobody vouches for gets nothing.
    untrusted = house.notify.app.state.settings.model_copy(update={"smtp_ca_file": None})
    house.sender._post = Post(untrusted, timeout_s=2)
    await house.notify.react(example(RectificationOverdue), TOWNSHIP)
    await house.settle()
    assert len(house.office.got) == 1
    # A letter that cannot be opened is given up and stops no other.
    async with house.notify.session() as session:
        broken = "UPDATE dispatch SET content = 'x' WHERE sub = 'zhao' AND state = 'pending'"
        await session.execute(text(broken))
        await session.commit()
    house.sender._post = Post(house.notify.app.state.settings, timeout_s=2)
    house.notify.advance(seconds=10)
    await house.sender.finish()
    async with house.notify.session() as session:
        states = await session.scalars(text("SELECT state FROM dispatch ORDER BY created_at, sub"))
        assert list(states) == ["sent", "rejected", "sent", "failed"]


async def test_more_letters_than_a_statement_has_parameters_for_are_written(house: House) -> None:
    moment = datetime.now(SHANGHAI)
    many = [
        Envelope(
            Purpose.TEST, None, "zhao", "", Channel.EMAIL, f"{n}@b.example", "", "", "", moment
        )
        for n in range(2_400)
    ]
    async with house.notify.app.state.database.sessions() as session:
        await put(session, many)
        written = await session.scalar(text("SELECT count(*) FROM dispatch"))
    assert written == len(many)


async def test_what_is_chosen_is_sent_and_at_night_only_what_is_urgent(house: House) -> None:
    await house.load(house.bureau, {**ZHAO, "phone": None})
    assert (await house.call("GET", "/preferences", house.zhao))["chosen"] is False
    wish = {
        "subscriptions": [{"channel": "email", "kinds": ["subject"], "divisions": ["500106001"]}],
        "quiet": {"from": "21:00", "to": "08:00", "urgent_breaks": False},
    }
    chosen = await house.call("PUT", "/preferences", house.zhao, json=wish)
    assert chosen["chosen"] and chosen["subscriptions"][0]["kinds"] == ["subject"]
    house.notify.advance(hours=12)
    await house.notify.react(example(RectificationOverdue), TOWNSHIP)
    await house.notify.react(example(SubjectSubmitted), TOWNSHIP)
    await house.settle()
    assert house.office.got == []
    house.notify.advance(hours=10, minutes=1)
    await house.sender.finish()
    assert [letter["Subject"][:3] for _, letter in house.office.got] == ["待审核"]
    await house.call("PUT", "/preferences", house.zhao, json={})
    assert (await house.call("GET", "/preferences", house.zhao))["chosen"] is False


NIGHT = Quiet(start="22:00", end="07:00")
NAP = Quiet(start="12:00", end="14:00", urgent_breaks=False)


@pytest.mark.parametrize(
    ("quiet", "at", "urgency", "until"),
    [
        (NIGHT, (2, 21, 59), "normal", (2, 21, 59)),
        (NIGHT, (2, 22, 0), "important", (3, 7, 0)),
        (NIGHT, (3, 6, 59), "normal", (3, 7, 0)),
        (NIGHT, (3, 7, 0), "normal", (3, 7, 0)),
        (NIGHT, (2, 23, 0), "urgent", (2, 23, 0)),
        (NAP, (2, 12, 0), "urgent", (2, 14, 0)),
        (NAP, (2, 11, 59), "normal", (2, 11, 59)),
        (NAP, (2, 14, 0), "normal", (2, 14, 0)),
    ],
)
def test_quiet_hours(quiet: Quiet, at: Any, urgency: str, until: Any) -> None:
    moment, end = (
        datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI) for day, hour, minute in (at, until)
    )
    assert wishes.not_before(moment, quiet, urgency) == end


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        ({}, True),
        ({"channel": "sms"}, False),
        ({"types": ["oversight.finding.confirmed.v1"]}, True),
        ({"types": ["oversight.finding.recorded.v1"]}, False),
        ({"divisions": ["500106"]}, True),
        ({"divisions": ["500106001"]}, True),
        ({"divisions": ["500107"]}, False),
        ({"kinds": ["issue"]}, False),
        ({"urgencies": ["urgent", "important"], "kinds": ["finding"]}, True),
        ({"urgencies": ["normal"]}, False),
    ],
)
def test_a_message_has_to_fit_every_list_of_a_subscription(
    wish: dict[str, Any], wanted: bool
) -> None:
    told = Told(FindingConfirmed.type, "500106", "500106001", "finding", "urgent")
    one = Subscription.model_validate({"channel": "email", **wish})
    assert wishes.wants([one], Channel.EMAIL, told) is wanted


def test_every_role_with_an_inbox_has_its_defaults() -> None:
    assert set(defaults().role) == ADDRESSEES | OPERATORS
    both = defaults().of([Role.LINE_DEPARTMENT, Role.LAY_MONITOR])
    assert {one.channel: set(one.urgencies) for one in both} == {
        Channel.EMAIL: {"normal", "important", "urgent"},
        Channel.SMS: {"urgent"},
    }


async def test_messages_are_kept_as_long_as_the_installation_says(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.load(house.bureau, ZHAO)
    await house.notify.react(example(RectificationOverdue, state="overdue"), TOWNSHIP)
    await house.settle()
    (message, *_) = (await house.call("GET", "/messages", house.zhao))["items"]
    await house.post(f"/messages/{message['id']}/acknowledge", house.zhao)
    sent = f"/messages/{message['id']}/dispatches"
    assert len(await house.call("GET", sent, house.zhao)) == 1
    house.notify.advance(days=200)
    await house.sender.forget()
    assert await house.call("GET", sent, house.zhao) == []
    await house.forwarder.forget()
    assert (await house.call("GET", "/messages", house.zhao))["items"], "for ever by default"
    kept = house.notify.app.state.settings.model_copy(update={"messages_kept_days": 180})
    monkeypatch.setattr(house.forwarder, "_settings", kept)
    await house.notify.react(example(SubjectSubmitted), TOWNSHIP)
    await house.forwarder.forget()
    left = (await house.call("GET", "/messages", house.zhao))["items"]
    assert [one["event"] for one in left] == [SubjectSubmitted.type]
    duties = (await house.call("GET", "/duties", house.zhao))["items"]
    assert {one["name"] for one in duties} == {"rectification_urging", "subject_review"}


WORDS = {"name": "message", "channel": "email", "title": "请办:{{ title }}", "text": "{{ link }}"}


async def test_words_are_tried_with_a_message_and_put_into_use_by_another_person(
    house: House,
) -> None:
    await house.load(
        house.bureau,
        {**ZHAO, "sub": "bureau", "role": "bureau_supervisor", "division": "50", "phone": None},
    )
    await house.notify.react(example(SubjectSubmitted, level="city", name="市局"), DISTRICT)
    (message,) = (await house.call("GET", "/messages", house.bureau))["items"]
    row = await house.post("/templates", house.bureau, WORDS, 201)
    assert (row["edition"], row["state"], row["allowed_actions"]) == (
        1,
        "draft",
        ["change", "retire"],
    )
    about = {"message_id": message["id"]}
    shown = await house.post(f"/templates/{row['id']}/preview", house.bureau, about)
    assert shown["title"] == f"请办:{message['title']}"
    untested = await house.post(f"/templates/{row['id']}/test", house.bureau, about, 409)
    assert untested["code"] == "no-contact-to-test"
    await house.proven(house.bureau, "email", "bureau@example.gov.cn")
    await house.post(f"/templates/{row['id']}/test", house.bureau, about, 202)
    await house.sender.finish()
    to, letter = house.office.got[-1]
    assert (to, letter["Subject"]) == ("bureau@example.gov.cn", f"请办:{message['title']}")
    own = await house.post(f"/templates/{row['id']}/activate", house.bureau, None, 403)
    assert own["code"] == "template-activated-by-author"
    await house.post(f"/templates/{row['id']}/activate", house.colleague)
    second = await house.post("/templates", house.bureau, {**WORDS, "title": "{{ kind }}"}, 201)
    assert second["edition"] == 2
    await house.post(f"/templates/{second['id']}/activate", house.colleague)
    rows = (await house.call("GET", "/templates", house.bureau))["items"]
    assert [one["state"] for one in rows] == ["active", "retired"]
    everything = {"subscriptions": [{"channel": "email"}]}
    await house.call("PUT", "/preferences", house.bureau, json=everything)
    await house.settle()
    assert house.office.got[-1][1]["Subject"] == "执法主体"
    # What does not leave in words does not leave in a test either.
    unannounced = example(
        CampaignPrepared, step="planned", state="planned", mode="unannounced", approver="bureau"
    )
    await house.notify.react(unannounced, DISTRICT)
    (secret, _) = (await house.call("GET", "/messages", house.bureau))["items"]
    about = {"message_id": secret["id"]}
    withheld = await house.post(f"/templates/{row['id']}/test", house.bureau, about, 422)
    assert withheld["code"] == "template-invalid"


@pytest.mark.parametrize(
    "text_",
    [
        "{{ nothing }}",
        "{{ title.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{% for a in title %}{{ a }}{% endfor %}",
        "{{ title * 1000000 }}",
        "{{ range(9) }}",
        "{{ title | map }}",
        "{{ title | replace('a', 'aaaaaaaaaa') }}",
        "{% include 'x' %}",
        "{% set x = title %}",
        "{{ title",
        "{{ title ~ title }}",
        "{{ cycler }}",
    ],
)
async def test_words_cannot_do_more_than_name_what_they_are_given(
    notify: ServiceUnderTest, text_: str
) -> None:
    answer = await notify.post(
        f"{N}/templates",
        as_=notify.token("bureau_supervisor", "50"),
        json={**WORDS, "text": text_},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "template-invalid")


def test_the_delivered_words_can_be_used() -> None:
    found = delivered()
    assert set(found) == {(name, channel.value) for name in SAMPLES for channel in Channel}
    for (name, _), words in found.items():
        title, body = words.render(SAMPLES[name])
        assert title and body


async def test_gateways_and_templates_are_walked(house: House) -> None:
    numbers = iter(range(1000))

    async def gateway() -> dict[str, Any]:
        async with house.notify.session() as session:
            await session.execute(text("UPDATE gateway SET state = 'removed'"))
            await session.commit()
        return await house.gateway("sms")

    await Walk(
        house.notify,
        GATEWAY,
        f"{N}/gateways",
        gateway,
        callers={"admin": house.admin},
    ).run(seed=1, steps=16, alive=1)

    async def template() -> dict[str, Any]:
        words = {**WORDS, "title": f"{next(numbers)} {{{{ title }}}}"}
        made: dict[str, Any] = await house.post("/templates", house.bureau, words, 201)
        return made

    await Walk(
        house.notify,
        TEMPLATE,
        f"{N}/templates",
        template,
        callers={"colleague": house.colleague, "bureau": house.bureau},
        bodies={"change": lambda thing: {"text": f"{thing['version']} {{{{ link }}}}"}},
    ).run(seed=2, steps=16, alive=1)


async def test_who_runs_the_system_is_told_of_what_it_gave_up(house: House) -> None:
    """Of every service, notify included, and by a letter where there is an address."""
    admin = {**ZHAO, "sub": "admin", "role": "system_admin", "division": "50", "phone": None}
    await house.load(house.bureau, admin)
    await house.notify.react(example(RegistryBuried))
    async with house.notify.session() as session:
        bury(
            session,
            kind="timer",
            source="notify",
            fact_type="circular.deliver",
            body=b"{}",
            error=ValueError("no such circular"),
            attempts=5,
        )
        await session.commit()
    await house.settle()
    await house.settle()  # the message of its own is in the log by now
    inbox = (await house.call("GET", "/messages", house.admin))["items"]
    assert [one["link"] for one in inbox] == [
        "/notify/v1/dead-letters",
        "/registry/v1/dead-letters",
    ]
    assert "circular.deliver" in inbox[0]["title"] and "no such" not in json.dumps(inbox)
    assert [letter["Subject"][:4] for _, letter in house.office.got] == ["【重要】"] * 2
    (letter,) = await house.call("GET", "/dead-letters", house.admin)
    assert (letter["kind"], letter["type"], letter["attempts"]) == ("timer", "circular.deliver", 5)
    await house.call("GET", "/dead-letters", house.bureau, 403)
    assert (await house.call("GET", "/messages", house.bureau))["items"] == []
