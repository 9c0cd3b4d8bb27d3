"""Running a handler by its name here and now, without storing anything: for a form in a page, or a shell."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec
from msgspec.structs import replace

from headway.client.call import Call
from headway.client.interruptible import Interruptible
from headway.client.plan import Plan
from headway.client.waiting import refuse_in_loop
from headway.model.claim import Claim
from headway.model.clock import Clock
from headway.model.context import CURRENT
from headway.model.errors import ArgumentsInvalid, JobCancelled, JobInterrupted
from headway.model.handler import Handler
from headway.model.ids import new_ref_id
from headway.model.result import Success
from headway.model.tenant import current_tenant, tenant

if TYPE_CHECKING:
    import asyncio

    from headway.client.joining import Joining
    from headway.client.sending import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a handler answered, and how long it took."""

    value: Any
    duration: timedelta


class Direct:
    """One call that is run at once, under a Context like any attempt's; its progress and log go nowhere."""

    def __init__(self, jobs: Sending, call: Call[Any]) -> None:
        from headway.run.attempt import Attempt
        from headway.run.site import Site

        for name in call.links:
            raise ArgumentsInvalid(
                f"{call.name}: argument {name} is another job's result, and what is run at once waits for no job: "
                "enqueue the call, or give the value itself (ref.result())"
            )
        self._jobs = jobs
        self._handler = jobs.registry.get(call.name)
        self._given = self._handler.codec.decode(call.payload)
        site = Site.of(cast("Joining", jobs), clock=jobs.clock).turned_by(self._complete)
        claim = replace(
            unstored_claim(self._handler, call.payload, app=jobs.app, clock=jobs.clock), **_facts(call.plan)
        )
        self._attempt = Attempt(claim, self._handler, site)
        self._interruptible: Interruptible | None = None
        self._stopped_by: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        """The caller's, where a function runs on a thread beside it."""

    @property
    def is_async(self) -> bool:
        """Whether a loop runs it."""
        return self._handler.is_async

    def run(self) -> CommandResult:
        """Run it on this thread; a coroutine gets a loop of its own. Raises what the handler raises."""
        if not self._handler.is_async:
            return self._plain()
        refuse_in_loop("run_command", "arun_command")
        import asyncio

        return asyncio.run(self._awaited())

    async def arun(self) -> CommandResult:
        """Run it on the running loop, or on a thread if it is no coroutine function."""
        if self._handler.is_async:
            return await self._awaited()
        import asyncio

        self._loop = asyncio.get_running_loop()
        return await asyncio.to_thread(self._plain)

    def stop(self, by: str | None) -> None:
        """Ask it to stop, from any thread: a coroutine where it awaits, a function at its next check. Then it ends with JobCancelled."""
        from headway.run.runner import StopReason

        self._stopped_by = by
        self._attempt.stop = StopReason.CANCEL
        if self._interruptible is not None:
            self._interruptible.interrupt()

    def _refuse_stopped(self, error: BaseException) -> None:
        """JobCancelled for one that ended because it was asked to."""
        if self._attempt.stop is not None:
            reason = (
                "cancelled while it was running" if self._stopped_by is None else f"cancelled by {self._stopped_by}"
            )
            msg = f"the run of {self._handler.name} on the worker {self._attempt.claim.lane} was {reason}"
            raise JobCancelled(msg, code="cancelled", reason=reason) from error

    def _plain(self) -> CommandResult:
        from headway.run.body import call

        start = self._jobs.clock.monotonic()
        token = CURRENT.set(self._attempt.context)
        try:
            with tenant(self._attempt.claim.tenant):
                value = call(self._attempt, self._given)
        except JobInterrupted as error:
            self._refuse_stopped(error)
            raise
        finally:
            CURRENT.reset(token)
        return self._result(value, start)

    async def _awaited(self) -> CommandResult:
        import asyncio

        from headway.run.body import acall

        start = self._jobs.clock.monotonic()
        token = CURRENT.set(self._attempt.context)
        try:
            with tenant(self._attempt.claim.tenant), Interruptible() as self._interruptible:
                self._attempt.context.check_cancelled()  # asked for before it could be interrupted
                value = await acall(self._attempt, self._given)
        except JobInterrupted as error:
            self._refuse_stopped(error)
            raise
        except asyncio.CancelledError as error:
            if self._interruptible is not None and self._interruptible.is_ours:
                self._refuse_stopped(error)
            raise
        finally:
            CURRENT.reset(token)
        return self._result(value, start)

    def _complete(self, awaitable: Awaitable[object]) -> object:
        """Await for a plain function, from its thread, what finds its user."""
        import asyncio

        from headway.run.site import alone, awaited

        if self._loop is not None:
            return asyncio.run_coroutine_threadsafe(awaited(awaitable), self._loop).result()
        return alone(awaitable)

    def _result(self, value: Any, start: float) -> CommandResult:
        duration = timedelta(seconds=self._jobs.clock.monotonic() - start)
        return CommandResult(value=value.output if isinstance(value, Success) else value, duration=duration)


def _facts(plan: Plan) -> dict[str, Any]:
    """What the options of a call let its handler see."""
    fields = plan.fields
    seen = {
        name: fields[name]
        for name in ("created_by", "user_id", "tenant", "batch_id", "reply_to", "lane")
        if name in fields
    }
    seen.setdefault("tenant", current_tenant())
    if fields.get("tags"):
        seen["tags"] = msgspec.json.encode(fields["tags"]).decode()
    if plan.facts is not None:
        seen["extras"] = msgspec.json.encode({"args": plan.facts}).decode()
    return seen


def unstored_claim(handler: Handler, payload: str, *, app: str, clock: Clock) -> Claim:
    """The claim of a job that is in no store: its number is 0."""
    now_us = clock.now_us()
    return Claim(
        id=0,
        epoch=0,
        name=handler.name,
        payload=payload,
        queue=handler.queue,
        ref_id=new_ref_id(clock),
        tries=0,
        crashes=0,
        retries=0,
        suspect=0,
        created_us=now_us,
        due_us=now_us,
        claimed_us=now_us,
        app=app,
    )
