"""The callbacks of one call: functions of this process that are called once when its job has ended."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from headway.client.ending import result_of
from headway.client.waiting import loop_runs
from headway.model.errors import HeadwayError, JobCancelled, JobFailed, OptionInvalid, ResultNotReady
from headway.model.job import State

if TYPE_CHECKING:
    import asyncio

    from headway.store.protocol import JobDetail

OnFailure: TypeAlias = "Callable[[JobFailed | JobCancelled], object]"
"""Takes the error that `ref.result()` raises."""

log = logging.getLogger("headway.callbacks")

RAISED: Final = "a callback of job %s failed"
NAMES: Final = ("on_success", "on_failure")


def chosen(
    options: Mapping[str, Any], on_success: Callable[[Any], object] | None, on_failure: OnFailure | None
) -> dict[str, Any]:
    """The options of a call together with its callbacks, as far as there are any."""
    given = {"on_success": on_success, "on_failure": on_failure}
    return {**options, **{name: one for name, one in given.items() if one is not None}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """What is to be called when a job has ended. Nothing of it is stored."""

    on_success: Callable[[Any], object] | None = None
    on_failure: OnFailure | None = None
    loop: asyncio.AbstractEventLoop | None = None
    """The event loop of whoever enqueued, for coroutine functions."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Callbacks | None:
        """Those among the options of a call; None if there are none."""
        given = {name: options[name] for name in NAMES if name in options}
        return cls(**given) if given else None

    def here(self) -> Callbacks:
        """These, for a call that is enqueued now and here. A coroutine function needs the running loop: OptionInvalid."""
        if not any(map(is_async, (self.on_success, self.on_failure))):
            return self
        if not loop_runs():
            raise OptionInvalid(
                "a coroutine function as on_success or on_failure is called on the loop of whoever enqueues, and none "
                "runs here: enqueue in a coroutine, or give a plain function"
            )
        import asyncio

        return replace(self, loop=asyncio.get_running_loop())

    def wants(self, state: State) -> bool:
        """Whether anything is to be called at this end."""
        return (self.on_success if state is State.COMPLETED else self.on_failure) is not None

    def telling(self, detail: JobDetail, result_type: Any) -> Telling | None:
        """What is to be done now that the job has ended; None for nothing. ResultNotReady if it goes on."""
        told: Any
        try:
            told, function = result_of(detail, result_type), self.on_success
        except (JobFailed, JobCancelled) as error:
            told, function = error, self.on_failure
        except ResultNotReady:
            raise
        except HeadwayError:
            log.exception(
                "no callback of job %s (%s) is called: its result cannot be read", detail.row.id, detail.row.name
            )
            return None
        return None if function is None else Telling(function, told, self.loop, detail.row.id)


class Errands:
    """What was handed to event loops and has not ended there."""

    def __init__(self) -> None:
        self.are_open = True
        """Whether more may begin."""
        self.tasks: set[asyncio.Task[None]] = set()
        """A loop keeps weak references only."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One function and what it is told."""

    function: Callable[[Any], object]
    told: Any
    loop: asyncio.AbstractEventLoop | None
    job_id: int

    def call(self, errands: Errands) -> None:
        """Call a plain function here; hand a coroutine function to its loop. An Exception in it is logged."""
        if not is_async(self.function):
            self._plain()
        elif self.loop is not None:
            try:
                self.loop.call_soon_threadsafe(self._begin, errands)
            except RuntimeError:
                log.warning("a callback of job %s is not called: the loop that enqueued it is closed", self.job_id)

    def _begin(self, errands: Errands) -> None:
        """On the loop. Between the end of the job and this turn the jobs may have been closed."""
        if errands.are_open and self.loop is not None:
            task = self.loop.create_task(self._awaited())
            errands.tasks.add(task)
            task.add_done_callback(errands.tasks.discard)

    async def _awaited(self) -> None:
        try:
            answer = self.function(self.told)
            if isinstance(answer, Awaitable):
                await answer
        except Exception:
            log.exception(RAISED, self.job_id)

    def _plain(self) -> None:
        try:
            answer = self.function(self.told)
        except Exception:
            log.exception(RAISED, self.job_id)
            return
        if inspect.iscoroutine(answer):
            answer.close()
            log.error(
                "a callback of job %s returned a coroutine, which nobody awaits: give the coroutine function itself",
                self.job_id,
            )


def is_async(function: Callable[..., object] | None) -> bool:
    """Whether calling it only makes a coroutine."""
    if function is None:
        return False
    real: Any = inspect.unwrap(function)
    return inspect.iscoroutinefunction(real) or inspect.iscoroutinefunction(getattr(real, "__call__", None))  # noqa: B004
