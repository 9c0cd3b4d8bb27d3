"""`recording`: what the code under test enqueues is written down, and nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from headway.client.call import Call
from headway.client.schedule import Schedule, schedule_of
from headway.model.errors import BatchNotFound, ScheduleNotFound
from headway.testing.batch import BatchNotingStore, SentBatch
from headway.testing.clock import FakeClock
from headway.testing.declared import declare, enter
from headway.testing.stage import Stage
from headway.testing.switch import staged

if TYPE_CHECKING:
    from headway.client.job import Job
    from headway.client.jobs import Jobs
    from headway.model.batch import BatchRow
    from headway.model.claim import NewJob
    from headway.model.job import JobRow
    from headway.store.batching import NewBatch
    from headway.store.place import Place
    from headway.store.sqlite.store import SqliteStore

R = TypeVar("R")


class Sent(Stage):
    """What was enqueued, in order; also to be asked after the block. An enqueue that raised is not in it."""

    hint = "nothing runs inside recording(...)"

    def __init__(self, jobs: Jobs, clock: FakeClock) -> None:
        super().__init__(jobs, clock)
        self._encoded: dict[str, Call[Any]] = {}
        """Calls by ref_id, so that the same job enqueued twice is there once."""
        self._created: dict[int, NewBatch] = {}
        """By number; some may have been rolled back."""
        self._final: tuple[tuple[Call[Any], ...], tuple[SentBatch, ...]] | None = None
        self._final_schedules: tuple[Schedule, ...] | None = None
        self._node: int | None = None

    @property
    def all(self) -> tuple[Call[Any], ...]:
        """Every call that was enqueued, those in batches too; not what was to follow a batch."""
        return self._sent()[0]

    @property
    def batches(self) -> tuple[SentBatch, ...]:
        """Every batch that was created, with its calls and with those that were to follow it."""
        return self._sent()[1]

    def batch(self, name: str) -> SentBatch:
        """The batch of this name; BatchNotFound if none was created."""
        for batch in self.batches:
            if batch.name == name:
                return batch
        raise BatchNotFound(f"no batch {name!r} was created; there were {[batch.name for batch in self.batches]}")

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """Every schedule, by name: what code has declared, and what was stored with `jobs.add_recurring`. None of them fires."""
        if self._final_schedules is not None:
            return self._final_schedules
        made = self.jobs.registry.schedules
        if not self.is_used and not made:
            return ()
        declare(self.store, self.jobs.app, made, self._entered(self.store))
        reader = self.store.reader
        rows = reader.call(reader.schedules(app=self.jobs.app))
        return tuple(map(schedule_of, rows))

    def schedule(self, name: str) -> Schedule:
        """The schedule of this name; ScheduleNotFound if there is none."""
        for one in self.schedules:
            if one.name == name:
                return one
        raise ScheduleNotFound(f"there is no schedule {name!r}; there are {[one.name for one in self.schedules]}")

    def of(self, job: Job[..., R]) -> list[Call[R]]:
        """The calls of one job; each equals `job.call(...)` with the same arguments and the same options."""
        return [call for call in self.all if call.name == job.name]

    def options_of(self, job: Job[..., Any]) -> list[Mapping[str, Any]]:
        """The options that were chosen for each call of one job with `using`."""
        return [dict(call.options) for call in self.of(job)]

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[Call[Any]]:
        return iter(self.all)

    def __bool__(self) -> bool:
        """Whether anything was enqueued."""
        return bool(self.all)

    def __repr__(self) -> str:
        return f"<Sent {list(self.all)!r}>"

    # -- Stage ---------------------------------------------------------------------------------------------------

    def encoded(self, call: Call[Any], job: NewJob) -> None:
        """A call was made a job."""
        self._encoded.setdefault(job.ref_id, call)

    def close(self) -> None:
        """Keep what was sent, and nothing else."""
        self._final, self._final_schedules = self._sent(), self.schedules
        super().close()

    def open_store(self, place: Place) -> SqliteStore:
        """One that tells of batches, and has the schedules of the code."""
        store = BatchNotingStore(place, self.clock, self._created.__setitem__)
        made = self.jobs.registry.schedules
        if made:
            declare(store, self.jobs.app, made, self._entered(store))
        return store

    def _entered(self, store: SqliteStore) -> int:
        if self._node is None:
            self._node = enter(store, self.jobs.app, self.clock)
        return self._node

    def _sent(self) -> tuple[tuple[Call[Any], ...], tuple[SentBatch, ...]]:
        if self._final is not None:
            return self._final
        if not self.is_used:
            return (), ()
        following = {call.ref_id for batch in self._created.values() for call in _following(batch)}
        stored = [
            (call, row) for ref_id, call in tuple(self._encoded.items()) if (row := self._row(ref_id)) is not None
        ]
        calls = tuple(call for call, row in stored if row.ref_id not in following)
        rows = [(there, batch) for number, batch in sorted(self._created.items()) if (there := self._batch_row(number))]
        names = {there.id: there.name for there, _ in rows}
        return calls, tuple(self._sent_batch(there, batch, stored, names) for there, batch in rows)

    def _sent_batch(
        self, row: BatchRow, batch: NewBatch, stored: list[tuple[Call[Any], JobRow]], names: Mapping[int, str]
    ) -> SentBatch:
        return SentBatch(
            name=row.name,
            calls=tuple(call for call, job in stored if job.batch == row.id),
            on_finish=None if batch.on_finish is None else self._encoded[batch.on_finish.ref_id],
            on_success=None if batch.on_success is None else self._encoded[batch.on_success.ref_id],
            total=row.expected,
            parent=None if row.parent is None else names[row.parent],
            closed=row.sealed_us is not None,
            cancelled=row.cancel_us is not None,
        )

    def _row(self, ref_id: str) -> JobRow | None:
        reader = self.store.reader
        return reader.call(reader.job(ref_id, app=self.jobs.app))

    def _batch_row(self, number: int) -> BatchRow | None:
        reader = self.store.reader
        return reader.call(reader.batch(number, app=self.jobs.app))


def _following(batch: NewBatch) -> tuple[NewJob, ...]:
    return tuple(call for call in (batch.on_finish, batch.on_success) if call is not None)


@contextmanager
def recording(jobs: Jobs, *, clock: FakeClock | None = None) -> Iterator[Sent]:
    """Write down what is enqueued in the with-block, in whatever form. Nothing runs, and nothing is kept.

    Arguments and options are checked and written as JSON as always. A throw-away store answers the references: a job
    is queued (or scheduled, or waiting) and stays so.
    """
    with staged(Sent(jobs, FakeClock.at_present() if clock is None else clock)) as sent:
        yield sent
