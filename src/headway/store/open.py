"""Opening a store by where it is, or only looking at it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from headway.model.clock import SystemClock
from headway.model.errors import StorePlaceInvalid
from headway.store.place import parse_place
from headway.store.postgres.place import is_postgres, parse_postgres

if TYPE_CHECKING:
    from headway.model.clock import Clock
    from headway.store.facts import Facts, Holder
    from headway.store.protocol import Store


def open_store(
    place: str, *, clock: Clock | None = None, durability: str = "full", migrate: bool | None = None
) -> Store:
    """Open (or make) the store at a place: a directory, sqlite:///file, or postgresql://user@host/database?schema=name.

    `durability="full"` (the default) survives power loss: what was acknowledged is there afterwards.
    `durability="relaxed"` does not wait for the disk: nothing is lost when a process dies, but a power cut can undo
    the last seconds, enqueued and finished jobs alike.
    `migrate=False`: tables are neither made nor changed; where they are older than this code, SchemaTooOld. None (the
    default): as HEADWAY_MIGRATE says, `no` or anything else.
    """
    if is_postgres(place):
        _want_driver()
        from headway.store.postgres.store import PostgresStore

        # The machine's clock is that of one of many: then the database's own is asked instead.
        own = None if isinstance(clock, SystemClock) else clock
        return PostgresStore(parse_postgres(place), own, durability=durability, migrate=migrate)
    from headway.store.sqlite.store import SqliteStore

    return SqliteStore(parse_place(place), clock or SystemClock(), durability=durability, migrate=migrate)


def look(place: str) -> Facts | None:
    """What can be told of the store at a place without opening it for work; None when there is none.

    Nothing is made or brought up to date. Raises StoreForeign when the file there is no database.
    """
    if is_postgres(place):
        _want_driver()
        from headway.store.postgres import look as looking_there

        return looking_there.look(parse_postgres(place))
    from headway.store.sqlite import look as looking

    return looking.look(parse_place(place))


def _want_driver() -> None:
    """The driver is an extra: most stores need none."""
    if find_spec("psycopg") is None:
        msg = "a store on PostgreSQL needs psycopg, which is not installed: pip install 'headway[postgres]'"
        raise StorePlaceInvalid(msg)


def lock_holder(place: str) -> Holder | None:
    """Who has sat on the store's writer lock for a second; None when it is free or goes from hand to hand."""
    if is_postgres(place):
        return None
    from headway.store.sqlite import look as looking

    return looking.lock_holder(parse_place(place))


def shown(place: str) -> str:
    """A place as a person may see it: without a password."""
    return str(parse_postgres(place)) if is_postgres(place) else place
