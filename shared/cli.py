"""`xiejian`: what operators and developers type."""

import argparse
import asyncio
import gc
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from shared import ledger_cli
from shared.access.actor import REACH, Role
from shared.refusals import Misconfigured

SERVICES = ("registry", "oversight", "escalation", "notify")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code says how it went."""
    parser = argparse.ArgumentParser(prog="xiejian", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(run=run)
        return added

    up = command("up", _up, "start the whole system on this machine (make run)")
    up.add_argument("--port", type=int, default=8080)
    demo = command("demo", _demo, "play the main story against the running system (make demo)")
    demo.add_argument("--url", help="gateway; default: the running local stack")

    serve = command("serve", _serve, "run one service")
    serve.add_argument("service", choices=SERVICES)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, required=True)
    serve.add_argument("--workers", type=int, choices=[1], default=1, help="scale by replicas")

    migrate = command("migrate", _migrate, "bring a service's database to the newest revision")
    migrate.add_argument("service", choices=SERVICES)
    seed = command("seed", _seed, "load what an installation begins with, or a city to try it on")
    seed.add_argument("service", nargs="?", choices=SERVICES)
    seed.add_argument("--scale", choices=["city"], help="a made-up city, through the public API")
    seed.add_argument(
        "--acts", type=int, metavar="N", help="so many acts of the last year of that city"
    )
    seed.add_argument("--share", type=float, default=1, help="of the city: 0.01 is a hundredth")
    seed.add_argument("--url", help="gateway; default: the running local stack")

    token = command("token", _token, "a token of the development issuer")
    token.add_argument("--role", action="append", required=True, choices=[str(r) for r in Role])
    token.add_argument("--division", default="50", help="whole code: 50, 500106, 500106001")
    token.add_argument("--organisation", help="credit code of the body the person works for")
    token.add_argument("--domain", action="append", default=[], help="of a line department")
    token.add_argument("--sub", help="id of the person; made from role and division by default")
    token.add_argument("--name")
    token.add_argument("--hours", type=float, default=12, help="how long it is good (12)")
    token.add_argument("--key", type=Path, help="key file of the development issuer")

    key = command("development-key", _key, "make the key of the development issuer")
    key.add_argument("path", type=Path)

    events = command("events", _events, "facts as they arrive")
    events.add_argument("what", choices=["tail"])
    events.add_argument("service", choices=SERVICES)
    events.add_argument(
        "--after", type=int, help="log index to go on behind; -1: all. Left out: only what is new"
    )
    events.add_argument("--once", action="store_true", help="stop at the end of the log")

    calendar = command("calendar", _calendar, "take over announced days (day,workday,name)")
    calendar.add_argument("what", choices=["import"])
    calendar.add_argument("service", choices=SERVICES)
    calendar.add_argument("file", type=Path, help="CSV with the columns day,workday,name")
    calendar.add_argument("--source", required=True, help="the announcement: 国办发明电〔2026〕…号")
    calendar.add_argument(
        "--whole-year",
        type=int,
        action="append",
        default=[],
        help="a year that is announced whole: its other days follow their weekday for good",
    )

    letters = command("dead-letters", _dead_letters, "work that failed for good")
    letters.add_argument("service", choices=SERVICES)
    letters.add_argument("what", choices=["list", "replay"])
    letters.add_argument("id", nargs="?", help="of the dead letter to replay; `all` for every one")

    replay = command("replay", _replay, "facts of another service again, for what is kept of them")
    replay.add_argument("service", choices=SERVICES, help="who reacts")
    replay.add_argument("source", choices=SERVICES, help="whose facts")
    replay.add_argument("--after", type=int, default=-1, help="stream index to go on behind")
    replay.add_argument(
        "--type", action="append", help="how types begin, `registry.power.`; all if left out"
    )

    reseal = command("reseal", _reseal, "seal personal data anew with the newest data key")
    reseal.add_argument("service", choices=SERVICES)

    draw = command("draw", _draw, "draw again what was drawn at random; needs no service")
    draw.add_argument("what", choices=["verify"])
    draw.add_argument("file", type=Path, help="the record of GET /oversight/v1/draws/{id}/record")

    ledger_cli.add_commands(command, SERVICES, _settings)

    given = parser.parse_args(arguments)
    try:
        return int(given.run(given) or 0)
    except KeyboardInterrupt:
        return 130
    except (Complaint, Misconfigured) as complaint:
        print(f"xiejian: {complaint}", file=sys.stderr)
        return 1


class Complaint(Exception):
    """One clear sentence for the person at the terminal."""


def _settings(service: str) -> Any:
    from pydantic import ValidationError

    from shared.settings import Settings

    if "XIEJIAN_DATABASE_URL" not in os.environ and "XIEJIAN_SECRETS_DIR" not in os.environ:
        local = importlib.import_module("deploy.local")
        os.environ.update(local.environment_of(service))
    try:
        return Settings.load()
    except ValidationError as invalid:
        first = invalid.errors()[0]
        field = "_".join(str(part) for part in first["loc"]).upper()
        name = f"XIEJIAN_{field}: " if field else ""
        raise Complaint(f"{name}{first['msg'].removeprefix('Value error, ')}") from None


def _up(given: argparse.Namespace) -> int:
    return int(importlib.import_module("deploy.local").main(["--port", str(given.port)]))


def _demo(given: argparse.Namespace) -> int:
    return int(importlib.import_module("deploy.demo").main(given.url))


def _serve(given: argparse.Namespace) -> int:
    import uvicorn

    from shared.telemetry import log_to_stdout
    from shared.web.streams import Server

    settings = _settings(given.service)
    log_to_stdout(given.service, settings.log_level)
    gc.disable()  # what is made until it serves stays: looking through it is a fifth of a start
    application = importlib.import_module(f"services.{given.service}.app").create_app(settings)
    server = Server(
        uvicorn.Config(
            application,
            host=given.host,
            port=given.port,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=int(settings.shutdown_grace_s),
            timeout_keep_alive=75,
            forwarded_allow_ips="",
        ),
        application,
    )
    gc.freeze()  # nor is it looked through later
    gc.enable()
    server.run()
    return 0 if server.started else 1


def _migrate(given: argparse.Namespace) -> int:
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    from shared.migrations import migrate, service_of

    settings = _settings(given.service)
    if settings.owner_database_url is None:
        raise Complaint("XIEJIAN_OWNER_DATABASE_URL is needed: migrations run as the owner role")
    role = make_url(settings.database_url.get_secret_value()).username
    if not role:
        raise Complaint("XIEJIAN_DATABASE_URL names no role")
    owner = settings.owner_database_url.get_secret_value()
    try:
        asyncio.run(migrate(service_of(given.service), owner, role))
    except (SQLAlchemyError, OSError) as error:
        raise Complaint(f"{given.service} could not be migrated: {error}") from None
    return 0


def _seed(given: argparse.Namespace) -> int:
    from shared.migrations import seed, service_of

    if not 0 < given.share <= 1:
        raise Complaint("--share is above 0 and at most 1")
    if given.acts is not None and given.acts < 1:
        raise Complaint("--acts is at least 1")
    if given.scale:
        city = importlib.import_module("deploy.seed_city")
        if failed := int(city.main(given.url, seed=2022, scale=given.share)):
            return failed
        if given.acts is None:
            return 0
    if given.acts is not None:
        acts = importlib.import_module("deploy.seed_acts")
        return int(acts.main(given.url, count=given.acts, seed=2022, scale=given.share))
    if given.service is None:
        raise Complaint("name a service, --scale city or --acts N")
    asyncio.run(seed(service_of(given.service), _settings(given.service)))
    return 0


def _token(given: argparse.Namespace) -> int:
    from shared.access.tokens import development_token

    named = given.key or os.environ.get("XIEJIAN_DEVELOPMENT_KEY_FILE")
    if named is None:
        named = importlib.import_module("deploy.local").development_key_file()
    path = Path(named)
    fitting = [REACH[role] for role in map(Role, given.role) if role in REACH]
    if not given.division.isdecimal() or any(len(given.division) not in of for of in fitting):
        raise Complaint(
            f"{' and '.join(given.role)} cannot be held for {given.division}: the city is 50, a"
            " district has six digits, a township nine"
        )
    if not path.is_file():
        raise Complaint(f"there is no development key at {path}; `make run` makes one")
    print(
        development_token(
            path,
            roles=[Role(role) for role in given.role],
            division=given.division,
            organisation=given.organisation,
            domains=given.domain,
            sub=given.sub,
            name=given.name,
            ttl_s=int(given.hours * 3600),
        )
    )
    return 0


def _key(given: argparse.Namespace) -> int:
    from shared.access.tokens import make_development_key

    make_development_key(given.path)
    return 0


def _events(given: argparse.Namespace) -> int:
    from shared.operations import tail

    with_signals = asyncio.Runner()
    with with_signals as runner:
        runner.get_loop().add_signal_handler(signal.SIGTERM, sys.exit, 0)
        runner.run(tail(_settings(given.service), given.after, once=given.once))
    return 0


def _calendar(given: argparse.Namespace) -> int:
    from shared.migrations import service_of
    from shared.operations import import_calendar

    try:
        changed = asyncio.run(
            import_calendar(
                _settings(given.service),
                given.file,
                given.source,
                tuple(given.whole_year),
                service=service_of(given.service),
            )
        )
    except (OSError, ValueError) as error:
        raise Complaint(f"{given.file}: {error}") from None
    print(f"{changed} days changed in {given.service}")
    return 0


def _dead_letters(given: argparse.Namespace) -> int:
    from shared.migrations import service_of
    from shared.operations import list_dead_letters, replay_dead_letters

    if given.what == "list":
        asyncio.run(list_dead_letters(_settings(given.service)))
        return 0
    if not given.id:
        raise Complaint("name the id of the dead letter, or `all`")
    done = asyncio.run(
        replay_dead_letters(service_of(given.service), _settings(given.service), given.id)
    )
    return 0 if done else 1


def _replay(given: argparse.Namespace) -> int:
    from shared.facts.messages import BusError
    from shared.migrations import service_of
    from shared.operations import NotListenedTo, replay_facts

    try:
        asyncio.run(
            replay_facts(
                service_of(given.service),
                _settings(given.service),
                given.source,
                after=given.after,
                kinds=given.type or [""],
            )
        )
    except (BusError, NotListenedTo) as error:
        raise Complaint(str(error)) from None
    return 0


def _reseal(given: argparse.Namespace) -> int:
    from shared.migrations import service_of
    from shared.operations import reseal_all

    try:
        asyncio.run(reseal_all(service_of(given.service), _settings(given.service)))
    except ValueError as error:
        raise Complaint(str(error)) from None
    return 0


def _draw(given: argparse.Namespace) -> int:
    rules = importlib.import_module("services.oversight.draws.rules")
    try:
        record = json.loads(given.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Complaint(f"{given.file}: {error}") from None
    wrong = rules.discrepancies(record)
    if wrong:
        for sentence in wrong:
            print(f"NOT verified: {sentence}")
        return 1
    print(f"verified: draw {record['draw_id']}, {len(record['result'])} subjects")
    print("These were published before it, in draw.committed and draw.fixed; compare them:")
    print(f"seed_hash  {record['seed_hash']}")
    print(f"lists_hash {record['lists_hash']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
