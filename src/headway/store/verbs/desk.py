"""The verbs of a store, as operations: the same in every database."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.claim import NewJob
from headway.model.gate import HandlerGate
from headway.model.outcome import Report, Settlement
from headway.store.operation import Operation
from headway.store.retention import Pruned, Retention
from headway.store.values import Acted, Ask, Beat, CancelAnswer, Enqueued, Exchange, JobFilter, NodeInfo, Reaped
from headway.store.verbs.accounts import AccountDesk
from headway.store.verbs.acts import ActDesk
from headway.store.verbs.archive import archive, purge
from headway.store.verbs.batches import BatchDesk
from headway.store.verbs.cancel import cancel
from headway.store.verbs.deeds import DeedDesk
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.exchange import exchange
from headway.store.verbs.hold import hold, resume
from headway.store.verbs.many import act
from headway.store.verbs.mending import MendingDesk
from headway.store.verbs.node import beat, learn, leave, reap, register
from headway.store.verbs.outbox import OutboxDesk
from headway.store.verbs.prune import keep, prune
from headway.store.verbs.queue import QueueKeys
from headway.store.verbs.schedules import ScheduleDesk
from headway.store.verbs.tend import tend
from headway.store.verbs.turn import Turning


class VerbDesk(OutboxDesk, Turning, MendingDesk, BatchDesk, QueueKeys, ScheduleDesk, ActDesk, DeedDesk, AccountDesk):
    """What `store/protocol.py` promises of each verb; a store adds how operations are run."""

    # client verbs

    def enqueue(self, jobs: Sequence[NewJob]) -> Operation[list[Enqueued]]:
        """Insert all jobs or none."""
        return Operation("enqueue", lambda tx: enqueue(tx, jobs), jobs=jobs)

    def cancel(self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None) -> Operation[CancelAnswer]:
        """Cancel a job, or ask its node to stop it."""
        return Operation("cancel", lambda tx: cancel(tx, id_or_ref, by, app))

    def cancel_many(
        self, ids: Sequence[int], *, where: JobFilter, by: str | None = None
    ) -> Operation[Acted[CancelAnswer]]:
        """Cancel those of these jobs that the filter still names."""
        return Operation("cancel_many", lambda tx: act(tx, ids, where, lambda job: cancel(tx, job, by, None)))

    # worker verbs

    def register(self, node: NodeInfo, *, lease_us: int) -> Operation[int]:
        """Enter a node."""
        return Operation("register", lambda tx: register(tx, node, lease_us))

    def learn(self, node_id: int, names: Sequence[str], limits: Sequence[HandlerGate] = ()) -> Operation[None]:
        """A node knows these handlers now."""
        return Operation("learn", lambda tx: learn(tx, node_id, names, limits))

    def beat(self, node_id: int, *, lease_us: int) -> Operation[Beat]:
        """Renew a node's lease."""
        return Operation("beat", lambda tx: beat(tx, node_id, lease_us))

    def leave(self, node_id: int) -> Operation[int]:
        """A node goes in good order."""
        return Operation("leave", lambda tx: leave(tx, node_id))

    def exchange(
        self,
        node_id: int,
        *,
        settlements: Sequence[Settlement] = (),
        reports: Sequence[Report] = (),
        asks: Sequence[Ask] = (),
        lease_us: int,
    ) -> Operation[Exchange]:
        """One turn of a worker."""
        return Operation("exchange", lambda tx: exchange(tx, node_id, settlements, reports, asks, lease_us))

    def reap(self, *, dead: Sequence[str] = (), lease_us: int, beat_us: int) -> Operation[Reaped]:
        """Take jobs from dead nodes."""
        return Operation("reap", lambda tx: reap(tx, dead, lease_us, beat_us))

    # upkeep

    def tend(self, *, limit: int = 1000) -> Operation[int]:
        """Upkeep in a small step."""
        return Operation("tend", lambda tx: tend(tx, limit))

    def archive(self, *, before_us: int, limit: int = 500) -> Operation[int]:
        """Move ended jobs to their month's archive."""
        return Operation("archive", lambda tx: archive(tx, before_us, limit), alone=True)

    def purge(
        self, *, completed_before_us: int | None, failed_before_us: int | None, limit: int = 500
    ) -> Operation[int]:
        """Delete ended jobs for good."""
        return Operation("purge", lambda tx: purge(tx, completed_before_us, failed_before_us, limit), alone=True)

    def prune(self, *, logs_before_us: int | None, bodies_before_us: int | None, limit: int = 200) -> Operation[Pruned]:
        """Remove the logs and the records of archived jobs; the summaries stay."""
        return Operation("prune", lambda tx: prune(tx, logs_before_us, bodies_before_us, limit), alone=True)

    def keep(self, retention: Retention) -> Operation[None]:
        """Write down how long a worker keeps what."""
        return Operation("keep", lambda tx: keep(tx, retention))

    def hold_claims(self) -> Operation[None]:
        """Let nothing be claimed until told."""
        return Operation("hold_claims", hold)

    def resume_claims(self) -> Operation[bool]:
        """Let jobs be claimed again."""
        return Operation("resume_claims", resume)
