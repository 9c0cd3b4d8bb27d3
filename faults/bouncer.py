"""PgBouncer before a server: every transaction gets one session or another of the few that there are."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from faults.scene import state_of, wait_until
from tests.postgres.binaries import server_user
from tests.postgres.server import HOST, PostgresServer

SESSIONS: Final = 8
STOP_S: Final = 10
CONFIGURATION: Final = """[databases]
* = host={host} port={server} user=postgres password={password}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = {sessions}
server_idle_timeout = 5
unix_socket_dir =
{more}
"""
TRACKS_SINCE: Final = (1, 21)
"""Since then it can follow statements that a driver prepares from session to session."""


@dataclass(slots=True)
class Bouncer:
    """A running one."""

    process: subprocess.Popen[bytes]
    port: int
    sessions: int
    """How many it has for each database."""
    release: tuple[int, ...]

    def __str__(self) -> str:
        return f"PgBouncer {'.'.join(map(str, self.release))} with {self.sessions} sessions"

    @property
    def at(self) -> str:
        """host:port."""
        return f"{HOST}:{self.port}"

    def url(self, direct: str) -> str:
        """The same database by way of it, with the server's password: whoever goes past it needs one."""
        parts = urlsplit(direct)
        return urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@{self.at}"))

    def stand_still(self) -> None:
        """Until it goes on: the system takes in what is sent to it, and nobody answers."""
        self.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: state_of(self.process.pid) == "T", "the pooler stands still")

    def go_on(self) -> None:
        """As if nothing had been."""
        self.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def bouncer(
    folder: Path, server: PostgresServer, *, sessions: int = SESSIONS, port: int | None = None
) -> Iterator[Bouncer]:
    """One for the block, which follows no prepared statements; `port`: where it goes instead of to the server's."""
    name = program()
    release = version(name)
    more = "max_prepared_statements = 0" if release >= TRACKS_SINCE else ""
    folder.chmod(0o755)
    own = _free_port()
    configuration, log = folder / "pgbouncer.ini", folder / "pgbouncer.log"
    configuration.write_text(
        CONFIGURATION.format(
            host=HOST, server=port or server.port, password=server.password, port=own, sessions=sessions, more=more
        )
    )
    with log.open("wb") as file:
        process = subprocess.Popen(
            [name, "-q", str(configuration)], user=server_user(), stdout=subprocess.DEVNULL, stderr=file
        )
    one = Bouncer(process, own, sessions, release)
    try:
        wait_until(lambda: _answers(own), log.read_text)
        yield one
    finally:
        process.kill()  # asked to stop, some releases wait for their clients
        process.wait(STOP_S)


def program() -> str:
    """Where it is; RuntimeError if it is nowhere."""
    found = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(found).exists():
        msg = "pgbouncer is missing: apt-get install pgbouncer"
        raise RuntimeError(msg)
    return found


def version(name: str) -> tuple[int, ...]:
    """Of that program: (1, 18, 0)."""
    said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in said.split()[1].split("."))


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex((HOST, port)) == 0


def _free_port() -> int:
    with socket.socket() as line:
        line.bind((HOST, 0))
        return int(line.getsockname()[1])
