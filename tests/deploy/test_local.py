"""`make run`: the system comes up, serves, ends at one Ctrl-C and comes back with its data."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from deploy.embedded import LOOPBACK, CannotRun, birth, family, pss_of, wait_until
from deploy.local import SERVICES, Stack, environment_of, read_state

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("stack")


def run(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """`make run`, as the Makefile calls it."""
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "--folder", str(folder), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def get(url: str, token: str | None = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def refusal(folder: Path, *arguments: str) -> str:
    """The one sentence with which a start is refused."""
    process = run(folder, *arguments)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith("xiejian cannot run: ")
    assert errors.count("\n") == 1, errors
    return errors


def counts(stack: Stack) -> list[str]:
    return [stack.postgres.execute("SELECT count(*) FROM event_log", f"xj_{s}") for s in SERVICES]


@pytest.mark.timeout(180)
def test_the_system_comes_up_serves_ends_at_one_signal_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    first = run(folder, "--port", "0")
    assert first.stdout
    said: list[str] = []
    for line in first.stdout:
        said.append(line.strip())
        if line.startswith("Ctrl-C stops"):
            break
    state = read_state(folder)
    assert state, first.communicate()
    pids = family(first.pid)
    assert pss_of(pids) < 900e6

    # The gateway answers for all four, and a second run beside the first does it no harm.
    for name in SERVICES:
        assert get(f"{state['url']}/{name}/health/ready")[0] == 200
        assert environment_of(name, folder)["XIEJIAN_ENVIRONMENT"] == "development"
    assert state["url"] in refusal(folder, "--port", "0")
    assert read_state(folder) == state

    first.send_signal(signal.SIGINT)
    _, errors = first.communicate(timeout=40)
    assert (first.returncode, errors) == (0, "")
    assert not [pid for pid in pids if birth(pid)]
    assert read_state(folder) is None
    tokens = [line for line in said if line.startswith("eyJ")]
    assert len(tokens) > 5

    with Stack(folder, fsync=False) as again:
        # The tokens of the first run still open the door, and the data is there.
        status, me = get(f"{again.url}/registry/v1/me", tokens[0])
        assert status == 200, me
        status, divisions = get(
            f"{again.url}/registry/v1/divisions?limit=5", again.token("bureau_supervisor", "50")
        )
        assert status == 200, divisions
        assert len(divisions["items"]) == 5
        again.check()

        before = counts(again)
        assert int(before[0]) > 0
        again.services["notify"].kill()
        status, problem = get(f"{again.url}/notify/health/ready")
        assert (status, problem["code"]) == (503, "service-unavailable")
        again.services["notify"].start()
        assert get(f"{again.url}/notify/health/ready")[0] == 200
        assert counts(again) == before

        os.kill(again.nats.pid, signal.SIGKILL)
        assert wait_until(lambda: not again.nats.running, seconds=5)
        with pytest.raises(CannotRun, match=r"nats ended by itself \(killed by SIGKILL\)"):
            again.check()
        pids = again.pids
    assert not [pid for pid in pids if birth(pid)]


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} is already taken" in refusal(tmp_path, "--port", str(port))


def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    assert "cannot be made" in refusal(Path("/proc/xiejian"))


def test_a_damaged_database_is_one_sentence_and_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    assert "passwords.json is missing" in refusal(tmp_path, "--port", "0")
    (tmp_path / "secrets" / "passwords.json").write_text("{")
    assert "is damaged" in refusal(tmp_path, "--port", "0")
    empty = dict.fromkeys(SERVICES, "")
    (tmp_path / "secrets" / "passwords.json").write_text(
        json.dumps({"data_key": "", "nats": empty, "owner": empty, "application": empty})
    )
    assert "PG_VERSION is missing" in refusal(tmp_path, "--port", "0")
