"""The jobs of a run, looked at through their references, and its batch."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from headway import BatchState, JobNotFound, Ref
from headway.demo.home import Run
from headway.demo.jobs import ask_for_run, batch_name, counts, documents, found, jobs, report_ref
from headway.demo.library import find_parts, library_root
from headway.demo.live import Watched
from headway.demo.server import REFUSALS
from headway.model.job import State

BEGIN = "find the modules"
"""What the first job does, for people."""
REPORT = "write the report"
"""And the last one."""


class Watch:
    """Follows the jobs of one run: the first job alone at first, and all of them once it has asked for them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._looks: dict[str, Callable[[], Watched]] = {BEGIN: partial(_job, BEGIN, "default", ask_for_run(run))}
        self._ended: dict[str, Watched] = {}
        self._begun = False

    def look(self) -> list[Watched]:
        """Say how every known job stands. One that has ended is not asked for again."""
        watched = [self._look_at(name) for name in self._looks]
        if not self._begun and watched[0].state is State.COMPLETED:
            self._looks |= _all_looks(self._run)
            self._begun = True
            return self.look()
        return watched

    @property
    def is_over(self) -> bool:
        """Whether every job of the run has ended, as of the last look."""
        return len(self._ended) == len(self._looks)

    @property
    def is_well(self) -> bool:
        """Whether every job of the run has completed, as of the last look."""
        return self.is_over and all(job.state is State.COMPLETED for job in self._ended.values())

    def _look_at(self, name: str) -> Watched:
        if name in self._ended:
            return self._ended[name]
        watched = self._looks[name]()
        if watched.state.is_final:
            self._ended[name] = watched
        return watched


def _job(name: str, queue: str, ref: Ref[Any]) -> Watched:
    status = ref.status()
    return Watched(
        name=name,
        queue=queue,
        state=status.state,
        progress=status.progress or 0.0,
        message=status.reason or status.message or "",
    )


def _report(run: Run) -> Watched:
    """The report's job comes with the end of the batch, and never if something in the batch failed."""
    batch = jobs.get_batch(batch_name(run.id)).status()
    try:
        return _job(REPORT, "report", jobs.get(report_ref(run.id)))
    except JobNotFound:
        lost = batch.state in {BatchState.FAILED, BatchState.CANCELLED}
        state = State.CANCELLED if lost else State.WAITING
        return Watched(name=REPORT, queue="report", state=state, message=f"the batch is {batch.state}")


def _all_looks(run: Run) -> dict[str, Callable[[], Watched]]:
    parts = zip(_part_names(), counts(run.id), strict=True)
    files = zip(REFUSALS, documents(run.id), strict=True)
    return {
        **{name: partial(_job, name, "count", found(call)) for name, call in parts},
        **{f"fetch {name}": partial(_job, f"fetch {name}", "fetch", found(call)) for name, call in files},
        REPORT: partial(_report, run),
    }


def _part_names() -> Iterator[str]:
    for part in find_parts(library_root()):
        yield f"count {part.package} {part.number}"
