"""Tests of what a store means, run once more through a pooler that gives each transaction another session."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from faults.bouncer import Bouncer, bouncer
from faults.scene import ROOT, TookTooLong
from tests.postgres.binaries import VARIABLE
from tests.postgres.databases import POOLER
from tests.postgres.server import PostgresServer, postgres_server

SUITE_S: Final = 1_200
TEST_S: Final = "300"
"""For one test: those that live many random lives take nearly a minute on a machine that does nothing else."""


def store(folder: Path) -> str:
    """The suite of the store."""
    with postgres_server() as server, bouncer(folder, server) as pooler:
        return _suite(server, pooler, "postgres", "tests/conformance")


def callers(folder: Path) -> str:
    """Connections of applications, by every driver."""
    with postgres_server() as server, bouncer(folder, server) as pooler:
        return _suite(server, pooler, "not sqlite", "tests/callers")


def migrations(folder: Path) -> str:
    """Steps of the schema, also outside of transactions, and deploys over them."""
    with postgres_server() as server, bouncer(folder, server) as pooler:
        return _suite(server, pooler, "not sqlite", "tests/store/test_migrations.py", "tests/faults/test_rolling.py")


def _suite(server: PostgresServer, pooler: Bouncer, which: str, *paths: str) -> str:
    words = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:randomly", "-k", which, "--timeout", TEST_S]
    done = subprocess.run(
        [*words, *paths],
        cwd=ROOT,
        env={**os.environ, VARIABLE: server.url("postgres"), POOLER: pooler.at},
        capture_output=True,
        text=True,
        timeout=SUITE_S,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1]
    if done.returncode or not re.search(r"\d+ passed", last):
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        raise TookTooLong(f"{last} {'; '.join(failed[:5])}")
    return f"{last} over {pooler}"


CASES: Final = {
    "pooler in transaction mode": store,
    "callers behind a pooler": callers,
    "migrations through a pooler": migrations,
}
