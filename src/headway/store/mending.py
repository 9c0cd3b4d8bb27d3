"""What can be done to a job that ended badly, that ended well, or that has not begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headway.store.operation import Operation
from headway.store.revision import Replayed, ReviseAnswer, Revision
from headway.store.values import Acted, JobFilter, RequeueAnswer


class Mending(Protocol):
    """Running jobs again, and changing those that wait."""

    def requeue(
        self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None, revive: bool = False
    ) -> Operation[RequeueAnswer]:
        """Reopen a failed or cancelled job: queued, tries and crashes 0, new budget; the epoch is untouched.

        A job that waits for parents goes back to waiting if any is still open; an archived one is copied back first.
        One whose unique key another job holds by now is refused (KEY_HELD); else it holds its key again. So is one that
        would wait for its own batch (CYCLE). `revive`: dependants that never ran because of it go back too, and theirs:
        those that were cancelled (code parent_failed) or skipped (condition_unmet), unless by how all that they depend
        on stands now they would be so again, or would wait for their own batch. Those of the batches that this opens
        are dependants too. In steps that `tend` goes on with.
        """
        ...

    def requeue_many(
        self, ids: Sequence[int], *, where: JobFilter, by: str | None = None, revive: bool = False
    ) -> Operation[Acted[RequeueAnswer]]:
        """Reopen those of these jobs that the filter still names: as `requeue` does, otherwise like `cancel_many`."""
        ...

    def replay(
        self, id_or_ref: int | str, *, ref_id: str, by: str | None = None, app: str | None = None
    ) -> Operation[Replayed]:
        """Enqueue a new job under `ref_id` with the arguments and options of an ended one, which is not changed.

        It is due at once, expires never, waits for no parents and belongs to no batch; it links back (`replay_of`).
        Arguments that were results of other jobs are those that it ran with. One that it was never given (it was
        cancelled with its parent) is that parent's result now; RESULT_GONE where there is none.
        A span for which the old one still holds its unique key goes over to the new one, from now on.
        """
        ...

    def revise(
        self, id_or_ref: int | str, change: Revision, *, by: str | None = None, app: str | None = None
    ) -> Operation[ReviseAnswer]:
        """Change a job that is scheduled, queued or waiting; a new due moment moves it between scheduled and queued.

        Other links change what it waits for: a parent that was waited for because of a link alone goes with it, a new
        one that has not ended is waited for (the job is waiting then). JobNotFound, or JobNotRevisable for a new parent
        that ended without a result or that waits for this job; then nothing changes.
        What changed from what to what is written to its history, in the same transaction.
        """
        ...
