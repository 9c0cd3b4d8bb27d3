"""Pages of jobs in any other order: a bounded scan.

It goes through the numbers from the newest down, slice by slice, and keeps the first few by the order that is asked
for. When its time is over the page is made of what was seen, says how far back that was, and its cursor keeps the pages
that follow to the same jobs, so that together they show each of them once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, assert_never

from headway.model.job import JobRow
from headway.model.sort import Sort, SortKey
from headway.store.protocol import JobFilter, JobPage
from headway.store.verbs.cursor import Cursor
from headway.store.verbs.pages import TEXT_DEADLINE_US, Time, count, holding, matches, moment_above, numbered, read_rows
from headway.store.verbs.select import best_sql
from headway.store.verbs.stretch import Stretch, stretch
from headway.store.verbs.transaction import Transaction

SORT_DEADLINE_US: Final = 500_000
"""An order that no index serves is made until then: about a million jobs on a quiet machine."""

Found = tuple[int | None, int]
"""A job in an order: its key, None where it has none, and its id."""


def ordered(
    tx: Transaction, where: JobFilter, limit: int, offset: int, sort: Sort, cursor: Cursor | None, time: Time
) -> JobPage:
    """The first of all that is seen, down to the floor that the cursor gives, else until the time is over."""
    field = stretch(tx, where, counted=time.counted)
    keep = limit + 1 + (offset if cursor is None else 0)
    look = _scan_text if where.text else _scan
    best, floor = look(tx, where, field, sort, keep, cursor, time)
    searched_to_us = None if floor == 0 else moment_above(tx, floor)
    wanted = best[keep - limit - 1 :]
    rows = read_rows(tx, [at for _, at in wanted[:limit]])
    if cursor is None and len(best) < keep:
        total, exact = len(best), True
    elif where.text:
        total, exact = len(rows), False
    else:
        total, exact = count(tx, field, time, seen=[])
    after = None
    if len(wanted) > limit:
        key, at = wanted[limit - 1]
        after = str(Cursor(sort=sort, key=key, id=at, floor=floor))
    return JobPage(
        rows=rows,
        total=max(total, len(rows)),
        total_exact=exact and searched_to_us is None,
        next_cursor=None,
        searched_to_us=searched_to_us,
        next_after=after,
    )


def _place(sort: Sort) -> Callable[[Found], tuple[bool, int, int]]:
    """What to compare: those without a key last, then the key and the id, both downward or both upward."""
    sign = -1 if sort.descending else 1
    return lambda found: (found[0] is None, sign * (found[0] or 0), sign * found[1])


def _scan(
    tx: Transaction, _where: JobFilter, field: Stretch, sort: Sort, keep: int, cursor: Cursor | None, time: Time
) -> tuple[list[Found], int]:
    """The first `keep` after the cursor; the number down to which was looked, 0 for all."""
    chosen, place, clock = field.chosen, _place(sort), tx.clock
    some, full = (best_sql(chosen, sort, cursor=cursor is not None, full=is_full) for is_full in (False, True))
    end = time.to_look(SORT_DEADLINE_US)
    floor = 0 if cursor is None else cursor.floor
    stop = max(field.lowest - 1, floor)
    values: dict[str, int | None] = {"limit": keep}
    if cursor is not None:
        values |= {"at_key": cursor.key, "at_id": cursor.id}
    best: list[Found] = []
    for low, high in field.down(clock, field.highest, stop):
        if len(best) == keep:
            values |= {"last_key": best[-1][0], "last_id": best[-1][1]}
        sql = full if len(best) == keep else some
        best += tx.query(sql, {**field.values(low, high), **values})
        best.sort(key=place)
        del best[keep:]
        if cursor is None and low > stop and clock.monotonic() > end:
            return best, low
    return best, floor


def _scan_text(
    tx: Transaction, where: JobFilter, field: Stretch, sort: Sort, keep: int, cursor: Cursor | None, time: Time
) -> tuple[list[Found], int]:
    """The same with free text, which is compared here."""
    place, floor = _place(sort), 0 if cursor is None else cursor.floor
    end = time.to_look(TEXT_DEADLINE_US, counts=False)
    best: list[Found] = []
    for row in matches(tx, where, field, field.highest, floor):
        if isinstance(row, JobRow):
            best.append((_key_of(row, sort), row.id))
        elif cursor is None and tx.clock.monotonic() > end:
            floor = row
            break
    best.sort(key=place)
    if cursor is not None:
        at = place((cursor.key, cursor.id))
        best = [found for found in best if place(found) > at]
    return best[:keep], floor


def _key_of(row: JobRow, sort: Sort) -> int | None:  # noqa: PLR0911 - one for each key
    """What KEYS says in SQL."""
    match sort.by:
        case SortKey.CREATED:
            return row.id
        case SortKey.DUE:
            return row.due_us
        case SortKey.STARTED:
            return row.started_us
        case SortKey.ENDED:
            return row.finished_us
        case SortKey.PRIORITY:
            return row.priority
        case SortKey.DURATION:
            start, end = row.started_us, row.finished_us
            return None if start is None or end is None or end < start else end - start
        case SortKey.ATTEMPTS:
            return row.epoch
        case _:
            assert_never(sort.by)


def page(
    tx: Transaction,
    where: JobFilter,
    *,
    limit: int,
    offset: int,
    sort: Sort,
    cursor: Cursor | None,
    within_us: int | None = None,
    counted: bool = True,
) -> JobPage:
    """One page, in whatever order, with whatever filter."""
    time = Time(began=tx.clock.monotonic(), within_us=within_us, counted=counted)
    if sort.by is SortKey.CREATED and not where.text:
        return numbered(tx, where, limit, offset, sort, cursor, time)
    if sort.is_usual:
        return holding(tx, where, limit, offset, cursor, time)
    return ordered(tx, where, limit, offset, sort, cursor, time)
