"""Doubt: the answer of a turn was lost, so jobs may have been granted to this node that nothing here knows of."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from headway.model.claim import Claim
from headway.model.job import JobRow
from headway.model.outcome import Settlement
from headway.store.protocol import Beat, Store
from headway.worker.ledger import Ledger
from headway.worker.node import Node

log = logging.getLogger("headway.worker")


class Doubt:
    """Finds such jobs again: the node's own beats would keep them running for ever, and no body would run."""

    def __init__(self, store: Store, node: Node) -> None:
        """Begin without doubt."""
        self._store = store
        self._node = node
        self._doubts = False
        self._strangers = frozenset[tuple[int, int]]()

    def hear(self, beat: Beat, ledger: Ledger) -> bool:
        """A beat was answered; answers whether doubt arose. What the store says is run here, and is not known here at two beats
        one after the other, is no job on its way: the database went back behind the commit that ended it.
        """
        strangers = frozenset(one for one in beat.owned if ledger.find(*one) is None)
        arises = bool(strangers & self._strangers)
        self._strangers = strangers
        self._doubts = self._doubts or arises
        return arises

    def arise(self) -> None:
        """A turn that asked for jobs failed, and may have been committed all the same."""
        self._doubts = True

    def settle(self, ledger: Ledger, unsettled: Sequence[Settlement]) -> list[Claim]:
        """What the store says this node runs, and neither runs nor has ended here: to be given back, it never began.

        Empty without doubt, which costs nothing. While the store fails it raises, and the doubt stays.
        """
        if not self._doubts:
            return []
        beat = self._store.call(self._store.beat(self._node.id, lease_us=self._node.lease_us))
        found: list[Claim] = []
        ended = {(one.id, one.epoch) for one in unsettled}
        for job_id, epoch in sorted(beat.owned - ended):
            if ledger.find(job_id, epoch) is None:
                row = self._store.reader.call(self._store.reader.job(job_id))
                if row is not None:
                    found.append(_claim(row, epoch))
        self._doubts = False
        if found:
            log.warning(
                "%d job(s) are granted to this node, and nothing here runs them: they are given back", len(found)
            )
        return found


def _claim(row: JobRow, epoch: int) -> Claim:
    """As much of the grant as giving it back needs."""
    return Claim(
        id=row.id,
        epoch=epoch,
        name=row.name,
        payload="",
        queue=row.queue,
        ref_id=row.ref_id,
        tries=row.tries,
        crashes=row.crashes,
        retries=row.retries,
        suspect=row.suspect,
        created_us=row.created_us,
        due_us=row.due_us,
        claimed_us=row.started_us or row.due_us,
        app=row.app,
    )
