"""How often an address may ask: the window, whose address it is, and how little is kept."""

import time
from typing import Any

import pytest
from fastapi import Request
from limits import parse
from pydantic import SecretStr, ValidationError

from shared.settings import Environment, Settings
from shared.web import rate_limit
from shared.web.rate_limit import MovingWindow, RateLimits, TooManyRequests
from tests.servers import DATA_KEY


def settings(**more: Any) -> Settings:
    return Settings(
        environment=Environment.TEST,
        database_url=SecretStr("postgresql://nobody:nothing@127.0.0.1:1/nowhere"),
        data_key=SecretStr(DATA_KEY),
        **more,
    )


class Time:
    """A clock that is moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: self.moment)


def test_the_window_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Time(monkeypatch)
    window = MovingWindow(parse("3/minute"))
    for _ in range(3):
        assert window.take("a") is None
        clock.moment += 10
    assert window.take("a") == pytest.approx(30)
    assert window.take("b") is None
    clock.moment += 30
    assert window.take("a") is None
    assert window.take("a") == pytest.approx(10)


def test_who_is_refused_is_told_when_to_come_again() -> None:
    assert TooManyRequests(0.2).retry_after == 1
    refused = TooManyRequests(41.3)
    assert (refused.retry_after, refused.details) == (42, {"retry_after_s": 42})
    assert "42" in refused.sentence("zh") and "42" in refused.sentence("en")
    assert TooManyRequests.retry_after is None


def test_who_asks_no_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Time(monkeypatch)
    window = MovingWindow(parse("3/minute"))
    for n in range(1_000):
        window.take(str(n))
    assert len(window._asked) == 1_000
    clock.moment += 61
    window.take("new")
    assert list(window._asked) == ["new"]


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "KEPT", 100)
    window = MovingWindow(parse("3/minute"))
    for n in range(1_000):
        window.take(str(n))
    assert len(window._asked) == 100


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        # Only the gateway is believed, and only what it names itself: the last.
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", None, "10.0.0.2"),
        ("10.0.0.2", "nonsense", "unknown"),
        ("10.0.0.2", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("10.0.0.2", "::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_an_address_is_that_of_the_caller(peer: str, forwarded: str | None, address: str) -> None:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    request = Request({"type": "http", "client": (peer, 1), "headers": headers})
    limits = RateLimits(settings(trusted_proxies="127.0.0.1, 10.0.0.0/8"))
    assert limits.address_of(request) == address


@pytest.mark.parametrize(
    "wrong", [{"public_rate_limit": "many"}, {"trusted_proxies": "10.0.0.1/8"}]
)
def test_a_setting_that_cannot_be_meant_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)
