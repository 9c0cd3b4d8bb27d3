"""A pooler between headway and the server: PgBouncer in transaction mode, and the suite that says what a store means."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from faults.scene import ROOT, TookTooLong, wait_until
from tests.postgres.binaries import VARIABLE, server_user
from tests.postgres.databases import POOLER
from tests.postgres.server import HOST, postgres_server

SUITE: Final = ROOT / "tests" / "conformance"
SUITE_S: Final = 1_800
CONFIGURATION: Final = """[databases]
* = host={host} port={port} user=postgres password={password}
[pgbouncer]
listen_addr = {host}
listen_port = {own}
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = 8
server_idle_timeout = 5
unix_socket_dir =
"""


def pooled(folder: Path) -> str:
    """The suite over a pooler that gives each transaction another session."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(program).exists():
        msg = "pgbouncer is missing: apt-get install pgbouncer"
        raise RuntimeError(msg)
    folder.chmod(0o755)
    with postgres_server() as server:
        own = _free_port()
        text = CONFIGURATION.format(host=HOST, port=server.port, own=own, password=server.password)
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(text)
        pooler = subprocess.Popen(
            [program, "-q", str(configuration)],
            user=server_user(),
            stdout=subprocess.DEVNULL,
            stderr=(folder / "pgbouncer.log").open("wb"),
        )
        try:
            wait_until(lambda: _answers(own), (folder / "pgbouncer.log").read_text)
            return _suite(server.url("postgres"), f"{HOST}:{own}")
        finally:
            pooler.terminate()
            pooler.wait(10)


def _suite(url: str, pooler: str) -> str:
    words = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:randomly", "-k", "postgres", "--timeout", "120"]
    words.append(str(SUITE))
    done = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, VARIABLE: url, POOLER: pooler},
        capture_output=True,
        text=True,
        timeout=SUITE_S,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1]
    if done.returncode or not re.search(r"\d+ passed", last):
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        raise TookTooLong(f"{last} {'; '.join(failed[:5])}")
    return f"{last} over PgBouncer with 8 sessions"


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex((HOST, port)) == 0


def _free_port() -> int:
    with socket.socket() as line:
        line.bind((HOST, 0))
        return int(line.getsockname()[1])


CASES: Final = {"pooler in transaction mode": pooled}
