"""Cells: what ended in a step of time, of one handler, in one queue, in one way; summed up, merged and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from headway.model.histogram import bucket_of
from headway.model.tie import Tie
from headway.store.verbs.folded import MINUTE_US, SECOND_US, floor
from headway.store.verbs.transaction import Row, Transaction, as_json

_decode_numbers: Final = msgspec.json.Decoder(list[int]).decode


class Key(NamedTuple):
    """Which cell."""

    step: int
    """Seconds."""
    from_us: int
    app: str
    name: str
    queue: str
    state: str


class Times:
    """Durations: how many in each bucket, and the longest."""

    __slots__ = ("buckets", "longest")

    def __init__(self) -> None:
        """None yet."""
        self.buckets: dict[int, int] = {}
        self.longest: int | None = None

    def add(self, text: str | None, longest: int | None) -> None:
        """Those of a cell as it is stored, or of several such texts one after the other."""
        if text is not None:
            numbers = iter(_decode_numbers(f"[{text}]"))
            self._merge(zip(numbers, numbers, strict=True), longest)

    def measure(self, text: str) -> None:
        """Durations one by one, as a JSON list."""
        found = _decode_numbers(text)
        if found:
            self._merge(Counter(map(bucket_of, found)).items(), max(found))

    def merge(self, other: Times) -> None:
        """Those of another one."""
        self._merge(other.buckets.items(), other.longest)

    def _merge(self, buckets: Iterable[tuple[int, int]], longest: int | None) -> None:
        own, known = self.buckets, self.buckets.get
        for bucket, count in buckets:
            own[bucket] = known(bucket, 0) + count
        if longest is not None:
            self.longest = longest if self.longest is None else max(self.longest, longest)

    @property
    def text(self) -> str | None:
        """As it is stored: buckets and counts in turn, without brackets, so that texts can be joined."""
        return ",".join(f"{bucket},{count}" for bucket, count in sorted(self.buckets.items())) or None


class Cell:
    """What is in one."""

    __slots__ = ("jobs", "run", "wait")

    def __init__(self) -> None:
        """Nothing yet."""
        self.jobs = 0
        self.run = Times()
        self.wait = Times()

    def merge(self, other: Cell) -> None:
        """Add another one."""
        self.jobs += other.jobs
        self.run.merge(other.run)
        self.wait.merge(other.wait)

    def add(self, row: Row) -> None:
        """Add a stored one: jobs, run, run_longest, wait, wait_longest."""
        jobs, run, run_longest, wait, wait_longest = row
        self.jobs += jobs
        self.run.add(run, run_longest)
        self.wait.add(wait, wait_longest)


class Counted(NamedTuple):
    """The jobs of a minute (or an hour) that ended in one way, as read off their rows."""

    app: str
    name: str
    queue: str
    state: str
    from_us: int
    jobs: int
    ids: int
    """The sum of their numbers."""
    created_from: int
    created_to: int
    runs: str
    waits: str

    @property
    def cell(self) -> Cell:
        """What that is in a cell."""
        cell = Cell()
        cell.jobs = self.jobs
        cell.run.measure(self.runs)
        cell.wait.measure(self.waits)
        return cell


def count_ended(
    tx: Transaction, from_us: int, until_us: int, *, step_us: int = MINUTE_US, app: str | None = None
) -> list[Counted]:
    """What ended in each step of a span of time, read off the jobs."""
    values = {"from": from_us, "until": until_us, "step_us": step_us, "app": app, "callback": Tie.CALLBACK}
    return [Counted(*row) for row in tx.rows("ended_cells", values)]


def spread(found: Iterable[Counted], kept: Sequence[tuple[int, int]]) -> dict[Key, Cell]:
    """The cells of minutes, hours and days to which that is to be added; of those that are kept."""
    cells: dict[Key, Cell] = {}
    for one in found:
        cell = one.cell
        for step_us, kept_us in kept:
            begins = floor(one.from_us, step_us)
            if begins >= kept_us:
                key = Key(step_us // SECOND_US, begins, one.app, one.name, one.queue, one.state)
                cells.setdefault(key, Cell()).merge(cell)
    return cells


def with_stored(tx: Transaction, cells: dict[Key, Cell]) -> list[dict[str, Any]]:
    """These cells together with what is stored of them, as parameters of the statement that writes them."""
    for *key, jobs, run, run_longest, wait, wait_longest in tx.rows("figures_at", {"keys": as_json(list(cells))}):
        cells[Key(*key)].add((jobs, run, run_longest, wait, wait_longest))
    return list(_as_rows(cells))


def _as_rows(cells: dict[Key, Cell]) -> Iterator[dict[str, Any]]:
    for key, cell in cells.items():
        yield {
            **key._asdict(),
            "jobs": cell.jobs,
            "run": cell.run.text,
            "run_longest": cell.run.longest,
            "wait": cell.wait.text,
            "wait_longest": cell.wait.longest,
        }
