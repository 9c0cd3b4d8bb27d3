"""Comparing two stores row by row, in the order of their keys: counts, a hash for each table, the first difference."""

from __future__ import annotations

from hashlib import sha256
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.errors import StoreError
from headway.store.moving.copying import RECORD_TABLE, every, shapes

if TYPE_CHECKING:
    from headway.store.moving.copying import Tell
    from headway.store.moving.side import Side
    from headway.store.moving.table import Table
    from headway.store.verbs.transaction import Row, Transaction

TOLD_ROWS: Final = 2_000


class Checked(msgspec.Struct, frozen=True):
    """A table that is the same on both sides."""

    table: str
    rows: int
    digest: str
    """SHA-256 over its rows as JSON, in the order of their keys, each with its columns in the order of their names."""


class CopyDiffers(StoreError):
    """The copy <place> differs from <place>: <table>, the row <key>: <how>."""


def verify(source: Side, target: Side, tx: Transaction, tell: Tell) -> tuple[Checked, ...]:
    """Read everything of both again. Raises CopyDiffers with the first row that is not the same."""
    with target.reading() as copied:
        return tuple(
            _same(source, target, (tx, copied), one, tell) for one in (*shapes(source, target, tx), RECORD_TABLE)
        )


def _same(source: Side, target: Side, looks: tuple[Transaction, Transaction], one: Table, tell: Tell) -> Checked:
    digest = sha256()
    encode = msgspec.json.Encoder().encode
    rows = 0
    for ours, theirs in zip_longest(every(source, looks[0], one), every(target, looks[1], one)):
        said = None if ours is None else encode(ours)
        if ours is None or theirs is None or said != encode(theirs):
            raise CopyDiffers(_difference(source, target, one, ours, theirs))
        digest.update(said or b"")
        rows += 1
        if not rows % TOLD_ROWS:
            tell(one.name, rows, 0)
    return Checked(table=one.name, rows=rows, digest=digest.hexdigest())


def _difference(source: Side, target: Side, one: Table, ours: Row | None, theirs: Row | None) -> str:
    """The smaller key is the one that the other side does not have."""
    if ours is not None and theirs is not None and _key(one, ours) == _key(one, theirs):
        odd = [name for name, left, right in zip(one.columns, ours, theirs, strict=False) if left != right]
        return f"{_where(target, one, ours)} differs from {source.store.place} in {', '.join(odd) or 'its content'}; nothing was switched"
    if theirs is None or (ours is not None and _key(one, ours) < _key(one, theirs)):
        assert ours is not None
        return f"{_where(target, one, ours)} is missing; nothing was switched"
    return f"{_where(target, one, theirs)} is not in {source.store.place}; nothing was switched"


def _where(side: Side, one: Table, row: Row) -> str:
    return f"{side.store.place}: the row {', '.join(map(str, _key(one, row)))} of {one.name}"


def _key(one: Table, row: Row) -> tuple[object, ...]:
    return tuple(row[:1]) if one is RECORD_TABLE else one.key_of(row)
