"""`make` on a machine that lacks something says in one sentence what to do."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def make_environment(tmp_path: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run deploy/environment.sh where no other Python is on the path."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "mkdir", "date", "rm", "grep", "tail", "touch"):
        found = next(
            path
            for folder in os.environ["PATH"].split(":")
            if (path := Path(folder) / tool).is_file()
        )
        (tools / tool).symlink_to(found)
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy" / "environment.sh"
    script.write_text((ROOT / "deploy" / "environment.sh").read_text())
    return subprocess.run(
        ["sh", str(script), python, str(tmp_path / "environment")],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def fake_python(tmp_path: Path, script: str) -> str:
    program = tmp_path / "python3"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_an_old_python_is_named(tmp_path: Path) -> None:
    old = fake_python(tmp_path, '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1')
    done = make_environment(tmp_path, old)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.2" in done.stderr


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    done = make_environment(tmp_path, "python3")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_python_without_venv_says_what_to_install(tmp_path: Path) -> None:
    bare = fake_python(
        tmp_path,
        f'[ "$1" = -m ] && echo "No module named $2" >&2 && exit 1\nexec {sys.executable} "$@"',
    )
    done = make_environment(tmp_path, bare)
    assert done.returncode != 0
    assert "apt-get install python3-venv" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "environment").exists()
