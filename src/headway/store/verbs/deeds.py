"""What nobody but people does to a store: delete jobs, drain nodes."""

from __future__ import annotations

from collections.abc import Sequence

from headway.store.operation import Operation
from headway.store.values import Acted, DeleteAnswer, JobFilter
from headway.store.verbs.delete import delete
from headway.store.verbs.many import act
from headway.store.verbs.transaction import Transaction


class DeedDesk:
    """The part of a store for `DeedVerbs`."""

    def delete(self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None) -> Operation[DeleteAnswer]:
        """Delete a job that does not run."""
        return Operation("delete", lambda tx: delete(tx, id_or_ref, by, app))

    def delete_many(
        self, ids: Sequence[int], *, where: JobFilter, by: str | None = None
    ) -> Operation[Acted[DeleteAnswer]]:
        """Delete those of these jobs that the filter still names."""
        return Operation("delete_many", lambda tx: act(tx, ids, where, lambda job: delete(tx, job, by, None)))

    def drain_node(self, uid: str, *, app: str | None = None) -> Operation[bool]:
        """Let a node start nothing more."""
        return Operation("drain_node", lambda tx: _set(tx, "drain_node", uid, app))

    def undrain_node(self, uid: str, *, app: str | None = None) -> Operation[bool]:
        """Let a draining node work again."""
        return Operation("undrain_node", lambda tx: _set(tx, "undrain_node", uid, app))


def _set(tx: Transaction, statement: str, uid: str, app: str | None) -> bool:
    changed = tx.change(statement, {"uid": uid, "app": app}) == 1
    tx.wake = tx.wake or changed  # its process looks at the store, and is told
    return changed
