"""A PostgreSQL of the benchmark's own, whose commits wait for the disk, and stores in it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from bench.application import Bench
from tests.postgres.server import DURABLE, PostgresServer, Server, postgres_server

RELOAD_S: Final = 0.5
SAID: Final = re.compile(r"LOG:  (statement|execute [^:]*): ")


@contextmanager
def database_server() -> Iterator[PostgresServer]:
    """A server that runs inside the block."""
    with postgres_server(settings=DURABLE) as server:
        yield server


@contextmanager
def database(server: Server) -> Iterator[str]:
    """The URL of a new database, which is dropped afterwards."""
    name = server.fresh()
    try:
        yield server.url(name)
    finally:
        server.drop(name)


@contextmanager
def database_store(server: Server) -> Iterator[Bench]:
    """A new store in a database of its own."""
    with database(server) as url:
        bench = Bench(url)
        with bench.jobs:
            yield bench


@contextmanager
def every_statement(server: PostgresServer) -> Iterator[Callable[[], list[str]]]:
    """The server writes down each message with a statement, whoever sends it; answers what it has written since it began to."""
    server.run("ALTER SYSTEM SET log_statement = 'all'")
    server.run("SELECT pg_reload_conf()")
    time.sleep(RELOAD_S)
    start = server.log.stat().st_size

    def said() -> list[str]:
        with server.log.open(errors="replace") as log:
            log.seek(start)
            return [line.rstrip() for line in log if SAID.search(line)]

    try:
        yield said
    finally:
        server.run("ALTER SYSTEM RESET log_statement")
        server.run("SELECT pg_reload_conf()")
