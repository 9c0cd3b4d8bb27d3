"""Connections to PostgreSQL, and its errors translated at the door.

Parameters are sent inside the statement, as literals: every type is the column's, and any pooler will do. Where the server itself
answers it keeps the hot statements ready (prepared.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

import psycopg
from psycopg import errors
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.types.string import StrDumper

from headway.model.displaced import StoreMoved
from headway.model.errors import StoreError, StoreFull, StorePlaceInvalid, StoreReadOnly, StoreUnavailable
from headway.model.failure import clean
from headway.store.postgres.place import PostgresPlace
from headway.store.postgres.prepared import LOST, OwnConnection

Connection = OwnConnection

CONNECT_TIMEOUT_S: Final = 4
UNHEARD_MAX_MS: Final = 4_000
"""What was sent and is not acknowledged by then: the way to the server is gone."""
KEEPALIVE_IDLE_S: Final = 2
KEEPALIVE_INTERVAL_S: Final = 1
KEEPALIVE_COUNT: Final = 3
"""A connection on which nothing is said is given up in five seconds as well."""
APPLICATION: Final = "headway"
RELEASE_OLDEST: Final = 14
"""The oldest release of PostgreSQL that takes every statement and passed the tests (docs/guides/postgresql.md)."""
MOVED_STATE: Final = "HW001"
"""What the triggers of a store raise that is, or was, copied elsewhere."""
NO_NUL: Final = "\N{REPLACEMENT CHARACTER}"


class _FlagDumper(Dumper):
    """Flags are numbers in every store."""

    def dump(self, obj: bool) -> Buffer:  # noqa: FBT001 - psycopg's signature
        return b"1" if obj else b"0"

    def quote(self, obj: bool) -> Buffer:  # noqa: FBT001 - psycopg's signature
        return self.dump(obj)


class _StoredText(StrDumper):
    r"""Texts that are written. A NUL, which PostgreSQL keeps in none, is written as `\x00`."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(clean(obj) if "\0" in obj else obj)


class _AnyText(StrDumper):
    """Texts that are looked for. No stored one has a NUL, which PostgreSQL refuses to hear of, be it in JSON or not."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", NO_NUL).replace("\\u0000", NO_NUL))


class _NumberLoader(Loader):
    """Sums are numeric in PostgreSQL; here they are what they are elsewhere."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text else int(text)


def connect(place: PostgresPlace, *, what: str) -> Connection:
    """A connection that commits by itself; `what` is shown beside it in pg_stat_activity."""
    try:
        connection = OwnConnection.connect(
            place.dsn,
            autocommit=True,
            prepare_threshold=None,
            cursor_factory=psycopg.ClientCursor,
            connect_timeout=CONNECT_TIMEOUT_S,
            keepalives_idle=KEEPALIVE_IDLE_S,
            keepalives_interval=KEEPALIVE_INTERVAL_S,
            keepalives_count=KEEPALIVE_COUNT,
            tcp_user_timeout=UNHEARD_MAX_MS,
            fallback_application_name=f"{APPLICATION} {what}",
        )
    except psycopg.Error as error:
        raise translate(error, place) from error
    try:
        check_release(connection.info.server_version, place)
    except StorePlaceInvalid:
        connection.close()
        raise
    connection.adapters.register_dumper(bool, _FlagDumper)
    connection.adapters.register_dumper(str, _StoredText)
    connection.adapters.register_loader("numeric", _NumberLoader)
    return connection


def check_release(server_version: int, place: PostgresPlace) -> None:
    """Refuse a server that is too old, before it is asked for anything: StorePlaceInvalid."""
    release = server_version // 10_000
    if release < RELEASE_OLDEST:
        msg = (
            f"the store {place} is on PostgreSQL {release}; headway needs {RELEASE_OLDEST} or later: upgrade the server, or name "
            "another one"
        )
        raise StorePlaceInvalid(msg)


def take_any_text(connection: Connection) -> None:
    """On a connection that writes nothing: whoever looks for a text that cannot be stored finds nothing."""
    connection.adapters.register_dumper(str, _AnyText)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone with this error: what was not committed is to be done again on another."""
    if not isinstance(error, psycopg.Error):
        return False
    if isinstance(
        error,
        errors.AdminShutdown | errors.CrashShutdown | errors.CannotConnectNow | errors.IdleInTransactionSessionTimeout,
    ):
        return True
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and error.sqlstate is None


def is_conflict(error: BaseException) -> bool:
    """Whether others were in the way: the transaction is to be run again as it is."""
    return isinstance(error, (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable, *LOST))


@contextlib.contextmanager
def translated(place: PostgresPlace) -> Iterator[None]:
    """Errors of PostgreSQL leave as errors of the store."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, place) from error


def translate(error: psycopg.Error, place: PostgresPlace) -> StoreError:
    """What it means, and what to do."""
    words = (error.diag.message_primary or str(error)).strip().splitlines()
    said = words[0] if words else type(error).__name__
    if error.sqlstate == MOVED_STATE:
        return StoreMoved(f"the store {place} {said}")
    for kinds, make, sentence in MEANINGS:
        if isinstance(error, kinds):
            return make(sentence.format(place=place, said=said))
    return StoreError(f"the store {place} failed: {said}")


_Kinds = tuple[type[psycopg.Error], ...]
MEANINGS: Final[tuple[tuple[_Kinds, type[StoreError], str], ...]] = (
    (
        (errors.DiskFull,),
        StoreFull,
        "the disk of the store {place} is full: {said}; make room, then it goes on by itself",
    ),
    (
        (errors.ReadOnlySqlTransaction,),
        StoreReadOnly,
        (
            "the database of the store {place} takes no writes ({said}); it may be a standby: name all hosts in the URL, and add "
            "target_session_attrs=read-write to it"
        ),
    ),
    (
        (errors.InvalidPassword, errors.InvalidAuthorizationSpecification),
        StorePlaceInvalid,
        "the store {place} refuses this user: {said}",
    ),
    (
        (errors.InvalidCatalogName,),
        StorePlaceInvalid,
        "the store {place} has no such database: {said}; create it, or mend the URL",
    ),
    (
        (errors.InsufficientPrivilege,),
        StorePlaceInvalid,
        (
            "this user may not do that in the store {place}: {said}; let the tables' owner run headway migrate, and grant this "
            "user the use of the schema"
        ),
    ),
    (
        (errors.UndefinedTable, errors.InvalidSchemaName),
        StoreUnavailable,
        "the store {place} has no tables ({said}); run headway migrate",
    ),
    (
        (psycopg.OperationalError, psycopg.InterfaceError),
        StoreUnavailable,
        "the store {place} cannot be reached: {said}; this is tried again",
    ),
)
"""From the special to the general; the last word is what PostgreSQL said."""
