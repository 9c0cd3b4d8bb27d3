"""The parents of new jobs: given by id, or by the reference of a job that is stored or comes in the same call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headway.model.claim import NewJob
from headway.model.errors import JobNotFound
from headway.model.job import State
from headway.model.link import as_links, parent_of, read_links
from headway.store.verbs.insert import Start
from headway.store.verbs.transaction import Transaction, as_json

Named = tuple[str, int | str]
"""An app, and the id or reference of one of its jobs."""
ACT_ON: Final = "parent_failed"


class Parent(msgspec.Struct, frozen=True, gc=False):
    """A job that another one depends on, as it stands."""

    id: int
    state: State
    code: str | None
    reason: str | None

    @property
    def why(self) -> str:
        """Why its dependants end with it: the job that began it names itself."""
        return self.reason if self.code == ACT_ON and self.reason else f"job {self.id} ended {self.state}"


class Parents:
    """Those that the jobs of one call depend on."""

    def __init__(self, tx: Transaction, jobs: Sequence[NewJob]) -> None:
        wanted = {(job.app, parent) for job in jobs for parent in job.depends_on}
        self.references = {one for one in wanted if isinstance(one[1], str)}
        self._found: dict[Named, Parent] = {}
        if wanted:
            self._read(tx, wanted)

    def came(self, app: str, ref_id: str, job_id: int, start: Start) -> None:
        """One of them is inserted by this call."""
        self._found[app, ref_id] = Parent(job_id, start.state, start.code, start.reason)

    def of(self, job: NewJob) -> list[Parent]:
        """The parents of a job, each once; JobNotFound for one that is neither stored nor came before it."""
        return list({found.id: found for found in (self._one(job.app, parent) for parent in job.depends_on)}.values())

    def links(self, job: NewJob) -> str | None:
        """Which of its arguments are results of which ids."""
        if job.links is None:
            return None
        links = read_links(job.links)
        found = {name: self._one(job.app, parent_of(link)).id for name, link in links.items()}
        return as_links(found, [found[name] for name, link in links.items() if isinstance(link, tuple)])

    def _one(self, app: str, parent: int | str) -> Parent:
        found = self._found.get((app, parent))
        if found is None:
            what = f"job {parent}" if isinstance(parent, int) else f"job with the reference {parent!r}"
            msg = f"there is no {what} to depend on"
            raise JobNotFound(msg)
        return found

    def _read(self, tx: Transaction, wanted: set[Named]) -> None:
        names: dict[int, list[Named]] = {}
        for named in wanted:
            if isinstance(named[1], int):
                names.setdefault(named[1], []).append(named)
        if self.references:
            for app, ref_id, job_id, *_ in tx.rows("jobs_by_ref", {"refs": as_json(sorted(self.references))}):
                names.setdefault(job_id, []).append((app, ref_id))
        for job_id, state, code, reason, app in tx.rows("parent_states", {"ids": as_json(sorted(names))}):
            for named in names[job_id]:
                if named[0] == app:
                    self._found[named] = Parent(job_id, State(state), code, reason)
