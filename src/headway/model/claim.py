"""What crosses between store, worker and runner when a job is enqueued and claimed: plain values, cheap on a pipe.

They hold no cycles and are made by the thousand, so the garbage collector is spared the sight of them (`gc=False`).
"""

from __future__ import annotations

import msgspec

from headway.model.rate import Window
from headway.model.tie import Tie


class NewJob(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One job to insert. Everything is validated and serialised already; times are UTC microseconds.

    Callbacks and schedules keep it in the store as an array: fields are added at the end, and none is taken away.
    """

    ref_id: str
    name: str
    payload: str
    """JSON object of the arguments."""
    app: str = "default"
    queue: str = "default"
    priority: int = 0
    due_us: int | None = None
    """Absolute moment; None means at once."""
    delay_us: int = 0
    """Relative to the transaction's own time; only with due_us=None."""
    expires_us: int | None = None
    retries: int = 2
    interrupt_fails: bool = False
    """`on_interrupt="fail"`: a job whose process died is failed, not run again."""
    content: bytes | None = None
    """Digest of what was asked for, given with a caller's own ref_id: tells a repeat from a clash. None: the ref_id is ours."""
    options: str | None = None
    """JSON object of the call's own overrides (timeout, backoff, ...); None when there are none."""
    extras: str | None = None
    """JSON object of rarely used facts that the handler may read (args, trace context); None when there are none."""
    tags: tuple[str, ...] = ()
    created_by: str | None = None
    user_id: str | None = None
    batch_id: str | None = None
    reply_to: str | None = None
    parent_id: int | None = None
    tied: bool = False
    """It is stored with the success of the attempt of its parent that asked for it, and never without one."""
    depends_on: tuple[int | str, ...] = ()
    """The jobs that must end first (complete, without a condition): by id, or by the ref_id of one of the same app,
    which may be inserted by the same call, before this one."""
    lane: str | None = None
    """The named worker: its jobs run one at a time, in the order in which they were enqueued."""
    key: str | None = None
    """The concurrency key: no more than `key_limit` jobs of it run at once."""
    key_limit: int = 1
    unique_key: str | None = None
    """No other job of the app may have it while this one is active, or for `unique_for_us`."""
    unique_for_us: int | None = None
    batch: int | None = None
    """The number of the batch that counts it."""
    condition: str | None = None
    """How the parents must have ended; None: all well, or it is cancelled."""
    callback: str | None = None
    """JSON of the job to insert when this one has returned."""
    callback_of: int | None = None
    replay_of: int | None = None
    links: str | None = None
    """JSON of arguments that are results of jobs in `depends_on`, as `headway.model.link` reads it."""
    after_batches: tuple[str, ...] = ()
    """Names of the batches that must have ended first."""
    duplicate_raises: bool = False
    """Where its unique key belongs to another job: DuplicateJob, instead of that job as the answer."""
    key_rate: Window | None = None
    """How many jobs with its concurrency key may start in a span."""
    recurring: bool = False
    """A schedule made it, and is told how it ends."""
    fleeting: bool = False
    """It is forgotten soon after its end."""
    tenant: str | None = None
    """For whom it is done."""

    @property
    def ties(self) -> int:
        """What hangs on it."""
        found = 0
        if self.lane is not None:
            found |= Tie.LANE
        if self.key is not None:
            found |= Tie.KEY
        if self.unique_key is not None:
            found |= Tie.UNIQUE
        if self.batch is not None:
            found |= Tie.BATCH
        if self.condition is not None:
            found |= Tie.CONDITION
        if self.callback is not None:
            found |= Tie.CALLBACK
        if self.callback_of is not None:
            found |= Tie.CALLBACK_OF
        if self.links is not None:
            found |= Tie.LINKS
        return found | Tie.CHILD * self.tied | Tie.RECURRING * self.recurring | Tie.FLEETING * self.fleeting


class Claim(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One attempt granted to a node: what a runner needs to run it."""

    id: int
    epoch: int
    name: str
    payload: str
    queue: str
    ref_id: str
    tries: int
    crashes: int
    retries: int
    suspect: int
    """Above 0: it was running in a process that died with several attempts inside; run it alone in a child."""
    created_us: int
    due_us: int
    claimed_us: int
    """Wall clock of the claiming transaction."""
    app: str = "default"
    lane: str | None = None
    key: str | None = None
    batch: int | None = None
    interrupt_fails: bool = False
    options: str | None = None
    extras: str | None = None
    tags: str | None = None
    """JSON array."""
    created_by: str | None = None
    user_id: str | None = None
    batch_id: str | None = None
    reply_to: str | None = None
    parent_id: int | None = None
    checkpoint: str | None = None
    """JSON object that an earlier attempt left in ctx.state."""
    parents: tuple[int, ...] = ()
    """Ids of the jobs it depended on."""
    callback_of: int | None = None
    replay_of: int | None = None
    links: str | None = None
    """JSON of arguments that should have been results of other jobs, and of whom there is none, as `headway.model.link` reads it."""
    tenant: str | None = None
    """For whom it is done."""
