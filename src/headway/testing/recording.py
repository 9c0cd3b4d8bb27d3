"""`recording`: what the code under test enqueues is written down, and nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from headway.client.call import Call
from headway.testing.clock import FakeClock
from headway.testing.stage import Stage
from headway.testing.switch import staged

if TYPE_CHECKING:
    from headway.client.job import Job
    from headway.client.jobs import Jobs
    from headway.model.claim import NewJob

R = TypeVar("R")


class Sent(Stage):
    """What was enqueued, in order; also to be asked after the block. An enqueue that raised is not in it."""

    hint = "nothing runs inside recording(...)"

    def __init__(self, jobs: Jobs, clock: FakeClock) -> None:
        super().__init__(jobs, clock)
        self._encoded: dict[str, Call[Any]] = {}
        """Calls by ref_id, so that the same job enqueued twice is there once."""
        self._final: tuple[Call[Any], ...] | None = None

    @property
    def all(self) -> tuple[Call[Any], ...]:
        """Every call."""
        return self._stored() if self._final is None else self._final

    def of(self, job: Job[..., R]) -> list[Call[R]]:
        """The calls of one job; each equals `job.call(...)` with the same arguments and the same options."""
        return [call for call in self.all if call.name == job.name]

    def options_of(self, job: Job[..., Any]) -> list[Mapping[str, Any]]:
        """The options that were chosen for each call of one job with `using`."""
        return [dict(call.options) for call in self.of(job)]

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[Call[Any]]:
        return iter(self.all)

    def __bool__(self) -> bool:
        """Whether anything was enqueued."""
        return bool(self.all)

    def __repr__(self) -> str:
        return f"<Sent {list(self.all)!r}>"

    # -- Stage ---------------------------------------------------------------------------------------------------

    def encoded(self, call: Call[Any], job: NewJob) -> None:
        """A call was made a job."""
        self._encoded.setdefault(job.ref_id, call)

    def close(self) -> None:
        """Keep what was sent, and nothing else."""
        self._final = self._stored()
        super().close()

    def _stored(self) -> tuple[Call[Any], ...]:
        if not self._encoded or not self.is_used:
            return ()
        reader, app = self.store.reader, self.jobs.app
        return tuple(
            call
            for ref_id, call in tuple(self._encoded.items())
            if reader.call(reader.job(ref_id, app=app)) is not None
        )


@contextmanager
def recording(jobs: Jobs, *, clock: FakeClock | None = None) -> Iterator[Sent]:
    """Write down what is enqueued in the with-block, in whatever form. Nothing runs, and nothing is kept.

    Arguments and options are checked and written as JSON as always. A throw-away store answers the references: a job
    is queued (or scheduled, or waiting) and stays so.
    """
    with staged(Sent(jobs, FakeClock.at_present() if clock is None else clock)) as sent:
        yield sent
