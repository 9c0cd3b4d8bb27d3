"""Looking at a store from outside: reading only, and nothing is made that is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, LiteralString

import psycopg

from headway.store.facts import Facts, Hindrance
from headway.store.moving.closed import closed_by
from headway.store.postgres.connect import connect, translate
from headway.store.postgres.migrate import migrations, standing
from headway.store.postgres.place import PostgresPlace
from headway.store.postgres.statements import statements
from headway.store.verbs.hold import HELD_SETTING, read_hold
from headway.store.verbs.prune import RETENTION_SETTING, read_kept

if TYPE_CHECKING:
    from headway.store.postgres.connect import Connection

SHOWN_MAX: Final = 5
SLOT: Final = "replication slot"
CURES: Final = MappingProxyType({
    "transaction": "SELECT pg_terminate_backend({})",
    "prepared transaction": "ROLLBACK PREPARED '{}'",
    SLOT: "SELECT pg_drop_replication_slot('{}')",
})  # fmt: skip
"""What to say to the server, for each kind of hindrance."""


def look(place: PostgresPlace) -> Facts | None:
    """What can be told of the schema; None when it has no tables of ours. StoreUnavailable when the server does not answer."""
    try:
        with closing(connect(place, what="look")) as connection:
            found = standing(connection, place.schema)
            if not found.version:
                return None

            known = statements(place.schema)

            def setting(name: str) -> str | None:
                rows = connection.execute(known["setting"], {"name": name}).fetchall()
                return rows[0][0] if rows else None

            said = setting(HELD_SETTING)
            hold = None if said is None else read_hold(said)
            retention, retention_us = read_kept(setting(RETENTION_SETTING))
            months = sorted(row[0] for row in connection.execute(known["record_partitions"]).fetchall())
            number = connection.info.server_version
            return Facts(
                schema=found.version,
                schema_oldest=found.oldest,
                schema_newest=migrations()[-1].version,
                library=f"PostgreSQL {number // 10000}.{number % 10000}",
                library_safe=True,
                log_bytes=0,
                free_bytes=None,
                held_us=None if hold is None else hold.at_us,
                retention=retention,
                retention_us=retention_us,
                held_why=None if hold is None else hold.why,
                closed=closed_by(setting),
                months=tuple(months),
                sealed=(),
                broken_seals=(),
                unfit=None,
                hindrances=tuple(_hindrances(connection, known)),
            )
    except psycopg.Error as error:
        raise translate(error, place) from error


def _hindrances(connection: Connection, known: Mapping[str, LiteralString]) -> Iterator[Hindrance]:
    limit = {"limit": SHOWN_MAX}
    for what, which, application, user, age_us in connection.execute(known["old_snapshots"], limit).fetchall():
        who = " of ".join(part for part in (application, f"user {user}" if user else "") if part)
        yield Hindrance(what=what, which=which, who=who, age_us=age_us, cure=CURES[what].format(which))
    for name, log_bytes in connection.execute(known["idle_slots"], limit).fetchall():
        cure = CURES[SLOT].format(name)
        yield Hindrance(what=SLOT, which=name, who="", age_us=None, cure=cure, log_bytes=log_bytes)
