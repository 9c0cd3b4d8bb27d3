"""A job: a function that can also be enqueued."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, Unpack, cast, overload

from headway.client.call import Call, encoded
from headway.client.callbacks import OnFailure, chosen
from headway.client.options import Options
from headway.client.plan import Plan
from headway.client.ref import Ref
from headway.model.context import Context
from headway.model.handler import Handler

if TYPE_CHECKING:
    from headway.client.method import AsyncMethodJob, MethodJob
    from headway.client.sending import Sending
    from headway.client.then import Takes, TakesNothing
    from headway.client.transient import Run

P = ParamSpec("P")
Q = ParamSpec("Q")
T = ParamSpec("T")
S = TypeVar("S")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Job(Generic[P, R_co]):
    """What `@jobs.job` makes of a function or command class: calling it still calls it, `enqueue` stores a call of it."""

    def __init__(self, jobs: Sending, handler: Handler, plan: Plan) -> None:
        self._jobs = jobs
        self._handler = handler
        self._plan = plan
        functools.update_wrapper(cast("Any", self), handler.target, updated=())

    @property
    def name(self) -> str:
        """The stored name."""
        return self._handler.name

    @property
    def handler(self) -> Handler:
        """What is registered."""
        return self._handler

    @property
    def plan(self) -> Plan:
        """The options of its calls, checked and merged."""
        return self._plan

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> Ref[R_co]:
        """Store a call; returns when it is durable. Wrong arguments raise ArgumentsInvalid and nothing is stored."""
        return self._jobs.enqueue(self.call(*args, **kwargs))

    async def aenqueue(self, *args: P.args, **kwargs: P.kwargs) -> Ref[R_co]:
        """The same, awaited. Cancelling the await does not take the job back."""
        return await self._jobs.aenqueue(self.call(*args, **kwargs))

    def start(self, *args: P.args, **kwargs: P.kwargs) -> Run[R_co]:
        """Run a call in this process without storing it: the answer is a future that says how it stands.

        At once on a thread, or when it is its turn on the named worker, behind every job that is there now and never
        beside one. It is not retried or timed out, `run_in` is not looked at, and it ends with this process. The
        process waits for it before it exits; `jobs.close()` cancels what has not begun and waits for the rest.
        """
        return self._jobs.runs.start(self.call(*args, **kwargs))

    async def arun(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """The same, awaited: answers what the handler returns, and raises what it raises.

        A coroutine runs on the running loop and is cancelled with the await; a function on a thread, which goes on.
        """
        return await self._jobs.runs.arun(self.call(*args, **kwargs))

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[R_co]:
        """This job with these arguments as a value, checked but not stored."""
        handler = self._handler
        bound = handler.signature.bind(args, kwargs)
        return encoded(self._plan, handler, bound, max_bytes=self._jobs.settings.payload_max_bytes)

    def using(
        self,
        *,
        on_success: Callable[[R_co], object] | None = None,
        on_failure: OnFailure | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """A copy whose calls carry these options.

        `on_success(result)` or `on_failure(error)` is called in this process, once, when the job has ended, wherever it
        ran; nobody is called once this process has ended or its Jobs is closed.
        """
        return self._with(self._plan.using(chosen(options, on_success, on_failure)))

    @overload
    def then(self, callback: Takes[R_co, T], /, *args: T.args, **kwargs: T.kwargs) -> Self: ...
    @overload
    def then(self, callback: TakesNothing, /) -> Self: ...
    def then(self, callback: Any, /, *args: Any, **kwargs: Any) -> Self:
        """A copy whose calls have a callback: a job that is stored when one of them has returned, and gets its result.

        Its first argument becomes the result; further ones may be given. Until it has completed the job is `executed`,
        then `completed`; if it fails for good the job fails with code `callback_failed` and keeps its result, and a
        retry runs the callback only. It has as many retries as the job, unless `callback.using(retries=...)` says so.
        """
        from headway.client.then import then_of

        return self._with(self._plan.then(then_of(callback, args, kwargs)))

    def __repr__(self) -> str:
        chosen = "".join(f" {name}={value!r}" for name, value in self._plan.chosen.items())
        return f"<Job {self.name}{chosen}>"

    def _with(self, plan: Plan) -> Self:
        return type(self)(self._jobs, self._handler, plan)

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        return self._handler.target(*args, **kwargs)


class SyncJob(Job[P, R_co]):
    """A `def` function."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function, here and now."""
        result: R_co = self._run(*args, **kwargs)
        return result

    # As an attribute of the class in whose body it was decorated it is a method, which takes an instance or the class first.
    @overload
    def __get__(self: Callable[Concatenate[S, Q], R], instance: None, cls: type[S], /) -> MethodJob[S, Q, R]: ...
    @overload
    def __get__(  # type: ignore[misc] # the class stands where `self` would
        self: Callable[Concatenate[type[S], Q], R], instance: object, cls: type[S], /
    ) -> SyncJob[Q, R]: ...
    @overload
    def __get__(self: Callable[Concatenate[S, Q], R], instance: S, cls: type, /) -> SyncJob[Q, R]: ...
    @overload
    def __get__(self, instance: object, cls: object, /) -> Self: ...
    def __get__(self, instance: Any, cls: Any, /) -> Any:
        """The job itself: what is no method is the same everywhere."""
        return self


class AsyncJob(Job[P, R_co]):
    """An `async def` function."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
        """Call the function, here; await what it returns."""
        result: Coroutine[Any, Any, R_co] = self._run(*args, **kwargs)
        return result

    # As an attribute of the class in whose body it was decorated it is a method, which takes an instance or the class first.
    @overload
    def __get__(
        self: Callable[Concatenate[S, Q], Coroutine[Any, Any, R]], instance: None, cls: type[S], /
    ) -> AsyncMethodJob[S, Q, R]: ...
    @overload
    def __get__(  # type: ignore[misc] # the class stands where `self` would
        self: Callable[Concatenate[type[S], Q], Coroutine[Any, Any, R]], instance: object, cls: type[S], /
    ) -> AsyncJob[Q, R]: ...
    @overload
    def __get__(
        self: Callable[Concatenate[S, Q], Coroutine[Any, Any, R]], instance: S, cls: type, /
    ) -> AsyncJob[Q, R]: ...
    @overload
    def __get__(self, instance: object, cls: object, /) -> Self: ...
    def __get__(self, instance: Any, cls: Any, /) -> Any:
        """The job itself: what is no method is the same everywhere."""
        return self


class ContextJob(Job[P, R_co]):
    """A `def` function whose first parameter is the Context."""

    def __call__(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function, here and now."""
        result: R_co = self._run(ctx, *args, **kwargs)
        return result


class AsyncContextJob(Job[P, R_co]):
    """An `async def` function whose first parameter is the Context."""

    def __call__(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
        """Call the function, here; await what it returns."""
        result: Coroutine[Any, Any, R_co] = self._run(ctx, *args, **kwargs)
        return result


class CommandJob(Job[P, R_co]):
    """A command class: `run` (or `execute`) of a new instance is what a job does."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make an instance, as calling the class does."""
        return self._run(*args, **kwargs)


class Command(Protocol[P, R_co]):
    """A class with a method `run`."""

    def run(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Do the work."""
        ...


class AsyncCommand(Protocol[P, R_co]):
    """A class with a coroutine method `run`."""

    def run(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
        """Do the work."""
        ...


class ContextCommand(Protocol[P, R_co]):
    """A class with a method `run` that takes the Context first."""

    def run(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Do the work."""
        ...


class AsyncContextCommand(Protocol[P, R_co]):
    """A class with a coroutine method `run` that takes the Context first."""

    def run(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
        """Do the work."""
        ...


WithContext = Callable[Concatenate[Context, P], R]
