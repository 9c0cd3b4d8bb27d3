"""A JSON value as a tree to be folded and unfolded, within limits of breadth, depth and length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from headway.view import words

NODES_MAX: Final = 400
"""Values that one tree shows."""
DEPTH_MAX: Final = 16
TEXT_MAX: Final = 2_000
"""Characters of one text."""
OPEN_DEPTH: Final = 2
"""So deep a tree is unfolded at first."""
OPEN_MAX: Final = 12
"""A list or object with more in it is folded at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value."""

    key: str | None
    """Its name or place in what holds it; None at the root."""
    kind: str
    """object, list, text, number, word (true, false, null) or more (so many are not shown)."""
    text: str
    """A single value as it is shown, or how many are within."""
    children: tuple[Node, ...] = ()
    is_open: bool = False


class _Budget:
    """How many values may still be shown."""

    def __init__(self) -> None:
        self.left = NODES_MAX


def tree(value: Any) -> Node:
    """The tree of a value."""
    return _node(None, value, 0, _Budget())


def _node(key: str | None, value: Any, depth: int, budget: _Budget) -> Node:
    budget.left -= 1
    match value:
        case dict():
            items = ((words.cut(str(name), 200), inner) for name, inner in value.items())
            return _holder(key, "object", items, len(value), depth, budget)
        case list() | tuple():
            items = ((str(index), inner) for index, inner in enumerate(value))
            return _holder(key, "list", items, len(value), depth, budget)
        case str():
            return Node(key=key, kind="text", text=_cut(value))
        case None | bool():
            return Node(key=key, kind="word", text="null" if value is None else str(value).lower())
        case _:
            return Node(key=key, kind="number", text=msgspec.json.encode(value).decode()[:TEXT_MAX])


def _holder(
    key: str | None, kind: str, items: Iterable[tuple[str, Any]], size: int, depth: int, budget: _Budget
) -> Node:
    brackets = "{}" if kind == "object" else "[]"
    if not size:
        return Node(key=key, kind=kind, text=brackets)
    children: list[Node] = []
    if depth < DEPTH_MAX:
        for name, inner in items:
            if budget.left <= 0:
                break
            children.append(_node(name, inner, depth + 1, budget))
    if len(children) < size:
        children.append(Node(key=None, kind="more", text=f"{words.grouped(size - len(children))} more"))
    count = words.count(size, "entry" if kind == "object" else "value").replace("entrys", "entries")
    return Node(
        key=key, kind=kind, text=count, children=tuple(children), is_open=depth < OPEN_DEPTH and size <= OPEN_MAX
    )


def _cut(text: str) -> str:
    safe = words.safe_lines(text)
    return safe if len(safe) <= TEXT_MAX else f"{safe[:TEXT_MAX]}{words.ELLIPSIS}"
