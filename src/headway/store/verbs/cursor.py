"""Cursors: where a page ended, as a text to be handed out and in again."""

from __future__ import annotations

from dataclasses import dataclass

from headway.model.errors import OptionInvalid
from headway.model.sort import Sort
from headway.store.verbs.find import ID_MAX


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
