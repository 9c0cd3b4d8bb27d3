"""The new place while it is filled: taken for one copy, closed to everybody else, opened when all is the same in both.

Its fence is that of the source, with a key in it: only a transaction that says so passes, and that is the copier's. What is half
there is therefore never run, added to or settled, whoever opens the place too early, and an interrupted copy leaves it so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from headway.model.errors import StoreError
from headway.store.acting import Act
from headway.store.moving import table as tables
from headway.store.moving.fence import minute
from headway.store.moving.side import Side
from headway.store.operation import Operation
from headway.store.verbs.acts import write
from headway.store.verbs.hold import HELD_SETTING, Hold, held
from headway.store.verbs.transaction import Transaction, as_json

COPYING_SETTING: Final = "copying"
UNFINISHED_WHY: Final = "headway copy has not finished writing this store"
PREVIEW_WHY: Final = "this is a copy that headway copy --preview made"

T = TypeVar("T")


class Copying(msgspec.Struct, frozen=True):
    """What the target knows of the copy."""

    uid: str
    source: str
    """Without a password."""
    table: str = ""
    """The table at which it is; all before it are done."""
    after: tuple[Any, ...] | None = None
    """The key of the last row that was written."""
    rows: int = 0
    """Of that table."""
    done: bool = False
    since_us: int = 0

    def words(self) -> str:
        """What whoever writes to the target is told."""
        return (
            f"is being filled by a copy from {self.source}, started {minute(self.since_us)}; wait for headway copy, run it again if it was "
            "interrupted, or empty this place with headway copy PLACE --release"
        )


def read_copying(tx: Transaction) -> Copying | None:
    """What there is of a copy, if the store came about by one."""
    row = tx.row("setting", {"name": COPYING_SETTING})
    return None if row is None else msgspec.json.decode(row[0], type=Copying)


def put_copying(tx: Transaction, state: Copying) -> None:
    """Write down how far the copy has come."""
    tx.change("set_setting", {"name": COPYING_SETTING, "value": as_json(state)})


def begin(target: Side, uid: str, source: str) -> Copying:
    """Take the target for this copy and close it, or go on with it. Raises StoreError when it holds anything else."""

    def run(tx: Transaction) -> Copying:
        known = read_copying(tx)
        if known is not None:
            return _known(known, uid, target)
        made = Copying(uid=uid, source=source, since_us=tx.now_us)
        # Before the look: on PostgreSQL the door waits for what callers commit in transactions of their own.
        target.close_door(tx, made.words())
        for one in target.tables(tx).values():
            if tables.any_row(tx, one):
                msg = f"{target.store.place} is not empty ({one.name} has rows); give a place that is"
                raise StoreError(msg)
        put_copying(tx, made)
        tx.change("set_setting", held(tx.now_us, UNFINISHED_WHY))
        return made

    return target.store.call(Operation("begin_copy", run, alone=True))


def _known(known: Copying, uid: str, target: Side) -> Copying:
    if known.uid == uid:
        return known
    place = target.store.place
    if known.done:
        msg = f"{place} holds a copy of {known.source} already; give a place that is empty"
    else:
        msg = (
            f"{place} holds an unfinished copy of {known.source} already; give a place that is empty, or empty it with headway "
            "copy PLACE --release"
        )
    raise StoreError(msg)


def passing(target: Side, verb: str, act: Callable[[Transaction], T]) -> Operation[T]:
    """A transaction of the copier, which passes the door."""

    def run(tx: Transaction) -> T:
        with target.passing(tx):
            return act(tx)

    return Operation(verb, run, alone=True)


def finish(target: Side, state: Copying, hold: Hold | None, act: Act) -> None:
    """The copy is whole: let the target be used, unless it is to stay held; `act` is written down there."""

    def run(tx: Transaction) -> None:
        put_copying(tx, msgspec.structs.replace(state, done=True, table="", after=None, rows=0))
        target.open_door(tx)
        tx.change("drop_setting", {"name": HELD_SETTING})
        if hold is not None:
            tx.change("set_setting", held(hold.at_us or tx.now_us, hold.why))
        write(tx, act)
        tx.wake = True

    target.store.call(Operation("open_copy", run, alone=True))


def give_up(target: Side, keep: Callable[[Copying], Act] | None = None) -> Copying | None:
    """Open a place whose copy is not whole: empty, as it was before, or with what there is and that act, if it is to be kept.

    Answers what there was of the copy; None when nothing is being copied there.
    """

    def run(tx: Transaction) -> Copying | None:
        state = read_copying(tx)
        if state is None or state.done:
            return None
        target.open_door(tx)
        if keep is None:
            _empty(target, tx)
        else:
            write(tx, keep(state))
        tx.change("drop_setting", {"name": COPYING_SETTING})
        tx.change("drop_setting", {"name": HELD_SETTING})
        tx.wake = True
        return state

    return target.store.call(Operation("give_up_copy", run, alone=True))


def _empty(target: Side, tx: Transaction) -> None:
    last = 0
    while jobs := tables.archived(tx, last):
        last = jobs[-1][0]
        tx.archive.drop(tx, jobs)
    target.empty(tx, tuple(target.tables(tx).values()))
