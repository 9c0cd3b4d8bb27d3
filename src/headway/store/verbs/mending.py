"""The verbs that run jobs again and change those that wait, as the store offers them."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.errors import StoreUnavailable
from headway.store.operation import Operation
from headway.store.revision import Replayed, ReviseAnswer, Revision
from headway.store.values import Acted, JobFilter, RequeueAnswer
from headway.store.verbs.many import act
from headway.store.verbs.reopen import reopen, why_gone
from headway.store.verbs.replay import replay
from headway.store.verbs.revise import revise
from headway.store.verbs.transaction import Transaction


class MendingDesk:
    """The part of a store for `store/mending.py`."""

    def requeue(
        self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None, revive: bool = False
    ) -> Operation[RequeueAnswer]:
        """Reopen a failed or cancelled job."""

        def run(tx: Transaction) -> RequeueAnswer:
            answer = reopen(tx, id_or_ref, by, app, revives=revive)
            if answer is RequeueAnswer.BODY_GONE:
                raise StoreUnavailable(why_gone(tx, id_or_ref, app))
            return answer

        return Operation("requeue", run)

    def requeue_many(
        self, ids: Sequence[int], *, where: JobFilter, by: str | None = None, revive: bool = False
    ) -> Operation[Acted[RequeueAnswer]]:
        """Reopen those of these jobs that the filter still names."""

        def run(tx: Transaction) -> Acted[RequeueAnswer]:
            return act(tx, ids, where, lambda job: reopen(tx, job, by, None, revives=revive))

        return Operation("requeue_many", run)

    def replay(
        self, id_or_ref: int | str, *, ref_id: str, by: str | None = None, app: str | None = None
    ) -> Operation[Replayed]:
        """Enqueue what an ended job did once more."""
        return Operation("replay", lambda tx: replay(tx, id_or_ref, ref_id, by, app))

    def revise(
        self, id_or_ref: int | str, change: Revision, *, by: str | None = None, app: str | None = None
    ) -> Operation[ReviseAnswer]:
        """Change a job that waits."""
        return Operation("revise", lambda tx: revise(tx, id_or_ref, change, by, app))
