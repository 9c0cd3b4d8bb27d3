"""Enqueueing in a transaction of the caller's: the call is stored with the commit, and not at all if there is none."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeAlias, TypeVar, overload

from headway.client.call import Call
from headway.client.job import Job
from headway.client.ref import Ref
from headway.model.claim import NewJob
from headway.model.errors import OptionInvalid
from headway.store.callers.caller import AsyncCaller, Caller, alead, check_kind, lead
from headway.store.callers.known import awaited, blocking, unknown
from headway.store.verbs.outbox import as_body

if TYPE_CHECKING:
    from headway.client.joining import Joining

P = ParamSpec("P")
R = TypeVar("R")
Refs: TypeAlias = "list[Ref[R]]"
K = TypeVar("K")


class Guests(Generic[K]):
    """Makes the jobs of calls, as they are to be left with somebody's transaction."""

    __slots__ = ("_caller", "_jobs")

    def __init__(self, jobs: Joining, caller: K) -> None:
        self._jobs = jobs
        self._caller = caller

    def _one(self, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[NewJob]:
        return self._many([self._jobs.call_of(call, args, kwargs)])

    def _many(self, calls: Iterable[Call[Any]]) -> list[NewJob]:
        made: list[NewJob] = []
        for job, callbacks in self._jobs.prepare_calls(calls):
            if callbacks is not None:
                raise OptionInvalid(
                    f"{job.name}: what is enqueued in a transaction is a job only after the commit, when nobody here listens for its "
                    "end: leave out on_success and on_failure, or give it a stored callback with call.then(...)"
                )
            made.append(job)
        return made

    def _refs(self, made: list[NewJob]) -> Refs[Any]:
        return [Ref(self._jobs, id=0, ref_id=job.ref_id, name=job.name) for job in made]


class Within(Guests[Caller]):
    """Stores calls in the transaction of a blocking connection. Made by `jobs.within(connection)`."""

    __slots__ = ()

    @overload
    def enqueue(self, call: Call[R], /) -> Ref[R]: ...
    @overload
    def enqueue(self, call: Job[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    @overload
    def enqueue(self, call: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    @overload
    def enqueue(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    def enqueue(self, call: Any, /, *args: Any, **kwargs: Any) -> Ref[Any]:
        """Store a call with the connection's transaction: its commit makes it a job, a rollback leaves nothing of it.

        What is wrong with the call raises here. What only the store can tell (a unique key that another job has, a batch that is
        closed) is told by the job: it is there after the commit, failed with code not_admitted, or skipped with code duplicate.
        The reference finds its job once the transaction has committed; until then it raises JobNotFound. ConnectionRefused for a
        connection that has no open transaction, or leads elsewhere; the transaction can go on after it.
        """
        return self._put(self._one(call, args, kwargs))[0]

    def enqueue_many(self, calls: Iterable[Call[R]]) -> Refs[R]:
        """Store all calls with the connection's transaction; after the commit they become jobs together, or are refused together.

        `first.value` as an argument of a later one of these calls is the result of the first.
        """
        made = self._many(calls)
        return self._put(made) if made else []

    def _put(self, made: list[NewJob]) -> Refs[Any]:
        jobs = self._jobs
        if jobs.is_on_stage:  # a test: its throw-away store is in no transaction
            return jobs.refs([(job, None) for job in made], jobs.store.call(jobs.store.enqueue(made)))
        guest = jobs.guest()
        check_kind(self._caller.open(), guest, jobs.place)
        lead(self._caller, guest.put(jobs.app, as_body(made)))
        return self._refs(made)


class AsyncWithin(Guests[AsyncCaller]):
    """Stores calls in the transaction of a connection that is awaited. Made by `jobs.within(connection)`."""

    __slots__ = ()

    @overload
    async def aenqueue(self, call: Call[R], /) -> Ref[R]: ...
    @overload
    async def aenqueue(self, call: Job[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    @overload
    async def aenqueue(
        self, call: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Ref[R]: ...
    @overload
    async def aenqueue(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    async def aenqueue(self, call: Any, /, *args: Any, **kwargs: Any) -> Ref[Any]:
        """Store a call with the connection's transaction; see `Within.enqueue`."""
        return (await self._put(self._one(call, args, kwargs)))[0]

    async def aenqueue_many(self, calls: Iterable[Call[R]]) -> Refs[R]:
        """Store all calls with the connection's transaction; see `Within.enqueue_many`."""
        made = self._many(calls)
        return await self._put(made) if made else []

    async def _put(self, made: list[NewJob]) -> Refs[Any]:
        jobs = self._jobs
        if jobs.is_on_stage:  # a test: its throw-away store is in no transaction
            return jobs.refs([(job, None) for job in made], await jobs.store.acall(jobs.store.enqueue(made)))
        guest = await jobs.aguest()
        check_kind(await self._caller.open(), guest, jobs.place)
        await alead(self._caller, guest.put(jobs.app, as_body(made)))
        return self._refs(made)


def within(jobs: Joining, connection: Any) -> Within | AsyncWithin:
    """The one that the connection is for."""
    found = blocking(connection)
    if found is not None:
        return Within(jobs, found)
    waited_for = awaited(connection)
    if waited_for is None:
        raise unknown(connection)
    return AsyncWithin(jobs, waited_for)
