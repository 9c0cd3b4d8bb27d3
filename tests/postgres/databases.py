"""Databases for tests: one for each folder that a test has, made from a template with the tables in it, and dropped with the test."""

import atexit
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from headway.store.open import open_store
from tests.postgres.server import PostgresServer, postgres_server

TEMPLATE = "headway_template"


class Databases:
    """One server for this process, started by the first who asks."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: PostgresServer | None = None
        self._of: dict[Path, str] = {}

    @property
    def server(self) -> PostgresServer:
        if self._server is None:
            self._server = self._stack.enter_context(postgres_server())
            atexit.register(self._stack.close)
            self._server.run(f"CREATE DATABASE {TEMPLATE}")
            open_store(self._server.url(TEMPLATE)).close()
        return self._server

    def url(self, folder: Path) -> str:
        """The database of this folder; made when it is asked for first."""
        name = self._of.get(folder)
        if name is None:
            name = self._of[folder] = self.server.fresh(TEMPLATE)
        return self.server.url(name)

    def drop(self, folder: Path) -> None:
        """Drop the databases of this folder and of those in it."""
        for one in [one for one in self._of if one.is_relative_to(folder)]:
            self.server.drop(self._of.pop(one))


DATABASES = Databases()


def database_of(folder: Path) -> str:
    """The URL of the folder's database."""
    return DATABASES.url(folder)


def drop_databases(folder: Path) -> None:
    """After the test that had this folder."""
    DATABASES.drop(folder)


def ask(folder: Path, text: str) -> list[tuple[Any, ...]]:
    """Run a statement in the folder's database, past the store."""
    with psycopg.connect(DATABASES.url(folder), autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description is not None else []


def tamper(folder: Path, text: str) -> None:
    """Run a statement on the tables of the folder's database, past the store."""
    with psycopg.connect(DATABASES.url(folder), autocommit=True) as connection:
        connection.execute("SET search_path TO headway")
        connection.execute(text.encode())
