"""The jobs that have ended, by the month of their creation: counted as they are summed up, and kept right as they go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from headway.model.clock import from_us as moment
from headway.store.verbs.cells import Counted
from headway.store.verbs.transaction import Row, Transaction, as_json


def months_in(tx: Transaction, found: Iterable[Counted], from_us: int, until_us: int) -> list[dict[str, Any]]:
    """How many of which month; the jobs are looked at again only when some of a minute were created in different months."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        month = month_of(one.created_from)
        if month != month_of(one.created_to):
            return months_between(tx, from_us, until_us)
        counts[one.app, month, one.state] += one.jobs
    return [_values((*key, jobs)) for key, jobs in counts.items()]


def months_between(tx: Transaction, from_us: int, until_us: int, app: str | None = None) -> list[dict[str, Any]]:
    """The same, read off the jobs one by one."""
    return [_values(row) for row in tx.rows("ended_months", {"from": from_us, "until": until_us, "app": app})]


def add_months(tx: Transaction, months: Iterable[dict[str, Any]]) -> None:
    """Count these too."""
    tx.many("add_months", months)


def leaving(tx: Transaction, ids: Sequence[int]) -> list[dict[str, Any]]:
    """What is to be taken off when these jobs are deleted, or go again: as many of them as are counted."""
    return [{**_values(row), "jobs": -row[3]} for row in tx.rows("leaving_months", {"ids": as_json(ids)})]


def leave(tx: Transaction, ids: Sequence[int]) -> None:
    """Take them off; they are deleted, or go again, in this transaction and after this."""
    found = leaving(tx, ids)
    if found:
        add_months(tx, found)


def month_of(us: int) -> str:
    """2026-11."""
    return f"{moment(us):%Y-%m}"


def _values(row: Row) -> dict[str, Any]:
    app, month, state, jobs = row
    return {"app": app, "month": month, "state": state, "jobs": jobs}
