"""The whole system on this machine: `make run`, and `Stack` for the tests and the demo.

What was acknowledged before a stop is there after the next start; nothing is left running.
"""

import argparse
import base64
import contextlib
import fcntl
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, ClassVar, Self
from urllib.parse import quote

from deploy.embedded import (
    LOOPBACK,
    Caddy,
    CannotRun,
    Nats,
    Postgres,
    Server,
    own_folder,
    port_is_free,
    pss_of,
    spawn,
    wait_until,
    write_private,
)

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("registry", "oversight", "escalation", "notify")
STATE = ROOT / "var"

# What a seeded system has for everybody to try: role, division, and who that is.
SEATS = (
    ("bureau_supervisor", "50", "市司法局 · the Bureau"),
    ("district_supervisor", "500106", "沙坪坝区司法局 · a pilot district"),
    ("township_supervision_office", "500106001", "小龙坎街道 · a township's supervision office"),
    ("township_enforcement", "500106001", "小龙坎街道 · its enforcement team"),
    ("line_department", "50", "市级主管部门 · a line department"),
    ("lay_monitor", "500106", "监督员 · a lay monitor"),
    ("auditor", "50", "审计员 · the auditor"),
    ("system_admin", "50", "系统管理员 · the system administrator"),
    ("security_admin", "50", "安全管理员 · the security administrator"),
)


class Stopped(BaseException):
    """Somebody asked us to end."""


def project_environment() -> dict[str, str]:
    """For a Python of ours: the project's own code, few memory arenas."""
    passed = ("XIEJIAN_LOG_LEVEL", "XIEJIAN_OTLP_ENDPOINT")
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
        **{key: os.environ[key] for key in passed if key in os.environ},
    }


class Service(Server):
    """One of the four, as `xiejian serve NAME` runs it."""

    name: ClassVar[str] = "service"
    patience: ClassVar[float] = 60
    grave_words: ClassVar[tuple[str, ...]] = ("Error: ", "Error(", "Refused: ", "CRITICAL")

    def __init__(
        self, service: str, folder: Path, *, settings: Mapping[str, str], log: Path, port: int = 0
    ) -> None:
        super().__init__(folder, port=port, log=log)
        self.service = service
        self.settings = settings

    def command(self) -> list[str]:
        serve = ("-m", "shared.cli", "serve", self.service)
        return [sys.executable, *serve, "--host", LOOPBACK, "--port", str(self.port)]

    def environment(self) -> Mapping[str, str]:
        return {**project_environment(), **self.settings}

    def ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", f"/{self.service}/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


class Stack:
    """PostgreSQL, NATS, the four services and the gateway, with all they keep under one folder."""

    def __init__(
        self,
        folder: Path = STATE,
        *,
        port: int = 0,
        fsync: bool = True,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`port` is the gateway's (0: a free one); `settings` are more `XIEJIAN_*` of the services.

        `fsync=False` is for tests only.
        """
        self.folder = folder
        self.settings = dict(settings or {})
        self.say = say
        self._port = port
        self._fsync = fsync
        self._lock: IO[str] | None = None
        self._stopping = False
        self._errands: set[subprocess.Popen[bytes]] = set()
        self._pool: ThreadPoolExecutor | None = None
        self._made: list[Server] = []
        self.services: dict[str, Service] = {}

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Bring everything up, and return when the gateway answers for all four services."""
        self._stopping = False
        try:
            self._take_folder()
            if self._port and not port_is_free(self._port):
                raise CannotRun(
                    f"Port {self._port} is already taken by another program:"
                    " stop it, or choose another port: make run PORT=8081."
                )
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._read_secrets()
        logs = own_folder(self.folder / "log")
        self.postgres = Postgres(
            self.folder / "postgres", fsync=self._fsync, log=logs / "postgres.log"
        )
        self.nats = Nats(
            self.folder / "nats", passwords=self._passwords["nats"], log=logs / "nats.log"
        )
        self._made = [self.postgres, self.nats]
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="stack")

        first = not self.postgres.data.exists()
        key = self._go(self._make_development_key)
        nats = self._go(self._start_one, self.nats)
        self._start_one(self.postgres, f" {self.postgres.runs_as}" + " (new data folder)" * first)
        wait_for(key, nats)
        with self._step("databases and roles"):
            wait_for(*(self._go(self._make_database, name) for name in SERVICES))
        self.services = {name: self.replica(name, name) for name in SERVICES}
        wait_for(*(self._go(self._bring_up, name) for name in SERVICES))
        with self._step("divisions known everywhere"):
            self._await_divisions()

        addresses = {
            f"XIEJIAN_{name.upper()}": f"{LOOPBACK}:{service.port}"
            for name, service in self.services.items()
        }
        self.gateway = Caddy(
            self.folder / "gateway", port=self._port, env=addresses, log=logs / "gateway.log"
        )
        self._made.append(self.gateway)
        self._start_one(self.gateway)
        self._write_state()

    def _await_divisions(self) -> None:
        """The seed's facts have reached the other services: from now on they know every place."""

        def known(name: str) -> str:
            return self.postgres.execute("SELECT count(*) FROM division", f"xj_{name}")

        def everywhere() -> bool:
            self._may_go_on()
            return len({known(name) for name in SERVICES}) == 1

        if not wait_until(everywhere, seconds=60):
            raise CannotRun(
                "The divisions did not reach all services within a minute:"
                f" see the logs under {self.folder / 'log'}."
            )

    def replica(self, service: str, name: str) -> Service:
        """One more process of a service, not started yet; it ends with the stack."""
        made = Service(
            service,
            self.folder / "services" / name,
            settings=self.environment(service),
            log=self.folder / "log" / f"{name}.log",
        )
        self._made.append(made)
        return made

    def _bring_up(self, name: str) -> None:
        """A service goes its own way from the empty database to readiness."""
        self._errand(name, "migrate", name, environment=self.environment(name, owner=True))
        seed = None
        if name == "registry":
            seed = self._go(
                self._errand, name, "seed", name, environment=self.environment(name, owner=True)
            )
        self._start_one(self.services[name])
        if seed:
            wait_for(seed)

    def stop(self) -> None:
        """End everything in order: callers first, what they stand on last."""
        self._stopping = True
        for errand in list(self._errands):
            with contextlib.suppress(ProcessLookupError):
                errand.kill()
        if self._lock:  # otherwise it is another run's
            with contextlib.suppress(OSError):
                (self.folder / "run.json").unlink()
        self._stop_all()
        if self._pool:
            # A start that was under way ends by itself now; what it still started ends here.
            self._pool.shutdown(wait=True)
            self._pool = None
            self._stop_all()
        if self._lock:
            self._lock.close()
            self._lock = None

    def _stop_all(self) -> None:
        servers = [server for server in self._made if not isinstance(server, Service)]
        for server in servers:
            if isinstance(server, Caddy):
                server.stop()
        threads = [threading.Thread(target=s.stop) for s in self._made if isinstance(s, Service)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for server in reversed(servers):
            server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def check(self) -> None:
        """Refuses with one sentence when a part has ended by itself."""
        for server in self._made:
            if server.exit_code is not None:
                name = server.service if isinstance(server, Service) else server.name
                # Who was killed from outside has nothing to say about it.
                words = server.last_words() if (server.exit_code or 0) > 0 else ""
                raise CannotRun(
                    f"{name} ended by itself ({how_it_ended(server.exit_code)})"
                    f"{': ' + words if words else ''} (log: {server.log})."
                )

    # ------------------------------------------------------------ looking at it

    @property
    def url(self) -> str:
        """The gateway's address."""
        return self.gateway.url

    @property
    def pids(self) -> list[int]:
        """Every process of the stack, this one left out."""
        return [pid for server in self._made for pid in server.pids]

    @property
    def pss(self) -> int:
        """Memory of all processes, this one too, in bytes."""
        return pss_of([os.getpid(), *self.pids])

    def environment(self, name: str, *, owner: bool = False) -> dict[str, str]:
        """The settings of a service as environment variables; the owner's for a migration."""
        database = f"xj_{name}"
        folder = own_folder(self.folder / "services" / name / ("owner" if owner else "secrets"))
        password = self._passwords["application"][name]
        files = {
            "database_url": self.postgres.url(database, f"{database}_app", password),
            "nats_url": self.nats.url(name, self._passwords["nats"][name]),
            "data_key": self._passwords["data_key"],
        }
        if owner:
            password = self._passwords["owner"][name]
            files["owner_database_url"] = self.postgres.url(database, f"{database}_owner", password)
        else:
            files["ledger_key"] = f"development:{self._passwords['ledger_key']}"
        for field, text in files.items():
            path = folder / f"xiejian_{field}"
            if not path.exists() or path.read_text() != text:
                write_private(path, text)
        return {
            "XIEJIAN_ENVIRONMENT": "development",
            "XIEJIAN_SECRETS_DIR": str(folder),
            "XIEJIAN_DEVELOPMENT_KEY_FILE": str(self.development_key),
            "XIEJIAN_TRUSTED_PROXIES": LOOPBACK,
            "XIEJIAN_EVIDENCE_DIR": str(self.folder / "evidence"),
            **({"XIEJIAN_PUBLIC_URL": f"http://{LOOPBACK}:{self._port}"} if self._port else {}),
            **self.settings,
        }

    @property
    def development_key(self) -> Path:
        return development_key_file(self.folder)

    def token(self, role: str, division: str, **claims: Any) -> str:
        """A token of the development issuer; `claims` as in `shared.access.tokens`."""
        from shared.access.actor import Role
        from shared.access.tokens import development_token

        return development_token(
            self.development_key, roles=[Role(role)], division=division, **claims
        )

    def _write_state(self) -> None:
        state = {
            "pid": os.getpid(),
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "url": self.url,
            "development_key": str(self.development_key),
            "log": str(self.folder / "log"),
            "postgres": {"port": self.postgres.port, "pid": self.postgres.pid},
            "nats": {"port": self.nats.port, "pid": self.nats.pid},
            "gateway": {"port": self.gateway.port, "pid": self.gateway.pid},
            "services": {
                name: {
                    "url": service.url,
                    "pid": service.pid,
                    "environment": self.environment(name),
                }
                for name, service in self.services.items()
            },
        }
        write_private(self.folder / "run.json", json.dumps(state, indent=2) + "\n")

    # ------------------------------------------------------------ steps

    def _take_folder(self) -> None:
        self.folder = own_folder(self.folder)
        lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            running = read_state(self.folder)
            raise CannotRun(
                f"xiejian already runs with {self.folder}"
                + (f" at {running['url']} (process {running['pid']})." if running else ".")
            ) from None
        self._lock = lock

    def _read_secrets(self) -> None:
        """The passwords of this installation, made at the first start."""
        folder = own_folder(self.folder / "secrets")
        path = folder / "passwords.json"
        try:
            kept = json.loads(path.read_text())
        except FileNotFoundError:
            if (self.folder / "postgres" / "data").exists():
                raise CannotRun(
                    f"{path} is missing, and with it the key of the personal data in"
                    f" {self.folder / 'postgres'}: restore the file, or move {self.folder} away."
                ) from None
            kept = {
                "data_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "nats": {name: f"p{secrets.token_hex(20)}" for name in SERVICES},
                "owner": {name: secrets.token_urlsafe(24) for name in SERVICES},
                "application": {name: secrets.token_urlsafe(24) for name in SERVICES},
            }
            write_private(path, json.dumps(kept, indent=2) + "\n")
        except ValueError:
            raise CannotRun(f"{path} is damaged: restore the file from a backup.") from None
        if "ledger_key" not in kept:  # a folder from before there was a ledger
            kept["ledger_key"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            write_private(path, json.dumps(kept, indent=2) + "\n")
        self._passwords: dict[str, Any] = kept

    def _make_development_key(self) -> None:
        if not self.development_key.exists():
            self._errand("key of the local issuer", "development-key", str(self.development_key))

    def _make_database(self, name: str) -> None:
        self.postgres.make_database(
            name,
            owner_password=self._passwords["owner"][name],
            application_password=self._passwords["application"][name],
        )

    def _start_one(self, server: Server, note: str = "") -> None:
        self._may_go_on()
        name = server.service if isinstance(server, Service) else server.name
        with self._step(f"{name} started{note}"):
            server.start()

    def _errand(self, about: str, *arguments: str, environment: Mapping[str, str] = {}) -> None:
        """Run a command of the project to its end."""
        self._may_go_on()
        with self._step(f"{about}: {arguments[0]}" if about == arguments[-1] else about):
            process = spawn(
                [sys.executable, "-m", "shared.cli", *arguments],
                folder=self.folder,
                environment={**project_environment(), **environment},
                errors=subprocess.STDOUT,
            )
            self._errands.add(process)
            output = process.communicate()[0].decode(errors="replace")
            self._errands.discard(process)
            self._may_go_on()
            if process.returncode != 0:
                log = self.folder / "log" / f"{arguments[0]}-{about.split()[0]}.log"
                log.write_text(output)
                said = [line.strip() for line in output.splitlines() if line.strip()]
                raise CannotRun(
                    f"`xiejian {' '.join(arguments)}` failed"
                    f"{': ' + said[-1][:500] if said else ''} (log: {log})."
                )

    def _may_go_on(self) -> None:
        if self._stopping:
            raise CannotRun("The start was broken off.")

    def _go(self, step: Callable[..., None], *arguments: Any, **named: Any) -> "Future[None]":
        if self._pool is None:
            raise CannotRun("The start was broken off.")
        return self._pool.submit(step, *arguments, **named)

    @contextlib.contextmanager
    def _step(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.say(f"{time.monotonic() - started:6.1f} s  {what}")


def wait_for(*steps: "Future[None]") -> None:
    """Until all are done, or one has failed."""
    pending = list(steps)
    while pending:
        for step in [step for step in pending if step.done()]:
            step.result()
            pending.remove(step)
        time.sleep(0.02)


def how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def read_state(folder: Path = STATE) -> dict[str, Any] | None:
    """What runs with this folder: addresses and pids; nothing where nothing runs."""
    try:
        state: dict[str, Any] = json.loads((folder / "run.json").read_text())
        os.kill(int(state["pid"]), 0)
    except PermissionError:
        return state
    except (OSError, ValueError, KeyError):
        return None
    return state


def is_held(folder: Path = STATE) -> bool:
    """Whether a system keeps its state there: it runs, or is on its way up or down."""
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def environment_of(service: str, folder: Path = STATE) -> dict[str, str]:
    """The settings of a service of the running system, as environment variables."""
    state = read_state(folder)
    if state is None:
        sys.exit(f"xiejian: nothing runs with {folder}; start it with `make run`")
    settings: dict[str, str] = state["services"][service]["environment"]
    return settings


def development_key_file(folder: Path = STATE) -> Path:
    """The key of the local issuer, made at the first start."""
    return folder / "secrets" / "development-key.json"


# ---------------------------------------------------------------- make run


def welcome(stack: Stack) -> str:
    tokens = "\n".join(
        f"  {role} {division}  {who}\n    {stack.token(role, division)}"
        for role, division, who in SEATS
    )
    docs = "\n".join(f"  {stack.url}/{name}/docs" for name in SERVICES)
    return f"""
xiejian runs at {stack.url}   (memory {stack.pss / 1e6:.0f} MB, logs {stack.folder / "log"})

API pages
{docs}

Tokens, good for twelve hours (more: .venv/bin/xiejian token --role ROLE --division CODE)
{tokens}

Next
  make demo        plays the main story against this system (in another terminal)
  TOKEN=$(.venv/bin/xiejian token --role bureau_supervisor --division 50)
  curl -H "Authorization: Bearer $TOKEN" {stack.url}/registry/v1/me
  curl -H "Authorization: Bearer $TOKEN" '{stack.url}/registry/v1/divisions?q={quote("沙坪坝")}'

Ctrl-C stops all of it; the data stays in {stack.folder}.
"""


def run(folder: Path, port: int) -> int:
    started = time.monotonic()
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        if not asked:  # a second Ctrl-C must not break off the stopping
            asked = True
            raise Stopped

    def say(line: str) -> None:
        print(f"{line}\n", end="", flush=True)  # one write: several steps speak at once

    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, stop)
    stack = Stack(folder, port=port, say=say)
    code = 0
    try:
        print(f"Starting xiejian with {folder} ...", flush=True)
        stack.start()
        print(f"{time.monotonic() - started:6.1f} s  everything is up", flush=True)
        print(welcome(stack), flush=True)
        while True:
            stack.check()
            time.sleep(0.3)
    except Stopped:
        print("\nStopping ...", flush=True)
    except CannotRun as reason:
        asked = True
        print(f"xiejian cannot run: {reason}", file=sys.stderr, flush=True)
        code = 1
    except OSError as reason:
        asked = True
        print(f"xiejian cannot run: {reason}.", file=sys.stderr, flush=True)
        code = 1
    finally:
        asked = True
        stack.stop()
    if not code:
        print("Stopped; nothing is left running.", flush=True)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make run", description="The whole system, here.")
    parser.add_argument("--port", type=int, default=8080, help="of the gateway; 0 takes a free one")
    parser.add_argument("--folder", type=Path, default=STATE, help="where everything is kept")
    parsed = parser.parse_args(arguments)
    if not 0 <= parsed.port <= 65535:
        print(f"xiejian cannot run: {parsed.port} is not a port.", file=sys.stderr)
        return 1
    return run(parsed.folder.resolve(), parsed.port)


if __name__ == "__main__":
    sys.exit(main())
