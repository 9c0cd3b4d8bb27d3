"""A server's history may fork: a standby that is promoted has not heard of the last commits, and goes on without them.

What was granted in the lost commits may run still, on workers that know nothing of it, and the numbers that were given out in
them would be given out again. So whoever writes first in a new line of history, alone, lets everything that is counted jump:
no epoch, node, job or event of the lost commits is ever met again, and whoever holds one is refused. What was granted before
the fork goes on undisturbed, on the leases that it has.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec

from headway.store.verbs.transaction import as_json

if TYPE_CHECKING:
    from headway.store.postgres.transaction import PostgresTransaction

log = logging.getLogger("headway.store")

HISTORY_SETTING: Final = "history"
EPOCHS_SKIPPED: Final = 100_000
"""More often no job was granted in the commits that were lost. The audit counts no epoch beyond so many (audit_grants.sql)."""
NUMBERS_SKIPPED: Final = 1_000_000
"""More jobs, events or nodes were not entered in them."""


class _History(msgspec.Struct, frozen=True, array_like=True):
    """In which line of history the store was last written, and how far epochs have jumped."""

    server: str
    floor: int


def floor_in(tx: PostgresTransaction, server: str) -> int | None:
    """The highest epoch that may have been granted in lost commits: each that is granted now is higher. None in a line of history
    that nobody has met yet.
    """
    known = _known(tx)
    return known.floor if known is not None and known.server == server else None


def meet(tx: PostgresTransaction, server: str) -> int:
    """Alone: if this is another line of history than the store knows, everything jumps. Answers the floor of epochs."""
    known = _known(tx)
    if known is not None and known.server == server:
        return known.floor
    new = _History(server, 0) if known is None else _jump(tx, known, server)
    tx.change("set_setting", {"name": HISTORY_SETTING, "value": as_json(new)})
    return new.floor


def _known(tx: PostgresTransaction) -> _History | None:
    row = tx.row("setting", {"name": HISTORY_SETTING})
    return None if row is None else msgspec.json.decode(row[0], type=_History)


def _jump(tx: PostgresTransaction, known: _History, server: str) -> _History:
    highest: int = tx.rows("highest_epoch")[0][0]
    floor = max(highest, known.floor) + EPOCHS_SKIPPED
    tx.rows("skip_numbers", {"schema": tx.schema, "skipped": NUMBERS_SKIPPED})
    # The clock goes on, under another name: leases that ran before the fork are measured as before.
    names = {"old_server": known.server, "new_server": server}
    tx.change("carry_leases", names)
    tx.change("carry_sweep", names)
    log.warning(
        "the server goes on in another line of its history (%s, before it was %s), as after a failover: what was committed "
        "last may be lost; epochs go on from %d, numbers of jobs from %d higher",
        server,
        known.server,
        floor + 1,
        NUMBERS_SKIPPED,
    )
    return _History(server, floor)
