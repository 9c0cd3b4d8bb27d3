"""Which ready jobs come first: by priority, then due moment, then id, over several queues and handlers, inside their gates.

What has waited for long counts as of a higher priority (`model/ageing.py`). Each level of priority is in order in the
index, so a group in which something is lifted is read level by level, and any other group in one piece.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import heapify, heappop, heapreplace
from typing import Final

import msgspec

from headway.model.ageing import LIFTED_AFTER_US, order
from headway.model.gate import Group
from headway.store.verbs.gates import Gates
from headway.store.verbs.transaction import Transaction

PAGE_MIN: Final = 8
"""Jobs of one queue and name looked at in one step, where several compete."""

Candidate = tuple[int, int, int, int]
"""id, priority, due_us, ties"""
_Place = tuple[int, int, int]
_BEFORE_ALL: Final = -1
"""In place of an id: what is not read yet comes before what is as old."""

_decode = msgspec.json.Decoder(list[Candidate]).decode


class _File:
    """Jobs one behind the other: of a group, or of one level of it."""

    __slots__ = ("at", "group", "level", "more", "place", "rows", "skip")

    def __init__(
        self, group: Group, rows: list[Candidate], place: _Place, *, level: int | None = None, more: bool
    ) -> None:
        self.group = group
        self.rows = rows
        self.place = place
        """Where its next job stands, or before that one."""
        self.level = level
        self.more = more
        """There may be others behind these."""
        self.at = 0
        self.skip = 0

    def read_on(self, tx: Transaction, app: str, step: int) -> None:
        """The next page."""
        self.skip += len(self.rows)
        self.rows, _ = _page(tx, app, self.group, step, skip=self.skip, level=self.level)
        self.at = 0
        self.more = len(self.rows) == step


def first(
    tx: Transaction, app: str, groups: Sequence[Group], limit: int, gates: Gates | None, taken: Collection[int]
) -> list[Candidate]:
    """The first jobs of these groups, without those that are taken. Each group is read no further than it must be."""
    step = limit if len(groups) == 1 else max(PAGE_MIN, 2 * limit // len(groups))
    files: list[_File] = []
    for group in groups:
        room = step if gates is None else min(step, gates.rooms.room(group))
        if room > 0:
            files += _files(tx, app, group, room)
    if len(files) == 1 and not taken and (step >= limit or not files[0].more) and _is_unbounded(files[0], gates):
        return files[0].rows[:limit]
    return _merge(tx, app, files, limit, step, gates, taken)


def _is_unbounded(file: _File, gates: Gates | None) -> bool:
    return gates is None or not gates.rooms.bounds(file.group)


def _merge(
    tx: Transaction,
    app: str,
    files: Sequence[_File],
    limit: int,
    step: int,
    gates: Gates | None,
    taken: Collection[int],
) -> list[Candidate]:
    found: list[Candidate] = []
    heads = [(file.place, number) for number, file in enumerate(files)]
    heapify(heads)
    while heads and len(found) < limit:
        file = files[heads[0][1]]
        if gates is not None and gates.rooms.room(file.group) <= 0:
            heappop(heads)
            continue
        if file.at == len(file.rows):
            file.read_on(tx, app, step)
        else:
            one = file.rows[file.at]
            file.at += 1
            if one[0] not in taken:
                found.append(one)
                if gates is not None:
                    gates.choose(one[0], file.group)
        if file.at < len(file.rows):
            file.place = order(file.rows[file.at], tx.now_us)
        elif not file.more:
            heappop(heads)
            continue
        heapreplace(heads, (file.place, heads[0][1]))
    return found


def _files(tx: Transaction, app: str, group: Group, step: int) -> list[_File]:
    """The group's jobs in one file, or a file for each level if something below the highest one is lifted."""
    page, lowest = _page(tx, app, group, step)
    if not page:
        return []
    full = len(page) == step
    highest, last = page[0][1], page[-1][1]
    if not full or lowest is None:
        lowest = last
    if lowest == highest:
        tx.saw_work(page[0][2])
        return [_File(group, page, order(page[0], tx.now_us), more=full)]
    below = _levels(tx, app, group, last) if full and lowest < last else []
    tx.saw_work(min(*(due_us for _, _, due_us, _ in page), *(due_us for _, due_us in below)))
    lifted_us = tx.now_us - LIFTED_AFTER_US
    lifted = any(due_us <= lifted_us and priority < highest for _, priority, due_us, _ in page)
    if not lifted and not any(due_us <= lifted_us for _, due_us in below):
        return [_File(group, page, order(page[0], tx.now_us), more=full)]
    files: list[_File] = []
    for level in dict.fromkeys(priority for _, priority, _, _ in page):
        rows = [one for one in page if one[1] == level]
        files.append(_File(group, rows, order(rows[0], tx.now_us), level=level, more=full and level == last))
    for level, due_us in below:
        files.append(_File(group, [], order((_BEFORE_ALL, level, due_us, 0), tx.now_us), level=level, more=True))
    return files


def _page(
    tx: Transaction, app: str, group: Group, limit: int, *, skip: int = 0, level: int | None = None
) -> tuple[list[Candidate], int | None]:
    """Some jobs of a group, or of one level of it, in their order; and the lowest level of the group if all of it was asked for."""
    queue, name = group
    values = {
        "app": app,
        "queue": queue,
        "name": name,
        "now": tx.now_us,
        "limit": limit,
        "skip": skip,
        "since": tx.since_us,
    }
    if level is not None:
        row = tx.row("ready_level", {**values, "priority": level})
        return ([], None) if row is None else (_decode(row[0]), None)
    row = tx.row("ready_jobs", values)
    return ([], None) if row is None else (_decode(row[0]), row[1])


def _levels(tx: Transaction, app: str, group: Group, below: int) -> list[tuple[int, int]]:
    """The levels of a group below a given one, each with its oldest due moment."""
    queue, name = group
    values = {"app": app, "queue": queue, "name": name, "now": tx.now_us, "below": below, "since": tx.since_us}
    return tx.rows("ready_levels", values)
