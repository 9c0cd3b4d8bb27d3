"""Up to which number nothing comes into sight any more.

Numbers are taken before the commit, and transactions that share the lock commit in any order: whoever sees 7 may not see 5
yet. So each that writes says, as a lock that is gone with it, which numbers were the latest when it began: its own are
higher. Whoever wants to know reads the latest numbers, then these locks, and only then begins to see.

So it is with ends, which are ordered by their moments: each that writes says when it began, before it reads the moment of all
that ends in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headway.store.postgres.clock import NOW
from headway.store.postgres.statements import ours

if TYPE_CHECKING:
    from headway.store.postgres.connect import Connection

SEQUENCES: Final = ("headway_job_number", "headway_event_id_seq")
MOMENT: Final = "moment"
TICK_US: Final = 1_000
"""A millisecond: so the low bits last for weeks."""
LOW_BITS: Final = (1 << 31) - 1
"""So much of a number has room in a lock; no transaction lasts until as many more were taken."""


def publish(schema: str) -> str:
    """What a transaction that writes selects when it has begun, before it reads the clock."""
    numbers = {name: _latest(name, schema) for name in SEQUENCES} | {MOMENT: f"{NOW} / {TICK_US}"}
    return ", ".join(
        f"pg_advisory_xact_lock_shared({_kind(name, schema)}, (({number}) & {LOW_BITS})::int)"
        for name, number in numbers.items()
    )


def horizon(connection: Connection, schema: str) -> tuple[int, int, int]:
    """The numbers of jobs and of events, and the moment of ends, to be asked before the transaction that reads begins."""
    latest = ", ".join((*(_latest(name, schema) for name in SEQUENCES), f"{NOW} / {TICK_US}"))
    kinds = ", ".join(f"{_kind(name, schema)}::bigint & {0xFFFFFFFF}" for name in (*SEQUENCES, MOMENT))
    text = (
        f"SELECT {latest}, {kinds}; SELECT classid::bigint, objid::bigint FROM pg_locks "  # noqa: S608 - fixed words and a checked name
        "WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    cursor = connection.execute(ours(text))
    jobs, events, ticks, *kinds_ = cursor.fetchall()[0]
    cursor.nextset()
    locks = cursor.fetchall()
    found = [
        min([last, *(last - ((last - low) & LOW_BITS) for kind, low in locks if kind == wanted)])
        for last, wanted in zip((jobs, events, ticks), kinds_, strict=True)
    ]
    return found[0], found[1], found[2] * TICK_US - 1


def _latest(name: str, schema: str) -> str:
    return f"coalesce(pg_sequence_last_value('\"{schema}\".{name}'), 0)"


def _kind(name: str, schema: str) -> str:
    return f"hashtext('{name} of {schema}')"
