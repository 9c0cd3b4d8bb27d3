"""What is known of a job while it runs: the facts of its claim, each with its type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from headway.model.claim import Claim
from headway.model.clock import from_us
from headway.model.errors import PayloadInvalid
from headway.model.occurrence import run_of

M = TypeVar("M")


class Facts:
    """Reads a claim; decodes nothing before it is asked for."""

    __slots__ = ("_claim",)

    def __init__(self, claim: Claim) -> None:
        self._claim = claim

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
    def worker(self) -> str | None:
        """The named worker on which it runs."""
        return self._claim.lane

    @property
    def concurrency_key(self) -> str | None:
        """The key of which no more than a limit run at once."""
        return self._claim.key

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
    def tenant(self) -> str | None:
        """The tenant for whom it is done; what is enqueued in its body is for the same, unless it says otherwise."""
        return self._claim.tenant

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
        """The number of the job it came from: `using(parent=...)`, or the one that enqueued it with `ctx.enqueue`."""
        return self._claim.parent_id

    @property
    def parent_ids(self) -> tuple[int, ...]:
        """The numbers of the jobs it depended on, in the order in which they were stored; of a callback, its job's."""
        callback_of = self._claim.callback_of
        return self._claim.parents if callback_of is None else (callback_of, *self._claim.parents)

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
    def schedule(self) -> str | None:
        """The name of the schedule that it is a run of; None for any other job."""
        return None if self._run is None else self._run[0]

    @property
    def scheduled_for(self) -> datetime | None:
        """The instant of its schedule that it is the run of, however late it runs; None for any other job."""
        return None if self._run is None else from_us(self._run[1])

    @property
    def _run(self) -> tuple[str, int] | None:
        extras: dict[str, Any] = msgspec.json.decode(self._claim.extras) if self._claim.extras else {}
        return run_of(extras)

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


_TAGS: Final = msgspec.json.Decoder(tuple[str, ...])


def _convert(value: Any, model: type[M]) -> M:
    # Classes that validate themselves (pydantic's) are recognised by the method, so that nothing is imported for them.
    validate: Callable[[Any], M] | None = getattr(model, "model_validate", None)
    return validate(value) if validate is not None else msgspec.convert(value, model, strict=True)
