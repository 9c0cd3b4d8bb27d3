"""A store, and steps of its schema that this code does not know."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from headway.model.clock import SystemClock
from headway.store.migration import Migration
from headway.store.open import open_store
from headway.store.postgres.connect import connect
from headway.store.postgres.migrate import migrate as migrate_schema
from headway.store.postgres.migrate import migrations as schema_steps
from headway.store.postgres.place import parse_postgres
from headway.store.postgres.statements import qualified
from headway.store.sqlite.connect import open_writer
from headway.store.sqlite.lock import Turnstile
from headway.store.sqlite.migrate import migrate as migrate_file
from headway.store.sqlite.migrate import migrations as file_steps
from tests.moving.stores import place_of
from tests.postgres.databases import ask

EXPAND = "ALTER TABLE headway_job ADD COLUMN later_{} text"


class House:
    """A store, and steps that come after those that this code knows."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        self.place = place_of(kind, folder)
        self.known = file_steps() if kind == "sqlite" else schema_steps()
        self.newest = self.known[-1].version
        open_store(self.place).close()

    def step(self, number: int, *, beside: int | None = None, text: str = "") -> Migration:
        """The step that is so many behind the newest, compatible with the schema that is `beside` behind it."""
        text = (text or EXPAND.format(number)) + ";\n"
        head = "" if beside is None else f"-- works_with: {self.newest + beside}\n"
        return Migration(self.newest + number, head + text)

    def take(self, *steps: Migration, allowed: bool | None = None) -> Sequence[int]:
        """As code does that knows these steps as well; which it took."""
        whole = [*self.known, *steps]
        if self.kind == "postgres":
            where = parse_postgres(self.place)
            with closing(connect(where, what="test")) as connection:
                taken = migrate_schema(connection, where, allowed=allowed, steps=whole)
        else:
            lock = Turnstile(Path(self.place))
            lock.take()
            with closing(lock), closing(open_writer(Path(self.place) / "jobs.db", durability="full")) as file:
                clock = SystemClock()
                taken = migrate_file(file, clock, shared=False, place=self.place, allowed=allowed, steps=whole)
        return [step.version - self.newest for step in taken]

    def ask(self, text: str) -> list[tuple[Any, ...]]:
        """Past all code of the store."""
        if self.kind == "postgres":
            return ask(self.folder, qualified(text, "headway"))
        with closing(sqlite3.connect(Path(self.place) / "jobs.db", isolation_level=None)) as file:
            return file.execute(text).fetchall()
