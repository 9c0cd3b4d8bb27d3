"""Retention of what is heavy: logs, then whole records, leave the month's archive; the job's row stays.

A log leaves the archive before the row says so: a step that breaks off in between is done again. A whole record leaves
it after the row says so, as in a purge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headway.store.protocol import Pruned, Retention
from headway.store.verbs.record import Placed
from headway.store.verbs.transaction import Transaction, as_json

NO_LOG: Final = 1
SUMMARY: Final = 2
"""What the column `pruned` says."""
RETENTION_SETTING: Final = "retention"


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What a worker wrote down."""

    at_us: int
    retention: Retention


_decode_kept: Final = msgspec.json.Decoder(_Kept).decode


def prune(tx: Transaction, logs_before_us: int | None, bodies_before_us: int | None, limit: int) -> Pruned:
    """One step of both; bodies first, as a log that goes with its record needs no step of its own."""
    tx.archive.clear(tx)
    bodies = 0
    if bodies_before_us is not None:
        found = _placed(tx, "prunable_bodies", bodies_before_us, limit)
        tx.archive.drop(tx, found)
        bodies = _mark(tx, found, SUMMARY)
    logs = lines = 0
    if logs_before_us is not None and bodies < limit:
        found = _placed(tx, "prunable_logs", logs_before_us, limit - bodies)
        lines = tx.archive.empty_logs(tx, found)
        logs = _mark(tx, found, NO_LOG)
    return Pruned(logs=logs, lines=lines, bodies=bodies)


def _placed(tx: Transaction, statement: str, before_us: int, limit: int) -> list[Placed]:
    return [(row[0], row[1]) for row in tx.rows(statement, {"before": before_us, "limit": limit})]


def _mark(tx: Transaction, found: Sequence[Placed], stage: int) -> int:
    return tx.change("mark_pruned", {"ids": as_json([row[0] for row in found]), "pruned": stage}) if found else 0


def keep(tx: Transaction, retention: Retention) -> None:
    """Write down how long a worker keeps what, and when it said so."""
    value = as_json(_Kept(at_us=tx.now_us, retention=retention))
    tx.change("set_setting", {"name": RETENTION_SETTING, "value": value})


def read_kept(text: str | None) -> tuple[Retention | None, int | None]:
    """What the worker that purged last wrote down, and when."""
    found = None if text is None else _decode_kept(text)
    return (None, None) if found is None else (found.retention, found.at_us)
