"""The copy itself: table after table in blocks, each block in one transaction of the target with how far the copy has come.

So an interrupted copy goes on where it was, and no row is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from headway.model.errors import StoreError
from headway.store.moving import table as tables
from headway.store.moving.filling import Copying, passing, put_copying, read_copying
from headway.store.moving.side import Side
from headway.store.moving.table import RECORDS, Key, Table
from headway.store.operation import Operation
from headway.store.verbs.record import checksum
from headway.store.verbs.transaction import Row, Transaction

RECORD_TABLE: Final = Table(name=RECORDS, columns=("id",), key=("id",))

Tell = Callable[[str, int, int], None]
"""Told after each block: the table, how many of its rows are done, and of how many."""


def shapes(source: Side, target: Side, tx: Transaction) -> Sequence[Table]:
    """The tables of both. Raises StoreError when they differ."""
    ours = source.tables(tx)
    theirs = target.store.call(Operation("tables", lambda other: dict(target.tables(other)), alone=True))
    if ours != theirs:
        odd = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
        msg = f"{source.store.place} and {target.store.place} do not have the same tables ({', '.join(odd)}); headway migrate both"
        raise StoreError(msg)
    return tables.in_order(ours)


def write(source: Side, target: Side, tx: Transaction, state: Copying, tell: Tell) -> Copying:
    """Copy everything that is not there yet, as the transaction of the source sees it."""
    found = shapes(source, target, tx)
    names = [one.name for one in found] + [RECORDS]
    numbers = source.numbers(tx)  # first: a place that is kept though the copy was given up gives new numbers too
    target.store.call(Operation("set_numbers", lambda other: target.set_numbers(other, numbers), alone=True))
    for one in found[_reached(names, state) :]:
        state = _table(target, tx, one, state, tell)
    state = _records(source, target, tx, state, tell)
    target.settle_in(found)
    return state


def _reached(names: Sequence[str], state: Copying) -> int:
    return names.index(state.table) if state.table else 0


def _table(target: Side, tx: Transaction, one: Table, state: Copying, tell: Tell) -> Copying:
    total = tables.count(tx, one)
    if state.table != one.name:
        state = msgspec.structs.replace(state, table=one.name, after=None, rows=0)
    for rows in tables.blocks(tx, one, state.after):
        state = _write_block(target, one, rows, one.key_of(rows[-1]), state)
        tell(one.name, state.rows, total)
    return state


def _records(source: Side, target: Side, tx: Transaction, state: Copying, tell: Tell) -> Copying:
    total: int = tx.query("SELECT count(*) FROM headway_job WHERE archived = 1")[0][0]
    if state.table != RECORDS:
        state = msgspec.structs.replace(state, table=RECORDS, after=None, rows=0)
    for last, rows in record_blocks(source, tx, state.after):
        state = _write_block(target, RECORD_TABLE, rows, (last,), state)
        tell(RECORDS, state.rows, total)
    return state


def record_blocks(side: Side, tx: Transaction, after: Key | None) -> Iterator[tuple[int, list[Row]]]:
    """Archived records by the numbers of their jobs; with each block the last number that was looked at."""
    last = 0 if after is None else after[0]
    while jobs := tables.archived(tx, last):
        last = jobs[-1][0]
        yield last, [_plain_record(row) for row in side.records(tx, jobs)]


def _plain_record(row: Row) -> Row:
    """Whose checksum is the last column."""
    found = tables.plain(row)
    return found if found is row else (*found[:-1], checksum(found[:-1]))


def _write_block(target: Side, one: Table, rows: list[Row], after: Key, state: Copying) -> Copying:
    now = msgspec.structs.replace(state, table=one.name, after=after, rows=state.rows + len(rows))

    def run(tx: Transaction) -> None:
        if read_copying(tx) == now:
            return  # the answer to its commit was lost
        if one.name == RECORDS:
            target.add_records(tx, rows)
        else:
            target.add(tx, one, rows)
        put_copying(tx, now)

    target.store.call(passing(target, "copy_block", run))
    return now


def every(side: Side, tx: Transaction, one: Table) -> Iterator[Row]:
    """All rows of a table, in the order of their keys."""
    if one.name == RECORDS:
        for _, rows in record_blocks(side, tx, None):
            yield from rows
        return
    for rows in tables.blocks(tx, one, None):
        yield from rows
