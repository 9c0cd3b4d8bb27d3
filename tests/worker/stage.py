"""What the worker's tests share: a runner driven by hand, and an engine whose turns the test makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from headway.model.claim import Claim, NewJob
from headway.model.event import EventKind, JobEvent
from headway.model.handler import HandlerInfo, OnInterrupt, RunIn
from headway.model.outcome import Ending, EndKind, ErrorText
from headway.model.retry import Fixed
from headway.run.runner import Batch, Deliver, StopAttempt
from headway.store.open import open_store
from headway.worker.crew import Crew
from headway.worker.engine import Engine
from headway.worker.herald import Herald
from headway.worker.judge import Judge
from headway.worker.lookout import Lookout
from headway.worker.node import Node
from headway.worker.settings import WorkerSettings
from tests.conformance.owned_clock import OwnedClock


def info(name: str, run_in: RunIn = RunIn.LOOP, *, backoff: timedelta = timedelta(seconds=7)) -> HandlerInfo:
    """A handler's facts."""
    return HandlerInfo(
        name=name,
        aliases=(),
        run_in=run_in,
        queue="default",
        timeout_us=None,
        grace_us=1_000_000,
        backoff=Fixed(backoff).to_json(),
        on_interrupt=OnInterrupt.RETRY,
        retry_on_timeout=True,
        timeout_cancels=False,
    )


class HandRunner:
    """Runs nothing by itself: the test ends what was given, as a real body would."""

    def __init__(self) -> None:
        self.given: list[Claim] = []
        self.stops: list[StopAttempt] = []
        self.told: list[JobEvent] = []
        self.learnt: list[tuple[str, tuple[str, ...]]] = []
        self.lacking: Callable[[frozenset[str]], None] = lambda _names: None
        self.closed = False
        self.releases = 0

    def start(self, deliver: Deliver) -> None:
        self.deliver = deliver

    def give(self, claims: Sequence[Claim]) -> None:
        self.given += claims

    def stop(self, stops: Sequence[StopAttempt]) -> None:
        self.stops += stops

    def tell(self, events: Sequence[JobEvent]) -> None:
        self.told += events

    def learn(self, infos: Iterable[HandlerInfo], modules: Sequence[str] = ()) -> None:
        self.learnt += [(one.name, tuple(modules)) for one in infos]

    can_start = True

    def release(self) -> None:
        self.releases += 1

    def close(self, grace_s: float) -> None:
        self.closed = True

    def end(self, claim: Claim, kind: EndKind = EndKind.RETURNED) -> None:
        """The body of that claim ends."""
        error = ErrorText("ValueError", "no", "") if kind is EndKind.RAISED else None
        ending = Ending(claim.id, claim.epoch, kind, claim.claimed_us, claim.claimed_us + 1000, error=error)
        self.deliver(Batch(endings=(ending,)))


class Bench:
    """A store, a node and an engine in one place; nothing moves unless the test says so."""

    def __init__(
        self, folder: Path, *, settings: WorkerSettings | None = None, clock: OwnedClock | None = None
    ) -> None:
        self.clock = clock or OwnedClock()
        self.store = open_store(str(folder / "store"), clock=self.clock, durability="relaxed")
        self.settings = settings or WorkerSettings(concurrency=2, children=1)
        self.judge = Judge([info("job"), info("heavy", RunIn.PROCESS)], draw=lambda: 0.5)
        self.host = HandRunner()
        self.pool = HandRunner()
        self.crew = Crew([self.host], self.pool, runs_in_child=self.judge.runs_in_child, hosts_near=True)
        self.node = Node(self.store, self.clock, self.settings, app="default", version="test")
        self.listened = frozenset(EventKind)
        self.herald = Herald(lambda: self.listened, self.crew.tell, self.clock, self.store.reader, "default")
        lookout = Lookout(self.store, "default", self.clock, lease_us=self.node.lease_us)
        self.engine = Engine(
            self.store, self.node, self.crew, self.judge, self.clock, self.settings, self.herald, lookout
        )
        self.store.attend(self.herald.hear)
        self.crew.start(self.engine.deliver)
        self.node.enter(self.judge.names.every)
        self._made = 0

    def enqueue(self, name: str = "job", **options: object) -> int:
        """One more job; answers its id."""
        self._made += 1
        job = NewJob(ref_id=f"ref-{self._made}", name=name, payload="{}", **options)  # type: ignore[arg-type]
        return self.store.call(self.store.enqueue([job]))[0].id

    def turn(self) -> None:
        """The engine is woken and makes one turn."""
        self.engine.ring()
        self.engine.turn()

    def state(self, job_id: int) -> str:
        row = self.store.reader.call(self.store.reader.job(job_id))
        assert row is not None
        return row.state.value

    def close(self) -> None:
        self.store.close()
