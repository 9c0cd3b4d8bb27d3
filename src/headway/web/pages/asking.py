"""What the address of a list asks for: filters, order, size and place; and the addresses of the same list asked otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

from headway.model.job import State
from headway.model.sort import NEWEST_FIRST, Sort, read_sort
from headway.view import filters
from headway.view.filters import FilterInvalid, Part
from headway.web.console import PAGE_SIZE_MAX
from headway.web.pages.links import with_query
from headway.web.problems import RequestInvalid

MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
CURSOR_MAX: Final = 500
FREE: Final = "text"
"""The key of free text, which stands in the address as `q`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter that is on, and the address of the list without it."""

    key: str
    value: str
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for."""

    pairs: tuple[tuple[str, str], ...] = ()
    """The filters, by key and value, as they stand in the address."""
    sort: Sort = NEWEST_FIRST
    size: int
    usual_size: int
    after: str | None = None

    @property
    def text(self) -> str:
        """The free text."""
        return " ".join(value for key, value in self.pairs if key == "q")

    @property
    def states(self) -> tuple[str, ...]:
        """The states as they are written: each a state, or a word for several."""
        return tuple(word for key, value in self.pairs if key == "state" for word in value.split(","))

    @property
    def month(self) -> str | None:
        """The calendar month (UTC) in which they were created."""
        return next((value for key, value in self.pairs if key == "month"), None)

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the state narrows the list."""
        return any(key != "state" for key, _ in self.pairs)

    def parts(self) -> tuple[Part, ...]:
        """The conditions, for the filter that they make."""
        return tuple(part for key, value in self.pairs for part in _conditions(key, value))

    def chips(self) -> tuple[Chip, ...]:
        """One for each filter that is on, the state apart, which has its tabs."""
        return tuple(
            Chip(key="text" if key == "q" else key, value=value, without=self.address(drop=index))
            for index, (key, value) in enumerate(self.pairs)
            if key != "state" or len(self.states) > 1
        )

    def address(
        self,
        *,
        drop: int | None = None,
        put: tuple[str, str | None] | None = None,
        sort: Sort | None = None,
        after: str | None = None,
        path: str = "/jobs",
    ) -> str:
        """The same list from its beginning: without a filter (by its place), with another value of one, in another order."""
        pairs = [pair for index, pair in enumerate(self.pairs) if index != drop]
        if put is not None:
            pairs = [pair for pair in pairs if pair[0] != put[0]]
            pairs += [(put[0], put[1])] if put[1] is not None else []
        return with_query(path, [*pairs, *self._order(sort or self.sort), *([("after", after)] if after else [])])

    def order(self) -> list[tuple[str, str]]:
        """Order and size, where they are not the usual ones."""
        return self._order(self.sort)

    def _order(self, sort: Sort) -> list[tuple[str, str]]:
        size = [("size", str(self.size))] if self.size != self.usual_size else []
        return [*([] if sort.is_usual else [("sort", str(sort))]), *size]


def asked(query: QueryParams, usual_size: int) -> Asked:
    """Read an address. FilterInvalid, OptionInvalid or RequestInvalid for what cannot be."""
    pairs = pairs_of(query.multi_items())
    after = query.get("after") or None
    if after is not None and len(after) > CURSOR_MAX:
        raise RequestInvalid("after is no cursor: take the link to the next page")
    return Asked(
        pairs=pairs,
        sort=read_sort(query.get("sort") or str(NEWEST_FIRST)),
        size=_size(query.get("size"), usual_size),
        usual_size=usual_size,
        after=after,
    )


def pairs_of(items: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The filters among the fields of an address or a form; empty ones are none."""
    found = [(key, value.strip()) for key, value in items if key in filters.KEYS or key in {"q", "month"}]
    return tuple(dict.fromkeys(("q" if key == FREE else key, value) for key, value in found if value and key != "app"))


def spelled(text: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """A text of the search box in which keys are written, as pairs of an address; None where it has none."""
    parts = filters.parts(text)
    if all(part.key == FREE for part in parts):
        return None
    others = [pair for pair in pairs if pair[0] != "q"]
    return [*others, *(("q" if part.key == FREE else part.key, part.value) for part in parts)]


def written(pairs: Iterable[tuple[str, str]]) -> str:
    """The filters of an address as they are typed into the search box; without the month, which has a box of its own."""
    found = [value if key == "q" else f"{key}:{_quoted(value)}" for key, value in pairs if key != "month"]
    return " ".join(found)


def _quoted(value: str) -> str:
    is_plain = value.split() == [value] and not value.startswith('"')
    return value if is_plain else f'"{value}"'


def _conditions(key: str, value: str) -> Iterable[Part]:
    match key:
        case "q":
            yield Part(FREE, value)
        case "month":
            found = MONTH.fullmatch(value)
            if found is None or not 1 <= int(found[1]) < 9999:  # noqa: PLR2004 - the calendar's last year has no next one
                raise FilterInvalid(f"month: {value[:40]!r} is no month; write for example month=2026-11")
            year, month = int(found[1]), int(found[2])
            yield Part("since", f"{year:04}-{month:02}-01T00:00:00+00:00")
            yield Part("until", f"{year + month // 12:04}-{month % 12 + 1:02}-01T00:00:00+00:00")
        case _:
            yield Part(key, value)


def _size(text: str | None, usual: int) -> int:
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:6]) <= PAGE_SIZE_MAX:
        raise RequestInvalid(f"size must be 1 to {PAGE_SIZE_MAX}, not {text[:40]!r}")
    return int(text)


def state_of(asked_for: Asked) -> State | None:
    """The one state that is asked for, where it is one."""
    states = asked_for.states
    return State(states[0]) if len(states) == 1 and states[0] in set(State) else None
