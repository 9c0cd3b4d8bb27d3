"""Databases for tests: one for each folder that a test has, made from a template with the tables in it, and dropped with the test."""

import atexit
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from headway.store.open import open_store
from tests.postgres.server import Server, any_server

POOLER = "HEADWAY_TEST_POOLER"
"""host:port of a pooler before the server, by which the stores and the callers of the tests go then."""


class Databases:
    """One server for this process, started by the first who asks."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: Server | None = None
        self._template: str | None = None
        self._of: dict[Path, str] = {}

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = self._stack.enter_context(any_server())
            atexit.register(self._close)
        return self._server

    def url(self, folder: Path) -> str:
        """How stores reach the database of this folder; made when it is asked for first."""
        url, pooler = self.direct(folder), os.environ.get(POOLER)
        if not pooler:
            return url
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@{pooler}"))

    def heard(self, folder: Path) -> str:
        """The same, for stores that hear wake-ups whatever stands in between."""
        url, parts = self.url(folder), urlsplit(self.direct(folder))
        return f"{url}?listen={parts.hostname}:{parts.port}" if os.environ.get(POOLER) else url

    def direct(self, folder: Path) -> str:
        """The same past any pooler."""
        name = self._of.get(folder)
        if name is None:
            if self._template is None:
                self._template = self.server.template(lambda url: open_store(url).close())
            name = self._of[folder] = self.server.fresh(self._template)
        return self.server.url(name)

    def drop(self, folder: Path) -> None:
        """Drop the databases of this folder and of those in it."""
        for one in [one for one in self._of if one.is_relative_to(folder)]:
            self.server.drop(self._of.pop(one))

    def _close(self) -> None:
        """A server of our own goes with all that is in it; one that was named shall look as before."""
        if self._template is not None:
            self.server.drop(self._template)
        self.drop(Path("/"))
        self._stack.close()


DATABASES = Databases()


def database_of(folder: Path) -> str:
    """The URL of the folder's database."""
    return DATABASES.url(folder)


def drop_databases(folder: Path) -> None:
    """After the test that had this folder."""
    DATABASES.drop(folder)


def ask(folder: Path, text: str) -> list[tuple[Any, ...]]:
    """Run a statement in the folder's database, past the store."""
    with psycopg.connect(DATABASES.direct(folder), autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description is not None else []


def tamper(folder: Path, text: str) -> None:
    """Run a statement on the tables of the folder's database, past the store."""
    with psycopg.connect(DATABASES.direct(folder), autocommit=True) as connection:
        connection.execute("SET search_path TO headway")
        connection.execute(text.encode())
