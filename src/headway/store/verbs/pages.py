"""Pages of jobs in the order of their numbers: newest first, or oldest first; and those that hold a free text.

A page is made slice by slice. When its time is over before it is full, it is made of what was seen, says how far that
was, and its cursor goes on from there. Counting goes on where the page ended, up to a limit or the end of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from headway.model.job import JobRow
from headway.model.sort import NEWEST_FIRST, Sort
from headway.store.protocol import JobFilter, JobPage
from headway.store.verbs.cursor import Cursor
from headway.store.verbs.find import job_row
from headway.store.verbs.select import count_sql, found_sql, rows_sql, text_sql
from headway.store.verbs.stretch import Stretch, newest, stretch
from headway.store.verbs.transaction import Transaction, as_json

TEXT_SLICE: Final = 500
TEXT_DEADLINE_US: Final = 80_000
"""Free text is looked for newest first until then; the page says how far back it came."""
COUNT_MAX: Final = 10_000
"""Counting a filter stops here; the page then says that its total is a floor."""
COUNT_DEADLINE_US: Final = 250_000
COUNT_SHARE: Final = 0.25
"""Of the time that is given for a page; looking has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Until when one page may look and count, by the monotonic clock."""

    began: float
    within_us: int | None
    counted: bool = True
    """False: what was not seen on the way is not counted."""

    def to_look(self, usual_us: float, *, counts: bool = True) -> float:
        """The end of looking; `counts`: the jobs are counted after that."""
        if self.within_us is None:
            return self.began + usual_us / 1e6
        return self.began + self.within_us / 1e6 * (1 - COUNT_SHARE if counts and self.counted else 1)

    def to_count(self, now: float) -> float:
        """The end of counting, which begins now."""
        return now + (COUNT_DEADLINE_US if self.within_us is None else self.within_us * COUNT_SHARE) / 1e6


def numbered(
    tx: Transaction, where: JobFilter, limit: int, offset: int, sort: Sort, cursor: Cursor | None, time: Time
) -> JobPage:
    """By their numbers, up or down: the table's own order."""
    skip = offset if cursor is None else 0
    keep = skip + limit + 1
    near = newest(tx, where) if cursor is None and sort.descending else None
    field = stretch(tx, where, counted=time.counted) if near is None else near
    found, came_to = first(tx, field, sort, cursor, keep, time.to_look(inf))
    if near is not None and len(found) < keep:
        field = stretch(tx, where, counted=time.counted)
        found, came_to = first(tx, field, sort, cursor, keep, time.to_look(inf))
    shown = found[skip : skip + limit]
    rows = read_rows(tx, shown)
    next_id = (
        shown[-1] if len(found) > skip + limit else came_to if came_to is None or not sort.descending else came_to + 1
    )
    if field.total is not None:
        total, exact = field.total, True
    elif came_to is not None:
        total, exact = len(found), False
    elif cursor is None and next_id is None:
        total, exact = len(found), True
    else:
        total, exact = count(tx, field, time, seen=found if cursor is None else [], sort=sort)
    return JobPage(
        rows=rows,
        total=max(total, len(found)),
        total_exact=exact,
        next_cursor=next_id if sort.descending else None,
        searched_to_us=None if came_to is None else moment_above(tx, came_to),
        next_after=None if next_id is None else str(Cursor(sort=sort, key=next_id, id=next_id, floor=0)),
    )


def ids(tx: Transaction, where: JobFilter, limit: int) -> tuple[int, ...]:
    """The newest that a filter names."""
    if where.text:
        time = Time(began=tx.clock.monotonic(), within_us=None)
        return tuple(row.id for row in holding(tx, where, limit, 0, None, time).rows)
    return tuple(first(tx, stretch(tx, where, counted=False), NEWEST_FIRST, None, limit, inf)[0])


def first(
    tx: Transaction, field: Stretch, sort: Sort, cursor: Cursor | None, keep: int, end: float
) -> tuple[list[int], int | None]:
    """The first so many after the cursor; where the time was over before, the number up or down to which it came."""
    clock = tx.clock
    low, high = field.lowest - 1, field.highest
    if cursor is not None:
        low, high = (low, min(high, cursor.id - 1)) if sort.descending else (max(low, cursor.id), high)
    slices = field.down(clock, high, low) if sort.descending else field.up(clock, low, high)
    sql = found_sql(field.chosen, descending=sort.descending)
    found: list[int] = []
    for above, up_to in slices:
        values = {**field.values(above, up_to), "limit": keep - len(found)}
        found += [row[0] for row in tx.query(sql, values)]
        came_to, last = (above, low) if sort.descending else (up_to, high)
        if len(found) >= keep:
            break
        if came_to != last and clock.monotonic() > end:
            return found, came_to
    return found, None


def count(
    tx: Transaction, field: Stretch, time: Time, *, seen: list[int], sort: Sort = NEWEST_FIRST
) -> tuple[int, bool]:
    """How many the filter names, those that were seen among them; and whether that is all, or a floor."""
    if field.total is not None:
        return field.total, True
    if not time.counted:
        return len(seen), False
    low, high = field.lowest - 1, field.highest
    if seen:
        low, high = (low, seen[-1] - 1) if sort.descending else (seen[-1], high)
    clock, total = tx.clock, len(seen)
    end = time.to_count(clock.monotonic())
    sql = count_sql(field.chosen)
    for above, up_to in field.down(clock, high, low):
        values = {**field.values(above, up_to), "limit": max(0, COUNT_MAX - total)}
        total += tx.query(sql, values)[0][0]
        if total >= COUNT_MAX or (above > low and clock.monotonic() > end):
            return total, False
    return total, True


def holding(tx: Transaction, where: JobFilter, limit: int, offset: int, cursor: Cursor | None, time: Time) -> JobPage:
    """Those that hold the free text, newest first, until the page is full or the time is over."""
    end = time.to_look(TEXT_DEADLINE_US, counts=False)
    field = stretch(tx, where, counted=False)
    rows: list[JobRow] = []
    skip = offset if cursor is None else 0
    seen, last, came_to = 0, None, None
    for row in matches(tx, where, field, field.highest if cursor is None else min(field.highest, cursor.id - 1)):
        if isinstance(row, JobRow):
            seen += 1
            if seen > skip + limit:
                last = rows[-1].id
                break
            if seen > skip:
                rows.append(row)
        elif tx.clock.monotonic() > end:
            came_to, last = row, row + 1
            break
    return JobPage(
        rows=tuple(rows),
        total=min(seen, skip + limit),
        total_exact=cursor is None and last is None,
        next_cursor=last,
        searched_to_us=None if came_to is None else moment_above(tx, came_to),
        next_after=None if last is None else str(Cursor(sort=NEWEST_FIRST, key=last, id=last, floor=0)),
    )


def matches(tx: Transaction, where: JobFilter, field: Stretch, high: int, floor: int = 0) -> Iterator[JobRow | int]:
    """Jobs up to a number that hold the free text, newest first; between them, above which number everything was seen."""
    sql, wanted = text_sql(field.chosen, tx.dialect), (where.text or "").casefold()
    stop = max(floor, field.lowest - 1)
    for above, up_to in field.down(tx.clock, high, stop):
        came_to = up_to
        while came_to > above:
            values = {**field.values(above, came_to), "limit": TEXT_SLICE}
            found = tx.query(sql, values)
            for row in found:
                job = job_row(row)
                texts = (job.name, job.ref_id, job.reason, *row[-2:])  # the last two: arguments and errors
                if holds(texts, wanted) and (where.shown is None or holds(where.shown(job, *row[-2:]), wanted)):
                    yield job
            came_to = above if len(found) < TEXT_SLICE else found[-1][0] - 1
            if came_to > stop:
                yield came_to


def holds(texts: Iterable[str | None], wanted: str) -> bool:
    """Whether one of the texts has it, upper or lower case."""
    return any(text is not None and wanted in text.casefold() for text in texts)


def read_rows(tx: Transaction, wanted: list[int]) -> tuple[JobRow, ...]:
    """These jobs, in this order."""
    found = {row[0]: row for row in tx.query(rows_sql(tx.dialect), {"ids": as_json(wanted)})}
    return tuple(job_row(found[at]) for at in wanted)


def moment_above(tx: Transaction, number: int) -> int | None:
    """When the first job above a number was created."""
    rows = tx.rows("job_above", {"id": number})
    return rows[0][1] if rows else None
