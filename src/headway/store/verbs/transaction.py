"""One open transaction, as the verbs see it: named statements, the store's own time, and what to do after the commit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from headway.store.presence import Bystander

if TYPE_CHECKING:
    from headway.model.clock import Clock
    from headway.store.verbs.dialect import Dialect
    from headway.store.verbs.record import Archive

STEP_SEEN_US: Final = 500_000
"""From here on it is seen that a clock was set; reading two clocks one after the other makes them differ by less."""

Parameters = Mapping[str, Any] | Sequence[Any]
Row = tuple[Any, ...]

_encode = msgspec.json.Encoder().encode


class Transaction(ABC):
    """Verbs are functions of it and may be run again after a rollback. Each database has its own kind."""

    __slots__ = (
        "after_commit",
        "archive",
        "boot_us",
        "careful",
        "clock",
        "completed",
        "ended",
        "floor",
        "keys",
        "lanes",
        "now_us",
        "opened",
        "since_us",
        "touched",
        "wake",
    )

    dialect: ClassVar[Dialect]
    failures: ClassVar[type[Exception]]
    """What the database raises, whatever is wrong."""
    refusals: ClassVar[tuple[type[Exception], ...]]
    """What it raises when it does not take a row: a value, a rule or a key of it is against that."""

    def __init__(self, clock: Clock, archive: Archive, *, now_us: int, boot_us: int, careful: bool = False) -> None:
        """With the time at which it has begun, so that it is not stale by a wait."""
        self.clock = clock
        self.archive = archive
        """Where the records of ended jobs are."""
        self.now_us = now_us
        self.boot_us = boot_us
        self.careful = careful
        """This is a second run, alone, after the group failed: look twice before inserting."""
        self.floor = 0
        """No epoch up to this one is granted: it may have been granted in commits that the database has lost."""
        self.wake = False
        """Workers should look at the store after the commit."""
        self.ended: list[Bystander] = []
        """Jobs that ended here, and not because an attempt was settled."""
        self.touched: set[int] = set()
        """Jobs with ties that came, or changed their state; `aftermath.follow` looks after what hangs on them."""
        self.lanes: set[tuple[str, str]] = set()
        """Named workers (with their apps) whose line must be looked at, though no job of theirs was touched."""
        self.keys: set[tuple[str, str]] = set()
        """The same of concurrency keys."""
        self.opened: set[int] = set()
        """Jobs that became ready because it is their turn in a line, and were not granted here: workers are rung for them."""
        self.completed: dict[int, int] = {}
        """By batch: members that completed here, are marked as counted already, and are still to be counted."""
        self.since_us = 0
        """Ready jobs that are due for longer are passed over by this transaction."""
        self.after_commit: list[Callable[[], None]] = []
        """Done after the commit, still under the writer lock; what they leave undone must be harmless."""

    @abstractmethod
    def rows(self, name: str, parameters: Parameters = ()) -> list[Row]:
        """Run a named statement and fetch everything."""

    @abstractmethod
    def query(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run a composed statement and fetch everything."""

    @abstractmethod
    def change(self, name: str, parameters: Parameters = ()) -> int:
        """Run a named statement that changes rows; answers how many."""

    @abstractmethod
    def insert(self, name: str, parameters: Parameters) -> int:
        """Run a named statement that inserts one row; answers its number."""

    @abstractmethod
    def many(self, name: str, rows: Iterable[Parameters]) -> None:
        """Run a named statement once per row."""

    @abstractmethod
    def blocks(self, name: str, values: Sequence[Any]) -> None:
        """Run a statement for many rows, given as their values one after the other, in few steps."""

    @abstractmethod
    def sparse(self, name: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows that have few of their columns: those without a value take the column's default."""

    @abstractmethod
    def reserve(self, count: int) -> int:
        """The first of so many numbers, one after the other, that no job has and none had."""

    @abstractmethod
    def give_back(self, number: int) -> None:
        """The numbers from this one on were not used."""

    @abstractmethod
    def savepoint(self) -> AbstractContextManager[None]:
        """What fails inside has written nothing; the error goes on to whoever asked."""

    @abstractmethod
    def version(self) -> int:
        """Another number after each commit of any process; asked on a connection that writes nothing."""

    def horizon(self) -> tuple[int, int, int]:
        """The numbers of jobs and of events, and the moment of ends, up to which no more come into sight, later than others with
        higher ones. (Ends may be ahead of the clock by a little, where it was set back.)
        """
        return self.rows("last_job_id")[0][0], self.rows("last_event_id")[0][0], self.now_us + STEP_SEEN_US

    def insert_whole(self, values: Sequence[Any], payload: str) -> int:
        """Insert a plain job under the next number, with its arguments; answers the number."""
        job_id = self.insert("insert_next_job", values)
        self.change("insert_plain_body", (job_id, payload))
        return job_id

    @abstractmethod
    def grant(self, ids: str, node_id: int) -> str:
        """Set those of the jobs running that are queued; answers them as JSON, a list of `Claim` in any order."""

    @abstractmethod
    def damage(self) -> list[str]:
        """What is broken in the database itself, as it finds when it is asked."""

    def row(self, name: str, parameters: Parameters = ()) -> Row | None:
        """The first row, or None."""
        rows = self.rows(name, parameters)
        return rows[0] if rows else None

    def look_for_work(self, app: str) -> None:  # noqa: ARG002 - for the databases in which it matters
        """A claim begins to read what is ready."""
        return

    def saw_work(self, oldest_us: int) -> None:  # noqa: ARG002
        """Of some group the job that is due for longest is due since then."""
        return

    def looked_for_work(self) -> None:
        """All that the claim needs was read."""
        return

    def touch(self, ids: Sequence[int]) -> None:
        """These changed their state: have looked after those of them that something hangs on."""
        self.touched.update(row[0] for row in self.rows("tied_jobs", {"ids": as_json(ids)}))

    def event(self, job_id: int, epoch: int, kind: str, *, by: str | None = None, note: str | None = None) -> None:
        """Write down an unusual transition."""
        self.change("insert_event", (job_id, epoch, self.now_us, kind, by, note))


def as_json(value: object) -> str:
    """Compact JSON text, for parameters that are read as a list."""
    return _encode(value).decode()
