"""Parents, a job and its children as a small picture: three columns of boxes with lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headway.model.job import JobRow, State
from headway.store.protocol import JobDetail
from headway.view import words
from headway.web.visit import Visit

DRAWN_MAX: Final = 30
"""Relatives in a picture; more are a list of numbers."""
LISTED_MAX: Final = 300
BOX_WIDTH: Final = 196
BOX_HEIGHT: Final = 40
GAP_X: Final = 64
GAP_Y: Final = 10
MARGIN: Final = 2
NAME_WIDTH: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A job in the picture."""

    id: int
    name: str
    state: State | None
    """None: it is not there any more."""
    x: float
    y: float
    is_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The picture, or the numbers where it would be too large."""

    parents: tuple[int, ...]
    children: tuple[int, ...]
    is_drawn: bool
    boxes: tuple[Box, ...] = ()
    paths: tuple[str, ...] = ()
    width: int = 0
    height: int = 0


async def family(visit: Visit, detail: JobDetail) -> Family | None:
    """The relatives of a job; None where it has none."""
    came_from = () if detail.row.parent_id is None else (detail.row.parent_id,)
    parents = tuple(dict.fromkeys((*detail.parents, *came_from)))
    children = tuple(dict.fromkeys(detail.children))
    if not parents and not children:
        return None
    if len(parents) + len(children) > DRAWN_MAX:
        return Family(parents=parents[:LISTED_MAX], children=children[:LISTED_MAX], is_drawn=False)
    rows = {one: await visit.read(visit.reader.job(one, app=visit.app)) for one in (*parents, *children)}
    return drawn(detail.row, [(one, rows[one]) for one in parents], [(one, rows[one]) for one in children])


def drawn(
    row: JobRow, parents: Sequence[tuple[int, JobRow | None]], children: Sequence[tuple[int, JobRow | None]]
) -> Family:
    """The picture: each column in the middle of its height."""
    columns = [column for column in (parents, [(row.id, row)], children) if column]
    step = BOX_HEIGHT + GAP_Y
    height = max(len(column) for column in columns) * step - GAP_Y
    placed = [
        [
            _box(one, found, index, height - (len(column) * step - GAP_Y), place, row.id)
            for place, (one, found) in enumerate(column)
        ]
        for index, column in enumerate(columns)
    ]
    me = next(box for column in placed for box in column if box.is_self)
    paths = [_path(box, me) if box.x < me.x else _path(me, box) for column in placed for box in column if box is not me]
    return Family(
        parents=tuple(one for one, _ in parents),
        children=tuple(one for one, _ in children),
        is_drawn=True,
        boxes=tuple(box for column in placed for box in column),
        paths=tuple(paths),
        width=len(columns) * (BOX_WIDTH + GAP_X) - GAP_X + 2 * MARGIN,
        height=height + 2 * MARGIN,
    )


def _box(one: int, found: JobRow | None, column: int, free: float, place: int, own: int) -> Box:
    return Box(
        id=one,
        name="not there any more" if found is None else words.cut(found.name, NAME_WIDTH),
        state=None if found is None else found.state,
        x=MARGIN + column * (BOX_WIDTH + GAP_X),
        y=MARGIN + free / 2 + place * (BOX_HEIGHT + GAP_Y),
        is_self=one == own,
    )


def _path(left: Box, right: Box) -> str:
    from_x, from_y = left.x + BOX_WIDTH, left.y + BOX_HEIGHT / 2
    to_x, to_y = right.x, right.y + BOX_HEIGHT / 2
    middle = (from_x + to_x) / 2
    return f"M{from_x:g} {from_y:g}C{middle:g} {from_y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
