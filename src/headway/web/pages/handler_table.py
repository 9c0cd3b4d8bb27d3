"""Handlers by what became of their jobs: rows that can be sorted, with how long they take along one scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from headway.model.job import State
from headway.store.figures import HandlerFigures, Quantiles
from headway.web.charts.shares import Shares, shares
from headway.web.charts.spread import Scale, Spread
from headway.web.problems import RequestInvalid

BUSIEST: Final = "-jobs"
"""The usual order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerLine:
    """One handler."""

    name: str
    ended: int
    failed: int
    failed_share: float
    """Of what ended."""
    failed_told: str
    """The same in words."""
    outcomes: Shares
    run: Quantiles | None
    wait: Quantiles | None
    strip: Spread | None
    """Its run times, on the scale of all lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The title of a column, which sorts by it."""

    key: str
    label: str
    sort: str
    """What to sort by when it is chosen: downward first, then upward."""
    direction: str
    """ascending, descending or nothing, as a screen reader says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerTable:
    """The whole table."""

    headings: tuple[Heading, ...]
    lines: tuple[HandlerLine, ...]
    sort: str


def handler_table(found: Sequence[HandlerFigures], sort: str = BUSIEST) -> HandlerTable:
    """The table in that order, `-` for downward; RequestInvalid for an unknown one."""
    key = sort.removeprefix("-")
    if key not in _KEYS:
        raise RequestInvalid(f"the table cannot be sorted by {sort[:50]!r}: it can be by {', '.join(_KEYS)}")
    scale = Scale.of(one.run for one in found)
    lines = sorted((_line(one, scale) for one in found), key=lambda one: one.name)
    lines.sort(key=_KEYS[key][1], reverse=sort.startswith("-"))
    return HandlerTable(
        headings=tuple(_heading(one, label, sort) for one, (label, _) in _KEYS.items()), lines=tuple(lines), sort=sort
    )


def share_told(part: int, whole: int) -> str:
    """A share in words, which never says 0 or 100 % where that is not so: "4 %", "below 1 %"."""
    if not part or not whole:
        return "0 %"
    percent = part * 100 // whole
    return "below 1 %" if not percent else f"{percent} %"


def _line(found: HandlerFigures, scale: Scale) -> HandlerLine:
    ended, failed = sum(found.ended.values()), found.ended.get(State.FAILED, 0)
    return HandlerLine(
        name=found.name,
        ended=ended,
        failed=failed,
        failed_share=failed / ended if ended else 0.0,
        failed_told=share_told(failed, ended),
        outcomes=shares(found.ended),
        run=found.run,
        wait=found.wait,
        strip=None if found.run is None else scale.strip(found.run),
    )


def _heading(key: str, label: str, sort: str) -> Heading:
    down = sort == f"-{key}"
    direction = "descending" if down else "ascending" if sort == key else ""
    first = key if key == "name" else f"-{key}"
    return Heading(key=key, label=label, sort=_other(sort) if direction else first, direction=direction)


def _other(sort: str) -> str:
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"


def _p50(line: HandlerLine) -> float:
    return -1 if line.run is None else line.run.p50


def _p95(line: HandlerLine) -> float:
    return -1 if line.run is None else line.run.p95


def _p99(line: HandlerLine) -> float:
    return -1 if line.run is None else line.run.p99


def _wait(line: HandlerLine) -> float:
    return -1 if line.wait is None else line.wait.p95


def _name(line: HandlerLine) -> str:
    return line.name.casefold()


def _ended(line: HandlerLine) -> float:
    return line.ended


def _failed(line: HandlerLine) -> float:
    return line.failed_share


_KEYS: Final[Mapping[str, tuple[str, Callable[[HandlerLine], float] | Callable[[HandlerLine], str]]]] = MappingProxyType({
    "name": ("Handler", _name),
    "jobs": ("Ended", _ended),
    "failed": ("Failed", _failed),
    "p50": ("Half within", _p50),
    "p95": ("95 % within", _p95),
    "p99": ("99 % within", _p99),
    "wait": ("Waited (95 %)", _wait),
})  # fmt: skip
"""What the table can be sorted by: the title, and what of a line."""
