"""The options of a job and of one call: their types, their checks, and the one function that merges them.

Three layers, each stronger than the one before: the defaults of `Jobs`, what the decorator says, what `using` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, Literal, TypeAlias, TypedDict

from headway.client import checks
from headway.model.condition import Condition
from headway.model.errors import OptionUnknown
from headway.model.handler import OnInterrupt, RunIn
from headway.model.nearest import nearest
from headway.model.rate import Rate
from headway.model.retry import Backoff, BackoffLike

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""A value that JSON knows."""


class Priority(IntEnum):
    """Named levels; any integer from -1000 to 1000 will do, higher first."""

    LOW = -10
    NORMAL = 0
    HIGH = 10
    URGENT = 20


PriorityLike: TypeAlias = int | Literal["low", "normal", "high", "urgent"]
RunInName: TypeAlias = RunIn | Literal["loop", "thread", "process"]
OnDuplicate: TypeAlias = Literal["return", "raise"]
OnInterruptName: TypeAlias = OnInterrupt | Literal["retry", "fail"]


When: TypeAlias = Condition | Literal["success", "failure", "cancelled", "failure_or_cancelled", "finished"]


class Shared(TypedDict, total=False):
    """What the decorator and `using` both know."""

    queue: str
    priority: PriorityLike
    retries: int
    """Re-tries after the first run."""
    timeout: timedelta | None
    """How long one attempt may run; None for as long as it likes."""
    grace: timedelta
    """How long the body may take to react to its stop."""
    tags: Sequence[str]
    on_interrupt: OnInterruptName
    """What becomes of the job when its process dies: run it again, or fail it."""
    retry_on_timeout: bool
    store_result: bool
    strict: bool
    """A result that cannot be stored fails the job."""
    worker: str
    """The named worker: its jobs run one at a time over all processes, in the order in which they were enqueued."""
    concurrency_key: str
    """No more than `concurrency_limit` jobs with this key run at once over all processes."""
    concurrency_limit: int
    """1 if not given."""
    key_rate: Rate
    """How many jobs with this concurrency key may start in a span of time, over all processes."""
    unique_key: str | None
    """No second job of the app has this key while one that has not ended does. With `unique_for`: for that long."""
    unique_for: timedelta | None
    """Unique from the enqueue on for this long; without a key by its handler and arguments."""
    on_duplicate: OnDuplicate
    """What is answered where another job has the key: that job, or DuplicateJob is raised."""


class JobOptions(Shared, total=False):
    """What the decorator knows, besides `takes_context`."""

    name: str
    """The stored name; `module:qualname` if not given."""
    aliases: Sequence[str]
    """Older names under which stored jobs still find the handler."""
    backoff: BackoffLike
    run_in: RunInName
    retry_on: Sequence[type[BaseException]]
    """Only these are retried."""
    no_retry_on: Sequence[type[BaseException]]
    should_retry: Callable[..., bool]
    """`should_retry(ctx, exception)`, asked last."""
    timeout_state: Literal["failed", "cancelled"]
    """How a job ends whose last attempt took too long."""
    redact: Sequence[str]
    """Arguments that pages, logs and errors mask."""
    max_concurrency: int
    """How many of its jobs may run at once, over all workers of the store."""
    rate_limit: Rate
    """How many of its jobs may start in a span of time, over all workers of the store."""


class Options(Shared, total=False):
    """What `using` knows, besides `on_success` and `on_failure`, whose types depend on the job's."""

    backoff: Backoff
    run_after: datetime | timedelta
    """Not before this moment, or this long from the enqueue on."""
    expires: datetime | timedelta
    """Cancelled if it has not started by then."""
    ref_id: str
    """Makes the enqueue idempotent: the same ref_id and content is the same job."""
    created_by: str
    user_id: str
    tenant: str | None
    """For whom it is done; not given: as `headway.tenant` says. None: for nobody."""
    batch_id: str
    reply_to: str
    args: Mapping[str, Json]
    """Free facts for the handler: `ctx.args`."""
    parent: checks.Reference
    """The job this one came from; it gates nothing."""
    depends_on: checks.Reference | checks.BatchReference | Sequence[checks.Reference | checks.BatchReference]
    """Jobs and batches that must complete first, or end as `when` says."""
    batch: checks.StoredBatch
    """The batch that counts it."""
    when: When
    """How the jobs of `depends_on` must have ended; if they did not, this one is skipped."""
    callback_on_worker: bool
    """The callback runs on the same named worker as its job; otherwise beside it."""


Check: TypeAlias = Callable[[str, Any], Any]

_SHARED: Final[tuple[tuple[str, Check], ...]] = (
    ("queue", checks.name),
    ("priority", checks.priority({level.name.lower(): level.value for level in Priority})),
    ("retries", checks.retries),
    ("timeout", checks.optional_span),
    ("grace", checks.span),
    ("tags", checks.tags),
    ("on_interrupt", checks.choice(OnInterrupt)),
    ("retry_on_timeout", checks.switch),
    ("store_result", checks.switch),
    ("strict", checks.switch),
    ("worker", checks.name),
    ("concurrency_key", checks.name),
    ("concurrency_limit", checks.limit),
    ("key_rate", checks.rate),
    ("unique_key", checks.optional_name),
    ("unique_for", checks.optional_span),
    ("on_duplicate", checks.word("return", "raise")),
)
JOB_CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    *_SHARED,
    ("name", checks.name),
    ("aliases", checks.names),
    ("backoff", checks.backoff_like),
    ("run_in", checks.choice(RunIn)),
    ("retry_on", checks.exceptions),
    ("no_retry_on", checks.exceptions),
    ("should_retry", checks.function),
    ("timeout_state", checks.word("failed", "cancelled")),
    ("redact", checks.names),
    ("max_concurrency", checks.concurrency),
    ("rate_limit", checks.rate),
)
CALL_CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    *_SHARED,
    ("backoff", checks.backoff),
    ("run_after", checks.moment_or_span),
    ("expires", checks.moment_or_span),
    ("ref_id", checks.ref_id),
    ("created_by", checks.name),
    ("user_id", checks.name),
    ("tenant", checks.optional_name),
    ("batch_id", checks.name),
    ("reply_to", checks.address),
    ("args", checks.facts),
    ("parent", checks.reference),
    ("depends_on", checks.references),
    ("batch", checks.batch),
    ("when", checks.choice(Condition)),
    ("callback_on_worker", checks.switch),
    ("on_success", checks.function),
    ("on_failure", checks.function),
)


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping of options from several layers, weakest first: Jobs < job < using. A later `tags` replaces, as all do."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged.update(layer)
    return merged


def checked(options: Mapping[str, Any], checks_by_name: Mapping[str, Check]) -> dict[str, Any]:
    """Each value in its normal form. OptionUnknown names the nearest option, OptionInvalid what a value can be."""
    for name in options:
        if name not in checks_by_name:
            raise OptionUnknown(unknown(name, tuple(checks_by_name)))
    return {name: checks_by_name[name](name, value) for name, value in options.items()}


def unknown(name: str, known: Sequence[str]) -> str:
    """What to say of an option that does not exist."""
    near = nearest(name, known)
    hint = f"; did you mean {near!r}?" if near else "."
    return f"there is no option {name!r}{hint} The options are: {', '.join(sorted(known))}"
