"""The store as a viewer sees it who may see the jobs of one tenant only.

Everything that such a viewer is shown is read through this, and what is not here cannot be read: a page that somebody adds
asks for a verb that is missing and finds nothing, instead of telling one tenant of another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

import msgspec

from headway.model.batch import BatchRow
from headway.model.job import JobRow, State
from headway.store.acting import ActRow
from headway.store.detail import JobDetail, StoredLine
from headway.store.figures import Changes, FeedCursor, Month
from headway.store.operation import Operation
from headway.store.protocol import JobFilter, JobPage, NodeRow
from headway.web.problems import RequestInvalid

if TYPE_CHECKING:
    from headway.model.explain import Gate
    from headway.store.protocol import Reader

T = TypeVar("T")

HIDDEN: Final = "there is nothing of that here"
JOB: Final = "job"
"""The only subject whose acts are shown."""


def narrowed(reader: Reader, tenant: str) -> Reader:
    """The looking half of a store, for one tenant."""
    return cast("Reader", Narrowed(reader, tenant))


class Narrowed:
    """The verbs of a reader that concern jobs and batches, each within a tenant."""

    def __init__(self, reader: Reader, tenant: str) -> None:
        """Of this reader."""
        self._reader = reader
        self._tenant = tenant

    def __getattr__(self, name: str) -> NoReturn:
        """Any other verb: its answer could tell of others."""
        raise RequestInvalid(HIDDEN, status=404)

    def job(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobRow | None]:
        """One job, if it is the tenant's."""
        return self._own(self._reader.job(id_or_ref, app=app), lambda row: row.tenant)

    def holder(self, unique_key: str, *, app: str) -> Operation[JobRow | None]:
        """The job that holds a unique key, if it is the tenant's."""
        return self._own(self._reader.holder(unique_key, app=app), lambda row: row.tenant)

    def detail(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobDetail | None]:
        """One job with everything, if it is the tenant's."""
        return self._own(self._reader.detail(id_or_ref, app=app), lambda detail: detail.row.tenant)

    def page(self, where: JobFilter, **how: Any) -> Operation[JobPage]:
        """Those of the tenant's jobs that the filter names."""
        return self._reader.page(msgspec.structs.replace(where, tenant=self._tenant), **how)

    def lines(self, job_id: int, *, after: int = 0, limit: int = 1000) -> Operation[tuple[StoredLine, ...]]:
        """The log of a job, if it is the tenant's."""
        return self._if_own(job_id, self._reader.lines(job_id, after=after, limit=limit), ())

    def payloads(self, ids: Sequence[int], *, longest: int) -> Operation[dict[int, str | None]]:
        """The arguments of those of these jobs that are the tenant's, whoever chose the ids."""
        return self._reader.payloads(ids, longest=longest, tenant=self._tenant)

    def counts(self, *, app: str | None = None) -> Operation[dict[State, int]]:
        """How many of the tenant's newest jobs are in each state."""
        return self._reader.counts(app=app, tenant=self._tenant)

    def batch(self, name_or_id: str | int, *, app: str | None = None) -> Operation[BatchRow | None]:
        """One batch, if it is the tenant's."""
        return self._own(self._reader.batch(name_or_id, app=app), lambda row: row.tenant)

    def batches(self, **which: Any) -> Operation[tuple[BatchRow, ...]]:
        """The tenant's batches."""
        return self._reader.batches(**which, tenant=self._tenant)

    def acts(self, **which: Any) -> Operation[tuple[ActRow, ...]]:
        """What was done to a job of the tenant's; nothing else that people did."""
        job = which.get("subject_id")
        if which.get("subject") != JOB or job is None:
            raise RequestInvalid(HIDDEN, status=404)
        return self._if_own(job, self._reader.acts(**which), ())

    def feed_start(self, *, app: str) -> Operation[FeedCursor]:
        """Where what changes from now on begins."""
        return self._reader.feed_start(app=app)

    def changes(self, since: FeedCursor, **which: Any) -> Operation[Changes]:
        """What changed, as far as it is the tenant's."""
        found = self._reader.changes(since, **which)

        def run(tx: Any) -> Changes:
            changes = found.run(tx)
            own = tuple(row for row in changes.rows if row.tenant == self._tenant)
            return msgspec.structs.replace(changes, rows=own)

        return Operation(found.verb, run)

    # -- what is everybody's, and so is told to nobody here ----------------------------------------------------------

    def nodes(self, *_given: object, **_how: object) -> Operation[tuple[NodeRow, ...]]:
        """No workers."""
        return _nothing("nodes", ())

    def durations(self, *_given: object, **_how: object) -> Operation[tuple[int, ...]]:
        """Nothing of how long others' jobs took."""
        return _nothing("durations", ())

    def months(self, *_given: object, **_how: object) -> Operation[tuple[Month, ...]]:
        """Nothing of when there were jobs."""
        return _nothing("months", ())

    def closed_queues(self, *_given: object, **_how: object) -> Operation[tuple[Gate, ...]]:
        """Nothing of how the queues stand."""
        return _nothing("closed_queues", ())

    def schedule(self, *_given: object, **_how: object) -> Operation[None]:
        """No schedule."""
        return _nothing("schedule", None)

    # -- how ---------------------------------------------------------------------------------------------------------

    def _own(self, found: Operation[T | None], whose: Callable[[T], str | None]) -> Operation[T | None]:
        def run(tx: Any) -> T | None:
            one = found.run(tx)
            return one if one is not None and whose(one) == self._tenant else None

        return Operation(found.verb, run)

    def _if_own(self, job: int | str, found: Operation[T], otherwise: T) -> Operation[T]:
        owned = self.job(job)
        return Operation(found.verb, lambda tx: otherwise if owned.run(tx) is None else found.run(tx))


def _nothing(verb: str, answer: T) -> Operation[T]:
    return Operation(verb, lambda _: answer)
