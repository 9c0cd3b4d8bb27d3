"""Whose connection it is: told by the modules of its classes, so that no driver is imported that the application does not use."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from headway.model.errors import ConnectionRefused
from headway.store.callers.asyncpg import AsyncpgCaller
from headway.store.callers.caller import AsyncCaller, Caller
from headway.store.callers.django import DjangoCaller
from headway.store.callers.psycopg import AsyncPsycopgCaller, PsycopgCaller
from headway.store.callers.sqlalchemy import AsyncSqlalchemyCaller, SqlalchemyCaller
from headway.store.callers.sqlite import SqliteCaller

BLOCKING: Final[Mapping[str, Callable[[Any], Caller]]] = MappingProxyType({
    "psycopg Connection": PsycopgCaller,
    "sqlite3 Connection": SqliteCaller,
    "sqlalchemy Connection": lambda given: SqlalchemyCaller(given, is_session=False),
    "sqlalchemy Session": lambda given: SqlalchemyCaller(given, is_session=True),
    "sqlalchemy scoped_session": lambda given: SqlalchemyCaller(given, is_session=True),
    "django ConnectionProxy": DjangoCaller,
    "django BaseDatabaseWrapper": DjangoCaller,
})  # fmt: skip
AWAITED: Final[Mapping[str, Callable[[Any], AsyncCaller]]] = MappingProxyType({
    "psycopg AsyncConnection": AsyncPsycopgCaller,
    "asyncpg Connection": AsyncpgCaller,
    "asyncpg PoolConnectionProxy": AsyncpgCaller,
    "sqlalchemy AsyncConnection": lambda given: AsyncSqlalchemyCaller(given, is_session=False),
    "sqlalchemy AsyncSession": lambda given: AsyncSqlalchemyCaller(given, is_session=True),
    "sqlalchemy async_scoped_session": lambda given: AsyncSqlalchemyCaller(given, is_session=True),
})  # fmt: skip


def blocking(connection: Any) -> Caller | None:
    """The caller behind a blocking connection, or behind the alias of one of Django's; None for any other."""
    if isinstance(connection, str):
        return _of_alias(connection)
    for kind in kinds(connection):
        if kind in BLOCKING:
            return BLOCKING[kind](connection)
    return None


def awaited(connection: Any) -> AsyncCaller | None:
    """The caller behind a connection that is awaited; None for any other."""
    for kind in kinds(connection):
        if kind in AWAITED:
            return AWAITED[kind](connection)
    return None


def kinds(connection: object) -> tuple[str, ...]:
    """Its classes, as package and name."""
    return tuple(f"{one.__module__.partition('.')[0]} {one.__qualname__}" for one in type(connection).__mro__)


def unknown(connection: object) -> ConnectionRefused:
    """What to say of something that is none of these."""
    what = f"{type(connection).__module__}.{type(connection).__qualname__}"
    return ConnectionRefused(
        f"{what} is no connection that this version knows: give a connection of psycopg, asyncpg, sqlite3 or Django, or a connection or "
        "session of SQLAlchemy; not a pool or an engine, nor a cursor"
    )


def _of_alias(alias: str) -> Caller:
    found = sys.modules.get("django.db")
    if found is None:
        raise ConnectionRefused(
            f"{alias!r} is no connection: texts are aliases of Django's databases, and Django is not in use here"
        )
    return DjangoCaller(found.connections[alias])
