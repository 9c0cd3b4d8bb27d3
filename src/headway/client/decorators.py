"""What `@jobs.job(...)` decorates with, for type checkers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from headway.client.job import (
    AsyncCommand,
    AsyncContextCommand,
    AsyncContextJob,
    AsyncJob,
    Command,
    CommandJob,
    ContextCommand,
    ContextJob,
    SyncJob,
)
from headway.client.method import AsyncContextMethodJob, ContextMethodJob
from headway.model.context import Context

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")


class Decorator(Protocol):
    """What `@jobs.job(...)` decorates with."""

    @overload
    def __call__(self, target: type[AsyncCommand[P, R]], /) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, target: type[Command[P, R]], /) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, target: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, target: Callable[P, R], /) -> SyncJob[P, R]: ...


class ContextDecorator(Protocol):
    """What `@jobs.job(takes_context=True, ...)` decorates with: the first parameter is the Context, which callers do not give; of a method the one after `self`."""

    @overload
    def __call__(self, target: type[AsyncContextCommand[P, R]], /) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, target: type[ContextCommand[P, R]], /) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, target: Callable[Concatenate[Context, P], Coroutine[Any, Any, R]], /
    ) -> AsyncContextJob[P, R]: ...
    @overload
    def __call__(self, target: Callable[Concatenate[Context, P], R], /) -> ContextJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, target: Callable[Concatenate[S, Context, P], Coroutine[Any, Any, R]], /
    ) -> AsyncContextMethodJob[S, P, R]: ...
    @overload
    def __call__(self, target: Callable[Concatenate[S, Context, P], R], /) -> ContextMethodJob[S, P, R]: ...
