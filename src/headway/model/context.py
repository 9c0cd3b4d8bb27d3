"""The context of an attempt: what a handler can know and say about the job it is running.

Everything here may be called from a coroutine, a thread or a child process, and never blocks or awaits: what is said
goes into a buffer that the runner empties (`Voice`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from headway.model.claim import Claim, NewJob
from headway.model.clock import from_us
from headway.model.errors import HeadwayError, JobInterrupted, OptionInvalid, PayloadInvalid
from headway.model.joblog import JobLog
from headway.model.stats import Stats
from headway.model.voice import NotInJob, Token, Voice

T = TypeVar("T")
M = TypeVar("M")
CallEncoder = Callable[[Any], NewJob]
"""Makes the NewJob of a call; given by the room that defines calls."""
PERCENT: Final = 100.0


class Context:
    """What a handler gets of its job. Made once per attempt; use it only while the attempt runs."""

    __slots__ = ("_claim", "_encode_call", "_log", "_state", "_stats", "_voice")

    def __init__(self, claim: Claim, voice: Voice, encode_call: CallEncoder | None = None) -> None:
        self._claim = claim
        self._voice = voice
        self._encode_call = encode_call
        self._log: JobLog | None = None
        self._state: dict[str, Any] | None = None
        self._stats: Stats | None = None

    @staticmethod
    def current() -> Context:
        """The context of the job that runs here: in its coroutine, its thread, or a thread with a copied context."""
        context = CURRENT.get()
        if context is None:
            raise NotInJob("no job is running here: Context.current() answers only in a handler and in what it calls")
        return context

    # -- what is known -------------------------------------------------------------------------------------------

    @property
    def id(self) -> int:
        """The job's number, the same that the enqueuer was told."""
        return self._claim.id

    @property
    def ref_id(self) -> str:
        """The job's reference, unique within its app."""
        return self._claim.ref_id

    @property
    def epoch(self) -> int:
        """The fence of this attempt: larger than that of every earlier attempt of the job."""
        return self._claim.epoch

    @property
    def key(self) -> str:
        """`<app>:<id>`: the same for all attempts, for use as an idempotency key in outside systems."""
        return f"{self._claim.app}:{self._claim.id}"

    @property
    def attempt(self) -> int:
        """The number of this attempt for people, from 1; released attempts do not count."""
        return self._claim.tries + self._claim.crashes + 1

    @property
    def retries(self) -> int:
        """How many retries the job was granted."""
        return self._claim.retries

    @property
    def name(self) -> str:
        """The handler's name, as stored with the job."""
        return self._claim.name

    @property
    def app(self) -> str:
        """The app that the job belongs to."""
        return self._claim.app

    @property
    def queue(self) -> str:
        """The queue it came from."""
        return self._claim.queue

    @property
    def tags(self) -> tuple[str, ...]:
        """The job's tags."""
        return _TAGS.decode(self._claim.tags) if self._claim.tags else ()

    @property
    def created_by(self) -> str | None:
        """Who enqueued it."""
        return self._claim.created_by

    @property
    def user_id(self) -> str | None:
        """The user for whom it runs."""
        return self._claim.user_id

    @property
    def batch_id(self) -> str | None:
        """The batch it belongs to."""
        return self._claim.batch_id

    @property
    def reply_to(self) -> str | None:
        """Where its result is sent."""
        return self._claim.reply_to

    @property
    def parent_id(self) -> int | None:
        """The job it came from."""
        return self._claim.parent_id

    @property
    def parents(self) -> tuple[int, ...]:
        """The jobs it depended on."""
        return self._claim.parents

    @property
    def created(self) -> datetime:
        """When it was enqueued."""
        return from_us(self._claim.created_us)

    @property
    def due(self) -> datetime:
        """From when on it was allowed to run."""
        return from_us(self._claim.due_us)

    @property
    def args(self) -> dict[str, Any]:
        """The free facts that were given with the call as `args=`; a copy."""
        extras: dict[str, Any] = msgspec.json.decode(self._claim.extras) if self._claim.extras else {}
        args = extras.get("args")
        return args if isinstance(args, dict) else {}

    @property
    def traceparent(self) -> str | None:
        """The trace in which it was enqueued, for an `around` hook to continue."""
        extras: dict[str, Any] = msgspec.json.decode(self._claim.extras) if self._claim.extras else {}
        traceparent = extras.get("traceparent")
        return traceparent if isinstance(traceparent, str) else None

    def data(self, model: type[M]) -> M:
        """The job's arguments as one value of a type: all of them by name, or the only one where there is just one.

        Raises PayloadInvalid, naming what is missing, when they do not fit.
        """
        arguments: dict[str, Any] = msgspec.json.decode(self._claim.payload)
        try:
            return _convert(arguments, model)
        except ValueError as error:
            if len(arguments) == 1:
                try:
                    return _convert(next(iter(arguments.values())), model)
                except ValueError:
                    pass
            msg = f"the arguments of {self.name} are no {getattr(model, '__name__', model)}: {error}"
            raise PayloadInvalid(msg) from error

    # -- what is said --------------------------------------------------------------------------------------------

    def progress(
        self,
        percent: float | None = None,
        message: str | None = None,
        *,
        done: float | None = None,
        total: float | None = None,
        fraction: float | None = None,
    ) -> None:
        """Report progress: `progress(50, "half")`, `progress(done=3, total=6)` or `progress(fraction=0.5)` say the same.

        A bare number is percent: `progress(0.5)` is half a percent. What is out of range is moved to 0 or 100 %;
        a total of 0 is 100 %. Without a message the earlier one stays. May be called as often as you like.
        """
        if percent is not None:
            value = percent / PERCENT
        elif fraction is not None:
            value = float(fraction)
        elif done is not None and total is not None:
            value = done / total if total > 0 else 1.0
        else:
            raise OptionInvalid("progress takes a percentage, done= with total=, or fraction=")
        clamped = min(1.0, max(0.0, value)) if value == value else 0.0  # noqa: PLR0124 - NaN is not equal to itself
        self._voice.progress(clamped, message, bare=percent is not None)

    def status(self, text: str) -> None:
        """Say in a few words what is going on; the latest text is kept after the end."""
        self._voice.status(str(text))

    @property
    def log(self) -> JobLog:
        """A logger: its lines go to the job's log, and to normal logging under `headway.job.<name>`."""
        if self._log is None:
            claim = self._claim
            fields = {"job_id": claim.id, "job_name": claim.name, "attempt": self.attempt, "queue": claim.queue}
            self._log = JobLog(claim.name, fields, self._voice.line, self._voice.log_level)
        return self._log

    @property
    def stats(self) -> Stats:
        """Counters by attribute: `ctx.stats.sent += 1`. Shown live and kept after the end."""
        if self._stats is None:
            self._stats = Stats()
            self._voice.watch_stats(self._stats)
        return self._stats

    @property
    def state(self) -> dict[str, Any]:
        """A small dictionary that the next attempt finds as it was left; JSON values only.

        It is saved every few seconds and at the end of the attempt, whatever the end is.
        """
        if self._state is None:
            checkpoint = self._claim.checkpoint
            state = msgspec.json.decode(checkpoint) if checkpoint else {}
            self._state = state if isinstance(state, dict) else {}
            self._voice.watch_state(self._state)
        return self._state

    def track(self, items: Iterable[T], message: str | None = None, total: int | None = None) -> Iterator[T]:
        """Go through the items, reporting progress and looking for a stop request at each.

        Without a length and `total` there is no fraction to report, and only the stop request is looked for.
        """
        length = total if total is not None else _length(items)
        for done, item in enumerate(items):
            self.check_cancelled()
            if length is not None:
                self.progress(done=done, total=length, message=message)
            yield item
        if length is not None:
            self.progress(done=length, total=length, message=message)

    def enqueue(self, call: Any) -> str:
        """Enqueue a call tied to this attempt: it is stored with the attempt's success, and never if it does not succeed.

        Answers the call's ref_id. Use `job.enqueue(...)` for what shall be stored at once.
        """
        if self._encode_call is None:
            raise HeadwayError("calls tied to an attempt cannot be made here: the runner was given no call encoder")
        job = self._encode_call(call)
        if job.parent_id is None:
            job = msgspec.structs.replace(job, parent_id=self._claim.id)
        self._voice.enqueue(job)
        return job.ref_id

    # -- being stopped -------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The stop request alone, to hand to helpers."""
        return self._voice.token

    @property
    def cancelled(self) -> bool:
        """Whether the attempt was asked to stop: cancelled, timed out or shut down."""
        return self._voice.token.cancelled

    def raise_if_cancelled(self) -> None:
        """Raise JobInterrupted if the attempt was asked to stop; let it pass through your code."""
        token = self._voice.token
        if token.cancelled:
            raise JobInterrupted(token.reason or "cancel")

    check_cancelled = raise_if_cancelled


CURRENT: Final[ContextVar[Context | None]] = ContextVar("headway_current_job", default=None)
"""Set by the runner for each attempt, in a context of its own."""
_TAGS: Final = msgspec.json.Decoder(tuple[str, ...])


def _length(items: Iterable[Any]) -> int | None:
    try:
        return len(items)  # type: ignore[arg-type] # asked for, not assumed
    except TypeError:
        return None


def _convert(value: Any, model: type[M]) -> M:
    # Classes that validate themselves (pydantic's) are recognised by the method, so that nothing is imported for them.
    validate: Callable[[Any], M] | None = getattr(model, "model_validate", None)
    return validate(value) if validate is not None else msgspec.convert(value, model, strict=True)
