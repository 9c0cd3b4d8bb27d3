"""The half of `Jobs` that makes jobs of functions."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, Final, Literal, ParamSpec, TypeVar, Unpack, cast, overload

from headway.client import hooking
from headway.client.core import Core
from headway.client.decorators import ContextDecorator, Decorator
from headway.client.define import make_handler
from headway.client.job import (
    AsyncCommand,
    AsyncContextCommand,
    AsyncContextJob,
    AsyncJob,
    Command,
    CommandJob,
    ContextCommand,
    ContextJob,
    Job,
    SyncJob,
)
from headway.client.method import AsyncContextMethodJob, AsyncMethodJob, ClassMethodJob, ContextMethodJob, MethodJob
from headway.client.methods import code_of
from headway.client.options import JobOptions
from headway.client.plan import Plan
from headway.model.context import Context
from headway.model.errors import HandlerRefused
from headway.model.handler import Handler

if TYPE_CHECKING:
    from headway.client.sending import Sending
    from headway.run.container import Container

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
L = TypeVar("L", bound=Callable[[str], object])


class Defining(Core):
    """Registers functions and command classes as jobs."""

    @overload
    def job(self, target: type[AsyncCommand[P, R]], /) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def job(self, target: type[Command[P, R]], /) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def job(self, target: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def job(self, target: Callable[P, R], /) -> SyncJob[P, R]: ...
    @overload
    def job(self, *, takes_context: Literal[True], **options: Unpack[JobOptions]) -> ContextDecorator: ...
    @overload
    def job(self, *, takes_context: Literal[False] = False, **options: Unpack[JobOptions]) -> Decorator: ...
    def job(self, target: Any = None, /, *, takes_context: bool = False, **options: Any) -> Any:  # type: ignore[misc]
        """Make a job of a function, of a method in its class, or of a class with a method `run` (or `execute`).

        Bare (`@jobs.job`) or with options (`@jobs.job(queue="mail", retries=5)`). What comes out still calls the
        function. With `takes_context=True` the first parameter is the Context, and callers do not give it.
        """
        if target is None:
            return lambda decorated: self._register(decorated, options, takes_context=takes_context)
        return self._register(target, options, takes_context=takes_context)

    @overload
    def register(self, target: type[AsyncCommand[P, R]], /, **options: Unpack[JobOptions]) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def register(self, target: type[Command[P, R]], /, **options: Unpack[JobOptions]) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def register(  # type: ignore[overload-overlap]
        self, target: type[AsyncContextCommand[P, R]], /, *, takes_context: Literal[True], **options: Unpack[JobOptions]
    ) -> CommandJob[P, R]: ...
    @overload
    def register(  # type: ignore[overload-overlap]
        self, target: type[ContextCommand[P, R]], /, *, takes_context: Literal[True], **options: Unpack[JobOptions]
    ) -> CommandJob[P, R]: ...
    @overload
    def register(  # type: ignore[overload-overlap]
        self,
        target: Callable[Concatenate[Context, P], Coroutine[Any, Any, R]],
        /,
        *,
        takes_context: Literal[True],
        **options: Unpack[JobOptions],
    ) -> AsyncContextJob[P, R]: ...
    @overload
    def register(
        self,
        target: Callable[Concatenate[Context, P], R],
        /,
        *,
        takes_context: Literal[True],
        **options: Unpack[JobOptions],
    ) -> ContextJob[P, R]: ...
    @overload
    def register(  # type: ignore[overload-overlap]
        self,
        target: Callable[Concatenate[S, Context, P], Coroutine[Any, Any, R]],
        /,
        *,
        of: type[S],
        takes_context: Literal[True],
        **options: Unpack[JobOptions],
    ) -> AsyncContextMethodJob[S, P, R]: ...
    @overload
    def register(
        self,
        target: Callable[Concatenate[S, Context, P], R],
        /,
        *,
        of: type[S],
        takes_context: Literal[True],
        **options: Unpack[JobOptions],
    ) -> ContextMethodJob[S, P, R]: ...
    @overload
    def register(  # type: ignore[overload-overlap]
        self,
        target: Callable[Concatenate[S, P], Coroutine[Any, Any, R]],
        /,
        *,
        of: type[S],
        **options: Unpack[JobOptions],
    ) -> AsyncMethodJob[S, P, R]: ...
    @overload
    def register(
        self, target: Callable[Concatenate[S, P], R], /, *, of: type[S], **options: Unpack[JobOptions]
    ) -> MethodJob[S, P, R]: ...
    @overload
    def register(  # type: ignore[overload-overlap]
        self, target: Callable[P, Coroutine[Any, Any, R]], /, **options: Unpack[JobOptions]
    ) -> AsyncJob[P, R]: ...
    @overload
    def register(self, target: Callable[P, R], /, **options: Unpack[JobOptions]) -> SyncJob[P, R]: ...
    def register(
        self, target: Any, /, *, of: type[Any] | None = None, takes_context: bool = False, **options: Any
    ) -> Any:
        """Make a job of something that is not decorated here; also at run time, when a worker runs already.

        With `name=` lambdas and nested functions are welcome. The same function under the same name may be registered
        again; another one raises HandlerExists. A method is registered with its class, `register(Service.send,
        of=Service)`, or bound, `register(service.send)`: each attempt calls it on a new instance of that class.
        """
        if of is not None and isinstance(target, Job):
            target = target.handler.target
        return self._register(target, options, takes_context=takes_context, of=of, class_is_there=True)

    def discover(self, package: str) -> tuple[str, ...]:
        """Import a package (or module) with all its submodules, so that their jobs register; answers the handlers' names.

        The name comes from your code: nothing that was stored is ever imported.
        """
        import pkgutil

        before = frozenset(self.registry.names())
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(getattr(module, "__path__", ()), prefix=f"{package}.", onerror=_refuse):
            if found.name.rpartition(".")[2] != "__main__":
                importlib.import_module(found.name)
        return tuple(name for name in self.registry.names() if name not in before)

    @property
    def build(self) -> Container:
        """Builds the instances of command classes, with what their constructors ask for."""
        from headway.run.container import Container

        # setdefault is atomic: two threads get the same one.
        found: Container | None = vars(self).get("_container")
        return vars(self).setdefault("_container", Container()) if found is None else found

    def provide(self, kind: type[T], provider: Callable[..., Any]) -> None:
        """Give objects of this type to the constructors of command classes.

        The provider is a function that returns the object, or a generator that yields it and cleans up after the
        attempt; its own parameters are provided in the same way.
        """
        self.build.provide(kind, provider)

    # -- hooks ---------------------------------------------------------------------------------------------------

    def around(self, hook: F) -> F:
        """Open this context manager, given the Context, around every attempt; the first one registered is the outermost.

        It runs where the attempt runs. An asynchronous one serves `async def` jobs only.
        """
        self.registry.around.append(hooking.around(hook))
        return hook

    def load_user(self, loader: L) -> L:
        """Find the user for whom a job runs: `loader(user_id)` answers it, or None; in the body it is `ctx.user`.

        Called in every attempt of a job with a `user_id`, in the process where the body runs and before it (and the
        `around` hooks) begins, so it sees today's roles. An `async def` loader runs on the loop, a plain one on a thread.
        None, or a UserNotFound, fails the job for good with the code user_not_found; any other error is the attempt's
        failure. One for each Jobs; HandlerRefused for a second one.
        """
        self.registry.load_user = hooking.loader(loader, self.registry.load_user)
        return loader

    def on_success(self, hook: F) -> F:
        """Be told of jobs that completed; see `on_failure`. The value is in the store: `jobs.get(event.id).result()`."""
        self.registry.on_success.append(hooking.hook("on_success", hook))
        return hook

    def on_failure(self, hook: F) -> F:
        """Be told of jobs that failed for good: `hook(event)`, with a JobEvent. An error in it is logged, and changes nothing.

        Hooks of this kind run in one host process of the worker that recorded the end (embedded: in this process), once
        it is durable, one event after the other on a thread of their own; an `async def` hook on the loop, for 30
        seconds at most. A worker also records ends that no body came to: expired, a parent ended badly, taken from a
        dead worker that was not to be interrupted. Told at most once: not when the worker dies at that moment or too
        many events wait, and not when another process than the worker's recorded the end, as when it cancels a job that
        has not started. Use `Ref.result` or a dependent job for what must not be missed.
        """
        self.registry.on_failure.append(hooking.hook("on_failure", hook))
        return hook

    def on_retry(self, hook: F) -> F:
        """Be told of attempts that failed and will be retried; see `on_failure`."""
        self.registry.on_retry.append(hooking.hook("on_retry", hook))
        return hook

    def on_cancel(self, hook: F) -> F:
        """Be told of jobs that ended cancelled; see `on_failure`."""
        self.registry.on_cancel.append(hooking.hook("on_cancel", hook))
        return hook

    def on_startup(self, *, priority: int = 0) -> Callable[[F], F]:
        """Run this before a worker takes its first job, higher priority first; one that raises stops the start.

        It runs in every process that runs bodies as a host: the worker's own, or each of its host processes; not in
        child processes for single jobs. An `async def` hook runs on the loop where the coroutines of jobs run.
        """

        def decorate(hook: F) -> F:
            self.registry.on_startup.append((priority, hooking.hook("on_startup", hook)))
            return hook

        return decorate

    def _register(
        self,
        target: Any,
        options: dict[str, Any],
        *,
        takes_context: bool,
        of: type | None = None,
        class_is_there: bool = False,
    ) -> Job[..., Any]:
        if isinstance(target, Job):
            raise HandlerRefused(
                f"{target.name} is a job already; register the function under it for a second one "
                "(@jobs.cron and @jobs.every go above @jobs.job)"
            )
        code = code_of(target, of)
        handler, defaults = make_handler(code, self.settings.job_defaults, options, takes_context=takes_context)
        if class_is_there and handler.owner is not None:
            handler.owner.found(handler.name)
        self.registry.add(handler)
        plan = Plan.of(app=self.app, name=handler.name, handler=handler, defaults=defaults)
        return _kind(handler)(cast("Sending", self), handler, plan)


def _kind(handler: Handler) -> type[Job[..., Any]]:
    owner = handler.owner
    if owner is not None and owner.takes_class:
        return ClassMethodJob
    if owner is None and handler.is_command:
        return CommandJob
    by_context = (_METHODS if owner is not None else _FUNCTIONS)[handler.takes_context]
    return by_context[handler.is_async]


_FUNCTIONS: Final[tuple[tuple[type[Job[..., Any]], ...], ...]] = ((SyncJob, AsyncJob), (ContextJob, AsyncContextJob))
_METHODS: Final[tuple[tuple[type[Job[..., Any]], ...], ...]] = (
    (MethodJob, AsyncMethodJob),
    (ContextMethodJob, AsyncContextMethodJob),
)
"""By whether it takes the Context, then by whether it is a coroutine function."""


def _refuse(name: str) -> None:
    """A package that cannot be imported is an error, not a gap in the list."""
    importlib.import_module(name)
