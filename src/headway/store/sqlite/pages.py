"""Pages of jobs: newest first by the index of their numbers, in any other order or with free text by a bounded scan.

A scan goes through the numbers from the newest down, slice by slice, and keeps the first few by the order that is
asked for. When its time is over the page is made of what was seen, says how far back that was, and its cursor keeps the
pages that follow to the same jobs, so that together they show each of them once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from msgspec.structs import replace

from headway.model.errors import OptionInvalid
from headway.model.job import JobRow
from headway.model.sort import NEWEST_FIRST, Sort, SortKey
from headway.store.protocol import JobFilter, JobPage
from headway.store.sqlite.find import ID_MAX, job_row
from headway.store.sqlite.select import COUNT_MAX, Chosen, best_sql, choose, count_sql, page_sql, rows_sql, text_sql
from headway.store.sqlite.transaction import Transaction, as_json

TEXT_SLICE: Final = 500
TEXT_DEADLINE_US: Final = 80_000
"""Free text is looked for newest first until then; the page says how far back it came."""
SORT_SLICE: Final = 20_000
"""Numbers of one look while sorting: a few milliseconds."""
SORT_QUICK_US: Final = 2_000
"""After a look that was quicker (few of those numbers are left, or an index leads to the filter's) the next is twice as wide."""
SORT_DEADLINE_US: Final = 500_000
"""An order that no index serves is made until then: about a million jobs on a quiet machine."""
COUNT_DEADLINE_US: Final = 250_000
COUNT_STEPS: Final = 10_000
"""Steps of the database's machine between two looks at the clock."""

Found = tuple[int | None, int]
"""A job in an order: its key, None where it has none, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page ended: in which order, at which job, and down to which number the scan had come."""

    sort: Sort
    key: int | None
    id: int
    floor: int

    def __str__(self) -> str:
        """As it is handed out: `-ended.1795316400000000.4711.0`."""
        return f"{self.sort}.{'' if self.key is None else self.key}.{self.id}.{self.floor}"


def read_cursor(text: str, sort: Sort) -> Cursor:
    """The cursor of a page in this order; OptionInvalid for anything else."""
    order, *numbers = text.split(".")
    if order != str(sort) and len(numbers) == 3:  # noqa: PLR2004 - key, id and floor
        msg = f"after={text!r} is the end of a page that was sorted by {order}, not by {sort}; sort by {order}, or start anew"
        raise OptionInvalid(msg)
    try:
        key, at, floor = numbers
        cursor = Cursor(sort=sort, key=None if key == "" else int(key), id=int(at), floor=int(floor))
    except ValueError:
        msg = f"after={text!r} is no cursor; give the next_after of the page before"
        raise OptionInvalid(msg) from None
    if max(abs(cursor.key or 0), abs(cursor.id), abs(cursor.floor)) > ID_MAX:
        msg = f"after={text!r} is no cursor; give the next_after of the page before"
        raise OptionInvalid(msg)
    return cursor


def page(
    tx: Transaction,
    where: JobFilter,
    *,
    limit: int,
    offset: int,
    before_id: int | None,
    sort: Sort,
    cursor: Cursor | None,
) -> JobPage:
    """One page, in whatever order, with whatever filter."""
    if sort.by is SortKey.CREATED and not where.text:
        return _numbered(tx, where, limit, offset, before_id if cursor is None else cursor.id, sort)
    if sort.is_usual:
        return _text(tx, where, limit, offset, before_id if cursor is None else cursor.id)
    return _sorted(tx, where, limit, offset, sort, cursor)


def _numbered(tx: Transaction, where: JobFilter, limit: int, offset: int, at_id: int | None, sort: Sort) -> JobPage:
    """By their numbers, up or down: the table's own order."""
    chosen = choose(where)
    asked = {**chosen.values, "limit": limit + 1, "offset": 0 if at_id is not None else offset, "before": at_id}
    sql = page_sql(chosen, cursor=at_id is not None, descending=sort.descending)
    found = tx.connection.execute(sql, asked).fetchall()
    rows = tuple(job_row(row) for row in found[:limit])
    more = rows[-1].id if len(found) > limit else None
    whole = at_id is None and more is None and (rows or not offset)
    return replace(
        _all_of(offset, rows) if whole else _counted(tx, chosen, rows),
        next_cursor=more if sort.descending else None,
        next_after=None if more is None else str(Cursor(sort=sort, key=more, id=more, floor=0)),
    )


def _all_of(offset: int, rows: tuple[JobRow, ...]) -> JobPage:
    """The last page by its number: what came before it and what is in it are all."""
    return JobPage(rows=rows, total=offset + len(rows), total_exact=True, next_cursor=None)


def _counted(tx: Transaction, chosen: Chosen, rows: tuple[JobRow, ...]) -> JobPage:
    """The rows with how many the filter names: exactly, or a floor where counting stopped at its limit or deadline."""
    connection = tx.connection
    end = tx.clock.monotonic() + COUNT_DEADLINE_US / 1e6
    connection.set_progress_handler(lambda: tx.clock.monotonic() > end, COUNT_STEPS)
    try:
        total = connection.execute(count_sql(chosen), {**chosen.values, "count_max": COUNT_MAX}).fetchall()[0][0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return JobPage(rows=rows, total=len(rows), total_exact=False, next_cursor=None)
    finally:
        connection.set_progress_handler(None, 0)
    return JobPage(rows=rows, total=total, total_exact=total < COUNT_MAX, next_cursor=None)


def _text(tx: Transaction, where: JobFilter, limit: int, offset: int, at_id: int | None) -> JobPage:
    """Free text, newest first, until the page is full or the time is over."""
    end = tx.clock.monotonic() + TEXT_DEADLINE_US / 1e6
    rows: list[JobRow] = []
    skip = offset if at_id is None else 0
    seen, last, searched_to_us = 0, None, None
    for row in _matches(tx, where, ID_MAX if at_id is None else at_id, 0):
        if isinstance(row, JobRow):
            seen += 1
            if seen > skip + limit:
                last = rows[-1].id
                break
            if seen > skip:
                rows.append(row)
        elif tx.clock.monotonic() > end:
            last, searched_to_us = row
            break
    return JobPage(
        rows=tuple(rows),
        total=min(seen, skip + limit),
        total_exact=at_id is None and last is None,
        next_cursor=last,
        searched_to_us=searched_to_us,
        next_after=None if last is None else str(Cursor(sort=NEWEST_FIRST, key=last, id=last, floor=0)),
    )


def _matches(tx: Transaction, where: JobFilter, before: int, floor: int) -> Iterator[JobRow | tuple[int, int]]:
    """Jobs that hold the free text, newest first; after each slice that is not the last, how far it came: number and moment."""
    chosen = choose(where)
    sql, wanted = text_sql(chosen), (where.text or "").casefold()
    while True:
        found = tx.connection.execute(sql, {**chosen.values, "limit": TEXT_SLICE, "before": before}).fetchall()
        for row in found:
            job = job_row(row)
            texts = (job.name, job.ref_id, job.reason, *row[-2:])  # the last two: arguments and errors
            if job.id > floor and any(text is not None and wanted in text.casefold() for text in texts):
                yield job
        if len(found) < TEXT_SLICE or found[-1][0] <= floor:
            return
        oldest = job_row(found[-1])
        before = oldest.id
        yield oldest.id, oldest.created_us


def _sorted(tx: Transaction, where: JobFilter, limit: int, offset: int, sort: Sort, cursor: Cursor | None) -> JobPage:
    """By a scan: the first of all that it sees, down to the floor that the cursor gives, else until its time is over."""
    keep = limit + 1 + (offset if cursor is None else 0)
    scan = _scan_text if where.text else _scan
    best, floor, searched_to_us = scan(tx, where, sort, keep, cursor)
    wanted = best[keep - limit - 1 :]
    found = {
        row[0]: row for row in tx.connection.execute(rows_sql(), {"ids": as_json([at for _, at in wanted[:limit]])})
    }
    rows = tuple(job_row(found[at]) for _, at in wanted[:limit])
    if cursor is None and len(best) < keep:
        page_ = JobPage(rows=rows, total=len(best), total_exact=True, next_cursor=None)
    elif where.text:
        page_ = JobPage(rows=rows, total=len(rows), total_exact=False, next_cursor=None)
    else:
        page_ = _counted(tx, choose(where), rows)
    after = None
    if len(wanted) > limit:
        key, at = wanted[limit - 1]
        after = str(Cursor(sort=sort, key=key, id=at, floor=floor))
    return replace(
        page_, total_exact=page_.total_exact and searched_to_us is None, searched_to_us=searched_to_us, next_after=after
    )


def _place(sort: Sort) -> Callable[[Found], tuple[bool, int, int]]:
    """What to compare: those without a key last, then the key and the id, both downward or both upward."""
    sign = -1 if sort.descending else 1
    return lambda found: (found[0] is None, sign * (found[0] or 0), sign * found[1])


def _scan(
    tx: Transaction, where: JobFilter, sort: Sort, keep: int, cursor: Cursor | None
) -> tuple[list[Found], int, int | None]:
    """The first `keep` after the cursor; the number below which nothing was looked at, and its moment if that is not the end."""
    chosen, place = choose(where), _place(sort)
    some, full = (best_sql(chosen, sort, cursor=cursor is not None, full=is_full) for is_full in (False, True))
    end = tx.clock.monotonic() + SORT_DEADLINE_US / 1e6
    lowest, high = tx.rows("job_numbers")[0]
    floor = 0 if cursor is None else cursor.floor
    stop = max(lowest - 1, floor)
    values = {**chosen.values, "limit": keep}
    if cursor is not None:
        values |= {"at_key": cursor.key, "at_id": cursor.id}
    best: list[Found] = []
    size, before = SORT_SLICE, tx.clock.monotonic()
    while high > stop:
        low = max(stop, high - size)
        values |= {"low": low, "high": high}
        if len(best) == keep:
            values |= {"last_key": best[-1][0], "last_id": best[-1][1]}
        best += tx.connection.execute(full if len(best) == keep else some, values).fetchall()
        best.sort(key=place)
        del best[keep:]
        high, now = low, tx.clock.monotonic()
        if cursor is None and high > stop and now > end:
            return best, high, _moment_above(tx, high)
        size, before = size * (2 if now - before < SORT_QUICK_US / 1e6 else 1), now
    return best, floor, None if floor == 0 else _moment_above(tx, floor)


def _scan_text(
    tx: Transaction, where: JobFilter, sort: Sort, keep: int, cursor: Cursor | None
) -> tuple[list[Found], int, int | None]:
    """The same with free text, which is compared here."""
    place, floor = _place(sort), 0 if cursor is None else cursor.floor
    end = tx.clock.monotonic() + TEXT_DEADLINE_US / 1e6
    best: list[Found] = []
    searched_to_us = None if floor == 0 else _moment_above(tx, floor)
    for row in _matches(tx, where, ID_MAX, floor):
        if isinstance(row, JobRow):
            best.append((_key_of(row, sort), row.id))
        elif cursor is None and tx.clock.monotonic() > end:
            floor, searched_to_us = row[0] - 1, row[1]
            break
    best.sort(key=place)
    if cursor is not None:
        at = place((cursor.key, cursor.id))
        best = [found for found in best if place(found) > at]
    return best[:keep], floor, searched_to_us


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


def _moment_above(tx: Transaction, floor: int) -> int | None:
    """When the first job above a number was created."""
    rows = tx.rows("created_above", {"id": floor})
    return rows[0][0] if rows else None
