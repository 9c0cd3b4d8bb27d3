"""What the terminal shows while the demo runs: a snapshot, and the snapshot as plain lines.

A snapshot is made of what the jobs' references say and nothing else, so what it shows is what is stored.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from headway.model.job import PENDING, State

RUNNING_SHOWN = 8
"""No more running jobs than this are shown."""

TROUBLES_SHOWN = 4
"""No more troubles than this are shown."""

PACE_SPAN = timedelta(seconds=5)
"""The rate is that of so long."""

PACE_LOOKS_MIN = 2
"""However far apart they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A job of the run as its reference says it stands."""

    name: str
    """What the job does, for people."""
    queue: str
    """Its queue."""
    state: State
    """Its state."""
    progress: float = 0.0
    """How far it is, from 0 to 1."""
    message: str = ""
    """What it says about itself, or why it is in this state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """How many of a queue's jobs stand where."""

    queue: str
    """The queue."""
    pending: int
    """Not started yet, or waiting for a retry."""
    running: int
    """Being run."""
    completed: int
    """Ended well."""
    failed: int
    """Ended otherwise."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.pending + self.running + self.completed + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything the terminal shows at one moment."""

    run: str
    """The run's number."""
    elapsed: timedelta
    """Since this start of the demo."""
    queues: tuple[QueueLine, ...]
    """Every queue, by name."""
    running: tuple[Watched, ...]
    """Some of the running jobs, the furthest first."""
    troubles: tuple[Watched, ...]
    """Some of the jobs that failed, for good or until their retry."""
    done: int
    """Jobs that ended."""
    total: int
    """Jobs that are known."""
    per_second: float
    """Jobs that ended, per second of the last seconds."""
    stock: str = ""
    """What the schedule has done, in words."""


class Pace:
    """How fast jobs end: a count of the last seconds alone, so that neither a pause nor an earlier start dilutes it."""

    def __init__(self) -> None:
        self._seen: deque[tuple[timedelta, int]] = deque()

    def per_second(self, elapsed: timedelta, done: int) -> float:
        """Enter how many have ended by now; answers how many did so a second since the oldest look that still counts."""
        self._seen.append((elapsed, done))
        while len(self._seen) > PACE_LOOKS_MIN and elapsed - self._seen[0][0] > PACE_SPAN:
            self._seen.popleft()
        since, before = self._seen[0]
        seconds = (elapsed - since).total_seconds()
        return (done - before) / seconds if seconds > 0 else 0.0


def take_snapshot(*, run: str, watched: Sequence[Watched], elapsed: timedelta, pace: Pace, stock: str = "") -> Snapshot:
    """Sum up how the jobs of a run stand."""
    running = sorted((job for job in watched if job.state is State.RUNNING), key=lambda job: (-job.progress, job.name))
    troubles = [job for job in watched if is_trouble(job)]
    done = sum(1 for job in watched if job.state.is_final)
    return Snapshot(
        run=run,
        elapsed=elapsed,
        queues=tuple(_queue_line(queue, watched) for queue in sorted({job.queue for job in watched})),
        running=tuple(running[:RUNNING_SHOWN]),
        troubles=tuple(troubles[:TROUBLES_SHOWN]),
        done=done,
        total=len(watched),
        per_second=pace.per_second(elapsed, done),
        stock=stock,
    )


def is_trouble(job: Watched) -> bool:
    """Tell whether the job failed. No job of the demo is asked for with a delay, so a scheduled one awaits its retry."""
    return job.state is State.SCHEDULED or (job.state.is_final and job.state is not State.COMPLETED)


def trouble_words(job: Watched) -> str:
    """Say what is wrong with a job that failed."""
    words = "will be retried" if job.state is State.SCHEDULED else job.state.value
    return f"{words}: {job.message}" if job.message else words


def elapsed_words(elapsed: timedelta) -> str:
    """Write a duration as minutes and seconds."""
    minutes, seconds = divmod(int(elapsed.total_seconds()), 60)
    return f"{minutes}:{seconds:02}"


def plain_lines(snapshot: Snapshot) -> list[str]:
    """Write a snapshot as lines for a log or a terminal without abilities: a head, and a line for every trouble."""
    queues = ", ".join(f"{line.queue} {line.completed}/{line.total}" for line in snapshot.queues)
    stock = f"; {snapshot.stock}" if snapshot.stock else ""
    head = (
        f"[{elapsed_words(snapshot.elapsed)}] {snapshot.done} of {snapshot.total} jobs, "
        f"{snapshot.per_second:.1f} a second; {queues}{stock}"
    )
    running = [f"  {job.name}: {job.progress:.0%} {job.message}".rstrip() for job in snapshot.running]
    troubles = [f"  {job.name} {trouble_words(job)}" for job in snapshot.troubles]
    return [head, *running, *troubles]


def _queue_line(queue: str, watched: Iterable[Watched]) -> QueueLine:
    states = [job.state for job in watched if job.queue == queue]
    return QueueLine(
        queue=queue,
        pending=sum(1 for state in states if state in PENDING),
        running=sum(1 for state in states if state in {State.RUNNING, State.EXECUTED}),
        completed=sum(1 for state in states if state is State.COMPLETED),
        failed=sum(1 for state in states if state.is_final and state is not State.COMPLETED),
    )
