"""The verbs that run jobs again and change those that wait, as the store offers them."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.errors import StoreUnavailable
from headway.store.operation import Operation
from headway.store.place import Place
from headway.store.revision import Replayed, ReviseAnswer, Revision
from headway.store.sqlite.many import act
from headway.store.sqlite.reopen import reopen, why_gone
from headway.store.sqlite.replay import replay
from headway.store.sqlite.revise import revise
from headway.store.sqlite.transaction import Transaction
from headway.store.values import Acted, JobFilter, RequeueAnswer


class SqliteMending:
    """The part of `SqliteStore` for `store/mending.py`."""

    _where: Place

    def requeue(
        self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None, revive: bool = False
    ) -> Operation[RequeueAnswer]:
        """Reopen a failed or cancelled job."""
        folder = self._where.folder

        def run(tx: Transaction) -> RequeueAnswer:
            answer = reopen(tx, folder, id_or_ref, by, app, revives=revive)
            if answer is RequeueAnswer.BODY_GONE:
                raise StoreUnavailable(why_gone(tx, id_or_ref, app))
            return answer

        return Operation("requeue", run)

    def requeue_many(
        self, ids: Sequence[int], *, where: JobFilter, by: str | None = None, revive: bool = False
    ) -> Operation[Acted[RequeueAnswer]]:
        """Reopen those of these jobs that the filter still names."""
        folder = self._where.folder

        def run(tx: Transaction) -> Acted[RequeueAnswer]:
            return act(tx, ids, where, lambda job: reopen(tx, folder, job, by, None, revives=revive))

        return Operation("requeue_many", run)

    def replay(
        self, id_or_ref: int | str, *, ref_id: str, by: str | None = None, app: str | None = None
    ) -> Operation[Replayed]:
        """Enqueue what an ended job did once more."""
        folder = self._where.folder
        return Operation("replay", lambda tx: replay(tx, folder, id_or_ref, ref_id, by, app))

    def revise(
        self, id_or_ref: int | str, change: Revision, *, by: str | None = None, app: str | None = None
    ) -> Operation[ReviseAnswer]:
        """Change a job that waits."""
        return Operation("revise", lambda tx: revise(tx, id_or_ref, change, by, app))
