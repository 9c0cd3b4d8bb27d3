"""The half of `Jobs` that runs calls in this process, without storing them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from headway.client.call import Call
from headway.client.job import Job
from headway.client.scheduling import Scheduling

if TYPE_CHECKING:
    from headway.client.ref import Ref
    from headway.client.transient import Run
    from headway.model.transient import TransientRun

P = ParamSpec("P")
R = TypeVar("R")


class Running(Scheduling):
    """Runs calls here and now, or when it is their turn on a named worker; and restarts named workers."""

    @overload
    def start(self, call: Call[R], /) -> Run[R]: ...
    @overload
    def start(self, call: Job[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Run[R]: ...
    @overload
    def start(self, call: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> Run[R]: ...
    @overload
    def start(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Run[R]: ...
    def start(self, call: Any, /, *args: Any, **kwargs: Any) -> Run[Any]:
        """Run a call in this process without storing it; see `Job.start`."""
        return self.runs.start(self._call(call, args, kwargs))

    @overload
    async def arun(self, call: Call[R], /) -> R: ...
    @overload
    async def arun(self, call: Job[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    async def arun(self, call: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    async def arun(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    async def arun(self, call: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Run a call in this process without storing it, and await its result; see `Job.arun`."""
        return await self.runs.arun(self._call(call, args, kwargs))

    def restart_worker(self, name: str, by: str | None = None) -> Ref[Any] | TransientRun | None:
        """Cancel what runs on a named worker, so that the next job runs there; answers what that is, None if nothing runs.

        A job ends cancelled once its body has stopped or its grace is over. A run that is not stored (`start`, `arun`) is
        asked to stop in whichever process it runs: a coroutine where it awaits, a function when it looks at its context;
        it ends with JobCancelled. One that does not react holds the worker until it ends or its process does, which the
        answer names.
        """
        stopped = self.store.call(self.store.stop_lane(name, app=self.app, by=by))
        return self.get(stopped.jobs[0]) if stopped.jobs else next(iter(stopped.runs), None)

    async def arestart_worker(self, name: str, by: str | None = None) -> Ref[Any] | TransientRun | None:
        """The same, awaited."""
        stopped = await self.store.acall(self.store.stop_lane(name, app=self.app, by=by))
        return await self.aget(stopped.jobs[0]) if stopped.jobs else next(iter(stopped.runs), None)
