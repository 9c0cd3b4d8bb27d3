"""`headway migrate`: which steps a store's tables need, and taking them."""

from __future__ import annotations

from contextlib import closing

import msgspec

from headway.model.clock import SystemClock
from headway.store.migration import Migration, Standing, pending
from headway.store.open import look, shown
from headway.store.place import parse_place
from headway.store.postgres.place import is_postgres, parse_postgres
from headway.store.sqlite.connect import check_file_system, make_private, open_writer, translated
from headway.store.sqlite.lock import Turnstile
from headway.store.sqlite.migrate import migrate as migrate_file
from headway.store.sqlite.migrate import migrations as file_steps


class Plan(msgspec.Struct, frozen=True):
    """What is to be done to a store."""

    place: str
    """Without a password."""
    found: int
    """Its schema; 0 when it has none of our tables."""
    steps: tuple[Migration, ...]

    @property
    def newest(self) -> int:
        """The schema that it has afterwards."""
        return self.steps[-1].version if self.steps else self.found


def plan(place: str) -> Plan:
    """What a store needs; nothing is changed. Raises SchemaTooNew for one of newer code."""
    facts = look(place)
    found = Standing(0, 0) if facts is None else Standing(facts.schema, facts.schema_oldest)
    return Plan(shown(place), found.version, tuple(pending(shown(place), found, _steps(place), allowed=True)))


def migrate(place: str) -> Plan:
    """Bring a store's tables up to date, or make them; answers what was done here: another process may have been faster."""
    wanted = plan(place)
    if is_postgres(place):
        from headway.store.postgres import migrate as steps
        from headway.store.postgres.connect import connect
        from headway.store.postgres.connect import translated as told

        where = parse_postgres(place)
        with closing(connect(where, what="migrate")) as connection, told(where):
            taken = steps.migrate(connection, where, allowed=True)
    else:
        taken = _migrate_file(place)
    return Plan(wanted.place, taken[0].version - 1 if taken else wanted.newest, taken)


def _steps(place: str) -> tuple[Migration, ...]:
    if is_postgres(place):
        from headway.store.postgres.migrate import migrations

        return migrations()
    return file_steps()


def _migrate_file(text: str) -> tuple[Migration, ...]:
    place = parse_place(text)
    check_file_system(place.main)
    make_private(place)
    lock = Turnstile(place.folder)
    lock.take()
    try:
        with closing(open_writer(place.main, durability="full")) as connection, translated(place.main):
            return migrate_file(connection, SystemClock(), shared=place.shared, place=str(place), allowed=True)
    finally:
        lock.let_go()
        lock.close()
