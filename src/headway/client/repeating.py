"""What `@jobs.cron(...)` and `@jobs.every(...)` decorate with: the job stays what it is, and gets a schedule."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, overload

from headway.client.call import Call, encoded
from headway.client.job import AsyncCommand, AsyncJob, Command, CommandJob, Job, SyncJob
from headway.model.errors import ArgumentsInvalid

if TYPE_CHECKING:
    from headway.model.handler import Handler

P = ParamSpec("P")
R = TypeVar("R")
J = TypeVar("J", bound=Job[..., Any])


class Repeats(Protocol):
    """Gives a job a schedule, and answers the job; a function or command class is made a job first."""

    @overload
    def __call__(self, target: J, /) -> J: ...
    @overload
    def __call__(self, target: type[AsyncCommand[P, R]], /) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, target: type[Command[P, R]], /) -> CommandJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, target: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncJob[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, target: Callable[P, R], /) -> SyncJob[P, R]: ...


def bare_call(job: Job[..., Any]) -> Call[Any]:
    """The call without arguments; ArgumentsInvalid names those that it would need.

    Of a method whose class is still being written too: what it runs on is looked for when it runs.
    """
    handler: Handler = job.handler
    try:
        bound = handler.signature.bind((), {})
    except ArgumentsInvalid as error:
        what = handler.target.__name__
        raise ArgumentsInvalid(
            f"{error}; a schedule has none to give: write jobs.recurring(timetable, {what}.call(...))"
        ) from None
    return encoded(job.plan, handler, bound)
