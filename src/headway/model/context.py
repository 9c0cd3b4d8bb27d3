"""The context of an attempt: what a handler can know and say about the job it is running.

Everything here may be called from a coroutine, a thread or a child process, and (but for reading parents) never blocks
or awaits: what is said goes into a buffer that the runner empties (`Voice`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any, Final, TypeVar, overload

import msgspec

from headway.model.batch import BatchStatus, status_in
from headway.model.claim import Claim
from headway.model.errors import HeadwayError, JobInterrupted, OptionInvalid
from headway.model.facts import Facts
from headway.model.joblog import JobLog
from headway.model.parent import Parent, Surroundings
from headway.model.stats import Stats
from headway.model.transacting import Transaction
from headway.model.voice import NotInJob, Token, Voice

T = TypeVar("T")
C = TypeVar("C")
PERCENT: Final = 100.0


class Context(Facts):
    """What a handler gets of its job. Made once per attempt; use it only while the attempt runs."""

    __slots__ = ("_log", "_parents", "_state", "_stats", "_surroundings", "_transaction", "_user", "_voice")

    _user: Any

    def __init__(self, claim: Claim, voice: Voice, surroundings: Surroundings | None = None) -> None:
        super().__init__(claim)
        self._voice = voice
        self._surroundings = surroundings
        self._parents: tuple[Parent, ...] | None = None
        self._log: JobLog | None = None
        self._state: dict[str, Any] | None = None
        self._stats: Stats | None = None
        self._transaction: Transaction[Any] | None = None

    @staticmethod
    def current() -> Context:
        """The context of the job that runs here: in its coroutine, its thread, or a thread with a copied context."""
        context = CURRENT.get()
        if context is None:
            raise NotInJob("no job is running here: Context.current() answers only in a handler and in what it calls")
        return context

    # -- the user for whom it runs -----------------------------------------------------------------------------------

    @property
    def user(self) -> Any:
        """The user for whom it runs, as `@jobs.load_user` found it when this attempt began; None for a job without user_id.

        Raises HeadwayError if the job has a user_id and the application loads no users.
        """
        asked = self._claim.user_id
        if asked is None:
            return None
        try:
            return self._user
        except AttributeError:  # set for such jobs only, so that others pay nothing
            raise HeadwayError(
                f"the job runs as user {asked!r}, and nothing loads users here: register a function that finds one by "
                "its id with @jobs.load_user, or use ctx.user_id"
            ) from None

    # -- the jobs it depended on -----------------------------------------------------------------------------------

    @property
    def parents(self) -> tuple[Parent, ...]:
        """The jobs it depended on, in order: arguments, result and state of each, also after they were archived.

        Read once per attempt. Blocks for one short read of the store for each: in a coroutine `await ctx.aparents()`.
        """
        if self._parents is None:
            self._parents = self._application().read_parents(self.parent_ids) if self.parent_ids else ()
        return self._parents

    async def aparents(self) -> tuple[Parent, ...]:
        """The same, awaited."""
        if self._parents is None:
            self._parents = await self._application().aread_parents(self.parent_ids) if self.parent_ids else ()
        return self._parents

    @property
    def parent(self) -> Parent | None:
        """The only job it depended on, or the first of several; None if there was none. Blocks as `parents` does."""
        parents = self.parents
        return parents[0] if parents else None

    # -- the batch that it is a part of ------------------------------------------------------------------------------

    @property
    def batch(self) -> BatchStatus | None:
        """The batch that counts it, as it stands now; for a batch's `on_finish` or `on_success` the batch as it was then.

        None if there is none. Blocks for a short read of the store in a member: in a coroutine `await ctx.abatch()`.
        `ctx.enqueue(call.using(batch=ctx.batch))` adds to it, also after it was closed: it cannot end before this job.
        """
        number = self._claim.batch
        return status_in(self._claim.extras) if number is None else self._application().read_batch(number)

    async def abatch(self) -> BatchStatus | None:
        """The same, awaited."""
        number = self._claim.batch
        return status_in(self._claim.extras) if number is None else await self._application().aread_batch(number)

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
        job = self._application().encode_call(call)
        if job.parent_id is None:
            job = msgspec.structs.replace(job, parent_id=self._claim.id, tied=True)
        self._voice.enqueue(job)
        return job.ref_id

    @overload
    def transaction(self) -> Transaction[Any]: ...
    @overload
    def transaction(self, connection: C) -> Transaction[C]: ...
    def transaction(self, connection: Any = None) -> Transaction[Any]:
        """Write data and the job's completion in one transaction: `with ctx.transaction() as connection:`, or `async with`.

        At the end of the block a mark is written and everything is committed: from then on the job is done. Whatever becomes of the
        attempt, it ends completed and does not run again. If the block raises, all of it is rolled back and the job goes on as after
        any error. An attempt that comes second is rolled back, and its handler is left by JobDone: the effect happens once, though
        code may run twice.

        Without an argument a new connection to the store's own database, of psycopg or sqlite3; or one of yours to it, which is begun
        and committed here: of psycopg, asyncpg, sqlite3, Django, or a connection or session of SQLAlchemy. One for each job: the
        second raises HeadwayError, unless the first was rolled back. ConnectionRefused for a connection that leads elsewhere.
        """
        if self._transaction is not None and self._transaction.is_settled:
            raise HeadwayError("the job has its transaction already: do everything that is to happen once in that one")
        self._transaction = self._application().transaction(self._claim, connection, self._voice.done)
        return self._transaction

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

    # -- inside --------------------------------------------------------------------------------------------------

    def _application(self) -> Surroundings:
        if self._surroundings is None:
            raise HeadwayError("this context belongs to no application: it can read no parents and enqueue nothing")
        return self._surroundings


CURRENT: Final[ContextVar[Context | None]] = ContextVar("headway_current_job", default=None)
"""Set by the runner for each attempt, in a context of its own."""


def _length(items: Iterable[Any]) -> int | None:
    try:
        return len(items)  # type: ignore[arg-type] # asked for, not assumed
    except TypeError:
        return None
