"""The half of `Jobs` that asks about stored jobs, and changes them by id or reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypedDict, Unpack

from headway.client import checks
from headway.client.admitting import alook, asee_committed, look, see_committed
from headway.client.chaining import Chaining
from headway.client.options import unknown
from headway.client.queue import Queue
from headway.client.ref import Ref
from headway.client.revising import Changes
from headway.model.clock import to_us
from headway.model.errors import JobNotFound, OptionInvalid, OptionUnknown
from headway.model.explain import Explanation
from headway.model.fact import FACT_NAME_MAX, FACT_VALUE_MAX, FACTS_MAX, fact_text
from headway.model.job import JobRow, State
from headway.model.sort import SortText, read_sort
from headway.store.protocol import CancelAnswer, JobFilter, JobPage, QueueCount
from headway.store.values import DeleteAnswer


class Filter(TypedDict, total=False):
    """Which jobs; all that is given must hold."""

    states: Sequence[State]
    names: Sequence[str]
    queues: Sequence[str]
    worker: str
    """The named worker."""
    tag: str
    batch_id: str
    created_by: str
    user_id: str
    tenant: str
    ref_id: str
    parent: Ref[Any]
    reply_to: str
    args: Mapping[str, str | float | bool | None]
    """Free facts that the call was given as `args=`; each must be there with this value. A number and its text are alike."""
    schedule: str
    """The name of the schedule whose runs they are, also of those that were skipped or run by hand."""
    code: str
    created_from: datetime
    created_until: datetime
    text: str


class Asking(Chaining):
    """Finds, lists and counts stored jobs of this app."""

    def get(self, id_or_ref_id: int | str) -> Ref[Any]:
        """The job with this number or reference; JobNotFound if there is none in this app."""
        return self._got(id_or_ref_id, look(self.store, self.store.reader.job(id_or_ref_id, app=self.app)))

    async def aget(self, id_or_ref_id: int | str) -> Ref[Any]:
        """The job with this number or reference; JobNotFound if there is none in this app."""
        return self._got(id_or_ref_id, await alook(self.store, self.store.reader.job(id_or_ref_id, app=self.app)))

    def cancel(self, id_or_ref_id: int | str, by: str | None = None) -> CancelAnswer:
        """Cancel a job; see `Ref.cancel`."""
        return self.get(id_or_ref_id).cancel(by)

    async def acancel(self, id_or_ref_id: int | str, by: str | None = None) -> CancelAnswer:
        """Cancel a job; see `Ref.cancel`."""
        return await (await self.aget(id_or_ref_id)).acancel(by)

    def retry(self, id_or_ref_id: int | str, by: str | None = None, *, revive: bool = False) -> None:
        """Run a failed or cancelled job again; see `Ref.retry`."""
        self.get(id_or_ref_id).retry(by, revive=revive)

    async def aretry(self, id_or_ref_id: int | str, by: str | None = None, *, revive: bool = False) -> None:
        """Run a failed or cancelled job again; see `Ref.retry`."""
        await (await self.aget(id_or_ref_id)).aretry(by, revive=revive)

    def replay(self, id_or_ref_id: int | str, by: str | None = None) -> Ref[Any]:
        """Do what an ended job did once more, as a new job; see `Ref.replay`."""
        return self.get(id_or_ref_id).replay(by)

    async def areplay(self, id_or_ref_id: int | str, by: str | None = None) -> Ref[Any]:
        """Do what an ended job did once more, as a new job; see `Ref.replay`."""
        return await (await self.aget(id_or_ref_id)).areplay(by)

    def revise(self, id_or_ref_id: int | str, *, by: str | None = None, **changes: Unpack[Changes]) -> None:
        """Change a job that waits: its priority, due moment, queue or arguments; see `Ref.revise`."""
        self.get(id_or_ref_id).revise(by=by, **changes)

    async def arevise(self, id_or_ref_id: int | str, *, by: str | None = None, **changes: Unpack[Changes]) -> None:
        """Change a job that waits: its priority, due moment, queue or arguments; see `Ref.revise`."""
        await (await self.aget(id_or_ref_id)).arevise(by=by, **changes)

    def delete(self, id_or_ref_id: int | str, by: str | None = None) -> DeleteAnswer:
        """Delete a job for good; see `Ref.delete`."""
        return self.get(id_or_ref_id).delete(by)

    async def adelete(self, id_or_ref_id: int | str, by: str | None = None) -> DeleteAnswer:
        """Delete a job for good; see `Ref.delete`."""
        return await (await self.aget(id_or_ref_id)).adelete(by)

    def holder(self, unique_key: str) -> Ref[Any] | None:
        """The job that has this unique key now; None when it is free."""
        return self._maybe(self.store.reader.call(self.store.reader.holder(unique_key, app=self.app)))

    async def aholder(self, unique_key: str) -> Ref[Any] | None:
        """The job that has this unique key now; None when it is free."""
        reader = self.store.reader
        return self._maybe(await reader.acall(reader.holder(unique_key, app=self.app)))

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state; every state is a key."""
        see_committed(self.store)
        return self.store.reader.call(self.store.reader.counts(app=self.app))

    async def acounts(self) -> dict[State, int]:
        """How many jobs are in each state; every state is a key."""
        await asee_committed(self.store)
        return await self.store.reader.acall(self.store.reader.counts(app=self.app))

    def queues(self) -> tuple[QueueCount, ...]:
        """How each queue stands that has unfinished jobs, or for which something was set, by name."""
        see_committed(self.store)
        return self.store.reader.call(self.store.reader.queues(app=self.app))

    async def aqueues(self) -> tuple[QueueCount, ...]:
        """How each queue stands that has unfinished jobs, or for which something was set, by name."""
        await asee_committed(self.store)
        return await self.store.reader.acall(self.store.reader.queues(app=self.app))

    def queue(self, name: str) -> Queue:
        """A queue, by its name, to be paused, sized and looked at. Any name is a queue."""
        return Queue(self, name)

    def explain(self, id_or_ref_id: int | str) -> Explanation:
        """Why a job is not running; see `Ref.explain`."""
        return self.get(id_or_ref_id).explain()

    async def aexplain(self, id_or_ref_id: int | str) -> Explanation:
        """Why a job is not running; see `Ref.explain`."""
        return await (await self.aget(id_or_ref_id)).aexplain()

    def list(
        self,
        *,
        limit: int = 50,
        before_id: int | None = None,
        offset: int = 0,
        sort: SortText = "-created",
        after: str | None = None,
        **where: Unpack[Filter],
    ) -> JobPage:
        """Jobs, newest first or sorted, a page at a time: give `next_after` as `after` to go on.

        A minus in `sort` means downward: `-duration` begins with the longest. What has no such moment comes last.
        Newest first, `next_cursor` as `before_id` goes on too.
        """
        reader, order = self.store.reader, read_sort(sort)
        operation = reader.page(
            self._where(where), limit=limit, before_id=before_id, offset=offset, sort=order, after=after
        )
        see_committed(self.store)
        return reader.call(operation)

    async def alist(
        self,
        *,
        limit: int = 50,
        before_id: int | None = None,
        offset: int = 0,
        sort: SortText = "-created",
        after: str | None = None,
        **where: Unpack[Filter],
    ) -> JobPage:
        """Jobs, newest first or sorted, a page at a time: give `next_after` as `after` to go on.

        A minus in `sort` means downward: `-duration` begins with the longest. What has no such moment comes last.
        Newest first, `next_cursor` as `before_id` goes on too.
        """
        reader, order = self.store.reader, read_sort(sort)
        operation = reader.page(
            self._where(where), limit=limit, before_id=before_id, offset=offset, sort=order, after=after
        )
        await asee_committed(self.store)
        return await reader.acall(operation)

    def _got(self, asked: int | str, row: JobRow | None) -> Ref[Any]:
        if row is None:
            raise JobNotFound(f"there is no job {asked!r} of the app {self.app!r} in {self.place}")
        return Ref(self, id=row.id, ref_id=row.ref_id, name=row.name, existing=True)

    def _maybe(self, row: JobRow | None) -> Ref[Any] | None:
        return None if row is None else self._got(row.id, row)

    def _where(self, where: Filter) -> JobFilter:
        given: dict[str, Any] = {**where}
        for name in given:
            if name not in _READ:
                raise OptionUnknown(unknown(name, tuple(_READ)))
        return JobFilter(app=self.app, **dict(_READ[name](name, value) for name, value in given.items()))


def _same(name: str, value: Any) -> tuple[str, Any]:
    return name, value


def _several(name: str, value: Any) -> tuple[str, Any]:
    return name, checks.names(name, value)


def _states(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, str):
        raise OptionInvalid(f"{name} must be a list of states, not {value!r}")
    return name, tuple(map(_state, value))


def _moment(name: str, value: datetime) -> tuple[str, Any]:
    return f"{name}_us", to_us(value)


def _worker(name: str, value: str) -> tuple[str, Any]:
    return "lane", checks.name(name, value)


def _named(name: str, value: str) -> tuple[str, Any]:
    return name, checks.name(name, value)


def _parent(_name: str, value: Ref[Any]) -> tuple[str, Any]:
    return "parent_id", value.id


def _facts(name: str, value: Any) -> tuple[str, Any]:
    """The free facts as the store compares them."""
    if not isinstance(value, Mapping) or not value:
        raise OptionInvalid(f"{name} must be a dict of facts, each with its value, not {value!r}")
    if len(value) > FACTS_MAX:
        raise OptionInvalid(f"{name} takes at most {FACTS_MAX} facts, {len(value)} were given")
    return "facts", tuple(_fact(name, *one) for one in value.items())


def _fact(name: str, key: str, value: Any) -> tuple[str, str]:
    text = fact_text(value)
    if text is None:
        raise OptionInvalid(f"{name}[{key!r}] cannot be looked for by {value!r}: give a text, a number, a bool or None")
    if len(key) > FACT_NAME_MAX or len(text) > FACT_VALUE_MAX:
        limits = f"{FACT_NAME_MAX} characters of a name and {FACT_VALUE_MAX} of a value"
        raise OptionInvalid(f"{name}[{key[:20]!r}] is too long to be looked for: {limits} are")
    return key, text


_READ: Final[Mapping[str, Callable[[str, Any], tuple[str, Any]]]] = MappingProxyType(
    {
        "states": _states,
        "names": _several,
        "queues": _several,
        "worker": _worker,
        "tag": _same,
        "batch_id": _same,
        "created_by": _same,
        "user_id": _same,
        "tenant": _same,
        "ref_id": _same,
        "parent": _parent,
        "reply_to": _same,
        "args": _facts,
        "schedule": _named,
        "code": _same,
        "created_from": _moment,
        "created_until": _moment,
        "text": _same,
    }
)
"""How each part of a filter is checked, and what the store calls it."""


def _state(given: State | str) -> State:
    try:
        return State(given)
    except ValueError:
        raise OptionInvalid(f"there is no state {given!r}; the states are: {', '.join(State)}") from None
