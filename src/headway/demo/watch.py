"""The jobs of a run, looked at through their references."""

from collections.abc import Iterator
from typing import Any

from headway import Ref
from headway.demo.home import Run
from headway.demo.jobs import ask_for_counts, ask_for_documents, ask_for_report, ask_for_run
from headway.demo.library import find_parts, library_root
from headway.demo.live import Watched
from headway.demo.server import REFUSALS
from headway.model.job import State

BEGIN = "find the modules"
"""What the first job does, for people."""


class Watch:
    """Follows the jobs of one run: the first job alone at first, and all of them once it has asked for them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._refs: dict[str, tuple[str, Ref[Any]]] = {BEGIN: ("default", ask_for_run(run))}
        self._ended: dict[str, Watched] = {}
        self._begun = False

    def look(self) -> list[Watched]:
        """Say how every known job stands. One that has ended is not asked for again."""
        watched = [self._look_at(name) for name in self._refs]
        if not self._begun and watched[0].state is State.COMPLETED:
            self._refs |= _all_refs(self._run)
            self._begun = True
            return self.look()
        return watched

    @property
    def is_over(self) -> bool:
        """Whether every job of the run has ended, as of the last look."""
        return len(self._ended) == len(self._refs)

    @property
    def is_well(self) -> bool:
        """Whether every job of the run has completed, as of the last look."""
        return self.is_over and all(job.state is State.COMPLETED for job in self._ended.values())

    def _look_at(self, name: str) -> Watched:
        if name in self._ended:
            return self._ended[name]
        queue, ref = self._refs[name]
        status = ref.status()
        watched = Watched(
            name=name,
            queue=queue,
            state=status.state,
            progress=status.progress or 0.0,
            message=status.reason or status.message or "",
        )
        if watched.state.is_final:
            self._ended[name] = watched
        return watched


def _all_refs(run: Run) -> dict[str, tuple[str, Ref[Any]]]:
    counts, documents = ask_for_counts(run.id), ask_for_documents(run.id)
    report = ask_for_report(run.id, [*counts, *documents])
    return {
        **{name: ("count", ref) for name, ref in zip(_part_names(), counts, strict=True)},
        **{f"fetch {name}": ("fetch", ref) for name, ref in zip(REFUSALS, documents, strict=True)},
        "write the report": ("report", report),
    }


def _part_names() -> Iterator[str]:
    for part in find_parts(library_root()):
        yield f"count {part.package} {part.number}"
