"""The store as a guest in a transaction of somebody else's, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import psycopg

from headway.model.errors import ConnectionRefused
from headway.store.guest import NOTHING, POSTGRES, Conversation
from headway.store.postgres.bell import channel
from headway.store.postgres.connect import APPLICATION, CONNECT_TIMEOUT_S, translated
from headway.store.postgres.place import PostgresPlace
from headway.store.postgres.statements import TEXTS, qualified

NAME: Final = f"{APPLICATION} job"
PREPARES: Final = None
"""Never: the connection is there for one transaction, and behind a pooler what was prepared stays for whoever gets the session next."""
MARK_IDLE_MAX: Final = "SET LOCAL idle_in_transaction_session_timeout = 10000"
SPOKEN: Final = ("put_outbox", "put_mark", "mark_of", "server_identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresGuest:
    """A schema of a PostgreSQL database."""

    place: PostgresPlace
    texts: Mapping[str, str]
    """The statements, with the schema in them."""
    server: str
    """Which database of which server it is."""
    now_us: Callable[[], int] | None = None
    """None: the database's own clock."""

    @property
    def dialect(self) -> str:
        """PostgreSQL."""
        return POSTGRES

    def connect(self) -> psycopg.Connection[Any]:
        """With the rows and the types that psycopg has by itself."""
        with translated(self.place):
            return psycopg.Connection.connect(
                self.place.dsn,
                fallback_application_name=NAME,
                connect_timeout=CONNECT_TIMEOUT_S,
                prepare_threshold=PREPARES,
            )

    async def aconnect(self) -> psycopg.AsyncConnection[Any]:
        """The same, awaited."""
        with translated(self.place):
            return await psycopg.AsyncConnection.connect(
                self.place.dsn,
                fallback_application_name=NAME,
                connect_timeout=CONNECT_TIMEOUT_S,
                prepare_threshold=PREPARES,
            )

    def put(self, app: str, body: str) -> Conversation[None]:
        """One way there and back between a savepoint and its release: what is refused leaves the caller's transaction as it was."""
        values = {
            "app": app,
            "body": body,
            "now": None if self.now_us is None else self.now_us(),
            "server": self.server,
            "rings": int(self.place.listen),
            "channel": channel(self.place),
        }
        yield "SAVEPOINT headway_call", NOTHING
        try:
            rows = yield self.texts["put_outbox"], values
        except Exception:
            yield "ROLLBACK TO SAVEPOINT headway_call", NOTHING
            raise
        yield "RELEASE SAVEPOINT headway_call", NOTHING
        if not rows:
            raise _elsewhere(self.place)

    def done(self, job_id: int) -> Conversation[str | None]:
        """Asked as the first thing of a transaction."""
        rows = yield self.texts["server_identity"], NOTHING
        if rows[0][0] != self.server:
            raise _elsewhere(self.place)
        rows = yield self.texts["mark_of"], {"id": job_id}
        return rows[0][0] if rows else None

    def mark(self, job_id: int, epoch: int, result: str | None) -> Conversation[bool]:
        """Whoever waits for it waits no longer than a frozen process may keep its transaction open."""
        yield MARK_IDLE_MAX, NOTHING
        rows = yield (
            self.texts["put_mark"],
            {"id": job_id, "epoch": epoch, "result": result, "now": None if self.now_us is None else self.now_us()},
        )
        return bool(rows)


def texts_of(schema: str) -> Mapping[str, str]:
    """What is said, in one schema."""
    return MappingProxyType({name: qualified(TEXTS[name], schema) for name in SPOKEN})


def _elsewhere(place: PostgresPlace) -> ConnectionRefused:
    return ConnectionRefused(
        f"the connection leads to another database than the store {place}, so nothing was written: both must be the same "
        "database of the same server"
    )
