"""What the tests of the run room share: a registry of test handlers, claims, and a recording `deliver`."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from headway.model.batch import BatchStatus
from headway.model.claim import Claim, NewJob
from headway.model.codec import Codec
from headway.model.errors import BatchNotFound, HeadwayError
from headway.model.handler import Handler, RunIn
from headway.model.outcome import Ending, LogLine, Report
from headway.model.parent import Parent
from headway.model.registry import Registry
from headway.model.retry import Fixed
from headway.model.signature import METHODS, Signature
from headway.model.transacting import Transaction
from headway.run.container import Container
from headway.run.runner import Batch, Started
from headway.run.settings import HostSettings

QUICK = HostSettings(
    tick_s=0.01, settle_grace_s=0.1, announce_after_s=0.02, flush_s=0.05, blocked_after_s=0.1, beat_s=0.1
)
"""The shipped rhythms, shortened."""
WAIT_S = 15.0


def forever() -> asyncio.Future[None]:
    """What a coroutine awaits that only a stop ends."""
    return asyncio.get_running_loop().create_future()


@dataclass
class Company:
    """What the run room needs of an application, without a store."""

    registry: Registry = field(default_factory=Registry)
    place: str = "/somewhere/.headway"
    url: str = "/somewhere/.headway"
    build: Container = field(default_factory=Container)
    host_settings: HostSettings = QUICK
    worker_settings: str = '{"x":1}'
    parents: dict[int, Parent] = field(default_factory=dict)
    reads: list[tuple[int, ...]] = field(default_factory=list)
    """The parents that were asked for."""

    def encode_call(self, call: Any, /) -> NewJob:
        return call if isinstance(call, NewJob) else NewJob(ref_id="child", name=str(call), payload="{}")

    def read_parents(self, ids: Sequence[int], /) -> tuple[Parent, ...]:
        self.reads.append(tuple(ids))
        return tuple(self.parents[one] for one in ids)

    async def aread_parents(self, ids: Sequence[int], /) -> tuple[Parent, ...]:
        return self.read_parents(ids)

    def read_batch(self, number: int, /) -> BatchStatus:
        raise BatchNotFound(f"there is no batch {number} here")

    async def aread_batch(self, number: int, /) -> BatchStatus:
        return self.read_batch(number)

    def transaction(self, claim: Claim, connection: Any, done: Callable[[str], None], /) -> Transaction[Any]:
        raise HeadwayError("there is no store here")


def register(
    registry: Registry,
    name: str | None = None,
    *,
    takes_context: bool = False,
    run_in: RunIn | None = None,
    **options: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function or command class as a handler of the registry."""

    def add(target: Callable[..., Any]) -> Callable[..., Any]:
        is_command = isinstance(target, type)
        function = next(getattr(target, one) for one in METHODS if hasattr(target, one)) if is_command else target
        is_async = inspect.iscoroutinefunction(function)
        called = name or target.__name__
        signature = Signature.of(target, handler=called, takes_context=takes_context, named=True)
        options.setdefault("backoff", Fixed(timedelta(seconds=1)))
        registry.add(
            Handler(
                name=called,
                target=target,
                is_async=is_async,
                is_command=is_command,
                takes_context=takes_context,
                signature=signature,
                codec=Codec(signature),
                run_in=run_in or (RunIn.LOOP if is_async else RunIn.THREAD),
                **options,
            )
        )
        return target

    return add


class Claims:
    """Makes claims with growing ids."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def __call__(self, name: str, payload: dict[str, Any] | str | None = None, **fields: Any) -> Claim:
        given: dict[str, Any] = {
            "epoch": 1,
            "queue": "default",
            "tries": 0,
            "crashes": 0,
            "retries": 2,
            "suspect": 0,
            "created_us": 1_000_000,
            "due_us": 2_000_000,
            "claimed_us": 3_000_000,
            **fields,
        }
        id_ = next(self._ids)
        text = payload if isinstance(payload, str) else json.dumps(payload or {})
        return Claim(id=id_, name=name, payload=text, ref_id=f"ref-{id_}", **given)


class Recorder:
    """A `deliver` that keeps everything and can be waited on."""

    def __init__(self) -> None:
        self._told = threading.Condition()
        self.batches: list[Batch] = []

    def __call__(self, batch: Batch) -> None:
        with self._told:
            self.batches.append(batch)
            self._told.notify_all()

    def until(self, holds: Callable[[], Any], seconds: float = WAIT_S) -> Any:
        """Wait until it holds; fails with what was recorded."""
        with self._told:
            if not self._told.wait_for(holds, seconds):
                raise AssertionError(f"not seen within {seconds} s; recorded: {self.batches!r}")
            return holds()

    @property
    def endings(self) -> list[Ending]:
        return [ending for batch in tuple(self.batches) for ending in batch.endings]

    @property
    def reports(self) -> list[Report]:
        """All reports in the order of delivery, last words included."""
        told: list[Report] = []
        for batch in tuple(self.batches):
            told.extend(batch.reports)
            told.extend(ending.report for ending in batch.endings if ending.report is not None)
        return told

    @property
    def started(self) -> list[Started]:
        return [one for batch in tuple(self.batches) for one in batch.started]

    @property
    def leaked(self) -> list[tuple[int, int]]:
        return [one for batch in tuple(self.batches) for one in batch.leaked]

    @property
    def freed(self) -> list[tuple[int, int]]:
        return [one for batch in tuple(self.batches) for one in batch.freed]

    @property
    def warnings(self) -> list[str]:
        return [one for batch in tuple(self.batches) for one in batch.warnings]

    def lines(self, id_: int) -> list[LogLine]:
        return [line for report in self.reports if report.id == id_ for line in report.lines]

    def ending(self, claim: Claim, seconds: float = WAIT_S) -> Ending:
        """Wait for the ending of this claim."""
        found = self.until(
            lambda: [one for one in self.endings if one.id == claim.id and one.epoch == claim.epoch], seconds
        )
        assert len(found) == 1
        return found[0]

    def have_started(self, *claims: Claim) -> None:
        """Wait until these were announced."""
        self.until(lambda: {claim.id for claim in claims} <= {one.id for one in self.started})


def wait_for(holds: Callable[[], bool], seconds: float = WAIT_S) -> None:
    """Wait for something that tells nobody (a process table, a file), looking every 10 ms."""
    pause, until = threading.Event(), time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        pause.wait(0.01)
