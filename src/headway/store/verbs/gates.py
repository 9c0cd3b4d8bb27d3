"""The gates of a claim: read what bounds the groups that have ready jobs, and remember the starts for the rate limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from headway.model.gate import (
    Bound,
    Group,
    HandlerGate,
    Load,
    QueueGate,
    Rooms,
    StartLog,
    freeing_total,
    is_counted,
    log_name,
    opening,
    rates,
)
from headway.model.rate import PER_MAX, Window
from headway.store.verbs.transaction import Transaction

STARTS_KEPT_US: Final = int(PER_MAX.total_seconds()) * 1_000_000

_decode_limits = msgspec.json.Decoder(tuple[HandlerGate, ...]).decode


class Gates:
    """What bounds one claim."""

    def __init__(self, tx: Transaction, app: str, limits: str | None, groups: Sequence[Group]) -> None:
        """Read what these groups are bounded by; `limits` are the handlers' own, as the claiming node knows them."""
        self._tx = tx
        self._app = app
        self._groups = groups
        self.queues = queue_gates(tx, app)
        self.handlers = handler_gates(limits)
        self.rooms = Rooms(read_load(tx, app, groups, self.queues, self.handlers))
        self._chosen: dict[int, Group] = {}

    def choose(self, job_id: int, group: Group) -> None:
        """This one is to start."""
        self.rooms.take(group)
        self._chosen[job_id] = group

    def start(self, job_ids: Iterable[int]) -> None:
        """These start: the rate limits remember it."""
        for job_id in job_ids:
            group = self._chosen.get(job_id)
            if group is not None:  # one that nothing bounds was not chosen one by one
                self.rooms.start(group)
        for bound in self.rooms.started():
            assert bound.rate is not None
            log = log_name(bound.kind, bound.subject)
            remember(self._tx, self._app, log, bound.taken, bound.log.total + bound.taken, bound.rate.span_us)

    def opens_us(self, names: frozenset[str]) -> int | None:
        """When the first closed rate limit opens behind which jobs of these handlers may be ready; None if there is none."""
        found: list[int] = []
        for group in self._groups:
            closed = self.rooms.closed(group) if group[1] in names else ()
            if closed and all(bound.rate is not None for bound in closed):
                found.append(max(opens_us(self._tx, self._app, bound) for bound in closed))
        return min(found, default=None)

    def has_opened(self, ended: int) -> bool:
        """Whether the end of so many jobs opened a gate, and this claim did not fill it: then others should look."""
        bounds = [bound for group in self._groups for bound in self.rooms.bounds(group)]
        return any(bound.is_counted and bound.room > 0 and bound.first_room <= ended for bound in bounds)


def queue_gates(tx: Transaction, app: str) -> dict[str, QueueGate]:
    """What was set for the queues of an app."""
    return {
        name: QueueGate(
            queue=name,
            paused_us=paused_at,
            paused_by=paused_by,
            size=size,
            rate=None if starts is None else Window(starts, span),
        )
        for name, paused_at, paused_by, size, starts, span in tx.rows("queue_gates", {"app": app})
    }


def handler_gates(limits: str | None) -> dict[str, HandlerGate]:
    """The limits of handlers, by each of their names, as a node wrote them down."""
    return {} if limits is None else {name: gate for gate in _decode_limits(limits) for name in gate.names}


def read_load(
    tx: Transaction,
    app: str,
    groups: Sequence[Group],
    queues: Mapping[str, QueueGate],
    handlers: Mapping[str, HandlerGate],
) -> Load:
    """What these gates are judged by, for these groups."""
    running: dict[Group, int] = {}
    if is_counted(queues, handlers):
        running = {(queue, name): count for queue, name, count in tx.rows("running_groups", {"app": app})}
    logs = {log: read_log(tx, app, log, rate) for log, rate in rates(groups, queues, handlers).items()}
    return Load(queues=queues, handlers=handlers, running=running, logs=logs)


def opens_us(tx: Transaction, app: str, bound: Bound) -> int:
    """When a rate limit that is closed lets the next one through."""
    assert bound.rate is not None
    return frees_us(tx, app, log_name(bound.kind, bound.subject), bound.rate, freeing_total(bound))


def frees_us(tx: Transaction, app: str, log: str, rate: Window, total: int) -> int:
    """When the start with this running total leaves the span."""
    row = tx.row("freeing_start", {"app": app, "gate": log, "until": tx.now_us - rate.span_us, "total": total})
    return opening(tx.now_us if row is None else row[0], tx.now_us, rate)


def pull_starts(tx: Transaction) -> None:
    """Where the clock was set back: the starts in its future are moved to now, or a closed rate limit would stay so until then."""
    if tx.change("pull_starts", {"now": tx.now_us}):
        tx.change("drop_pulled_starts", {"now": tx.now_us})


def forget_old_starts(tx: Transaction) -> None:
    """Clear away what no rate limit can ask for any more, also of handlers that are gone."""
    tx.change("forget_old_starts", {"before": tx.now_us - STARTS_KEPT_US})


def read_log(tx: Transaction, app: str, log: str, rate: Window) -> StartLog:
    """What a rate limit remembers."""
    row = tx.row("start_log", {"app": app, "gate": log, "until": tx.now_us - rate.span_us})
    return StartLog() if row is None else StartLog(row[1], row[2])


def remember(tx: Transaction, app: str, log: str, taken: int, total: int, span_us: int) -> None:
    """Write down that so many start now, so many in all, and forget those that are older than a span."""
    values = {"app": app, "gate": log, "now": tx.now_us}
    # A clock that was set back: what it started in its future counts as started now, so that it is forgotten some day.
    future = sum(row[0] for row in tx.rows("drop_future_starts", values))
    tx.change("add_starts", {**values, "starts": future + taken, "total": total})
    tx.change("forget_starts", {**values, "until": tx.now_us - span_us})
