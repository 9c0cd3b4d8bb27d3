"""Why a job is not running, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import Any, Final, assert_never

from headway.model.explain import Explanation, Gate
from headway.model.gate import GateKind
from headway.model.job import State
from headway.view import words

Record = dict[str, Any]


def record(found: Explanation) -> Record:
    """For programs; the names are a promise."""
    return {
        "id": found.id,
        "state": found.state.value,
        "queue": found.queue,
        "gates": [_gate_record(gate) for gate in found.gates],
        "ahead": found.ahead,
        "ahead_exact": found.ahead_exact,
        "starts_in_seconds": None if found.starts_in_us is None else found.starts_in_us / words.SECOND_US,
        "since": words.utc(found.since_us),
        "reason": found.reason,
        "text": sentences(found),
    }


def _gate_record(gate: Gate) -> Record:
    return {
        "kind": gate.kind.value,
        "subject": gate.subject or None,
        "jobs": list(gate.jobs),
        "batches": list(gate.batches),
        "limit": gate.limit,
        "per_seconds": None if gate.span_us is None else gate.span_us / words.SECOND_US,
        "since": words.utc(gate.since_us),
        "by": gate.by,
        "opens_at": words.utc(gate.opens_us),
    }


def sentences(found: Explanation, zone: tzinfo | None = None) -> list[str]:
    """Each gate as a sentence, the foremost first; or how far the job has come."""
    if found.gates:
        return [sentence(gate, found.now_us, zone) for gate in found.gates]
    match found.state:
        case State.RUNNING:
            return [f"it runs{_for(found.since_us, found.now_us)}"]
        case State.EXECUTED:
            return ["it has run; its callback is still to run"]
        case State.QUEUED | State.SCHEDULED | State.WAITING:
            return [_rank(found)]
        case State.COMPLETED | State.FAILED | State.CANCELLED | State.SKIPPED:
            why = f": {words.visible(found.reason)}" if found.reason else ""
            return [f"it has ended: {found.state}{why}"]
        case _:
            assert_never(found.state)


def sentence(gate: Gate, now_us: int, zone: tzinfo | None = None) -> str:
    """A gate in words."""
    return _SAY[gate.kind](gate, now_us, zone)


def _due(gate: Gate, now_us: int, zone: tzinfo | None) -> str:
    return f"due {_in(gate.opens_us, now_us)}, at {_at(gate.opens_us, zone)}"


def _parents(gate: Gate, _now_us: int, _zone: tzinfo | None) -> str:
    return f"waiting for {_several('parent', gate.jobs)}" if gate.jobs else "waiting for its parents"


def _batches(gate: Gate, _now_us: int, _zone: tzinfo | None) -> str:
    return f"waiting for {'batch' if len(gate.batches) == 1 else 'batches'} {_and(gate.batches)}"


def _expired(gate: Gate, _now_us: int, zone: tzinfo | None) -> str:
    return f"not started by its expiry, {_at(gate.since_us, zone)}: it will be cancelled"


def _held(gate: Gate, _now_us: int, zone: tzinfo | None) -> str:
    return f"the store is held since {_at(gate.since_us, zone)} ({gate.by}): headway resume lets jobs start"


def _no_handler(gate: Gate, _now_us: int, _zone: tzinfo | None) -> str:
    return f"no worker knows the handler {words.visible(gate.subject)}"


def _no_worker(gate: Gate, _now_us: int, _zone: tzinfo | None) -> str:
    if not gate.subject:
        return "no worker is running, or all are drained; headway nodes shows those of the last day"
    return f"no worker that knows the handler {words.visible(gate.subject)} serves its queue"


def _paused(gate: Gate, _now_us: int, zone: tzinfo | None) -> str:
    by = f" by {words.visible(gate.by)}" if gate.by else ""
    return f"queue {words.visible(gate.subject)} paused{by} since {_at(gate.since_us, zone)}"


def _full(gate: Gate, _now_us: int, _zone: tzinfo | None) -> str:
    return f"{_owner(gate)} is full: {words.count(gate.limit or 0, 'job')} may run at once"


def _rate(gate: Gate, _now_us: int, zone: tzinfo | None) -> str:
    return f"the rate limit of {_owner(gate)}{_per(gate)} frees at {_at(gate.opens_us, zone)}"


def _key(gate: Gate, now_us: int, _zone: tzinfo | None) -> str:
    return f"key {words.visible(gate.subject)} {_line(gate, now_us, full='full (held by', end=')')}"


def _worker(gate: Gate, now_us: int, _zone: tzinfo | None) -> str:
    return f"worker {words.visible(gate.subject)} {_line(gate, now_us, full='busy with', end='')}"


_SAY: Final[Mapping[GateKind, Callable[[Gate, int, tzinfo | None], str]]] = MappingProxyType({
    GateKind.DUE: _due,
    GateKind.PARENTS: _parents,
    GateKind.BATCHES: _batches,
    GateKind.EXPIRED: _expired,
    GateKind.HELD: _held,
    GateKind.NO_HANDLER: _no_handler,
    GateKind.NO_WORKER: _no_worker,
    GateKind.PAUSED: _paused,
    GateKind.QUEUE_SIZE: _full,
    GateKind.HANDLER_LIMIT: _full,
    GateKind.QUEUE_RATE: _rate,
    GateKind.HANDLER_RATE: _rate,
    GateKind.KEY_RATE: _rate,
    GateKind.KEY: _key,
    GateKind.WORKER: _worker,
})  # fmt: skip
assert set(_SAY) == set(GateKind)
_OWNERS: Final[Mapping[GateKind, str]] = MappingProxyType({
    GateKind.QUEUE_SIZE: "queue",
    GateKind.QUEUE_RATE: "queue",
    GateKind.HANDLER_LIMIT: "handler",
    GateKind.HANDLER_RATE: "handler",
    GateKind.KEY_RATE: "key",
})  # fmt: skip


def _owner(gate: Gate) -> str:
    return f"{_OWNERS[gate.kind]} {words.visible(gate.subject)}"


def _line(gate: Gate, now_us: int, *, full: str, end: str) -> str:
    who = _several("job", gate.jobs) if gate.jobs else "a run that is not stored"
    return f"{full} {who}{_for(gate.since_us, now_us)}{end}" if gate.limit is not None else f"comes to it after {who}"


def _rank(found: Explanation) -> str:
    queue = words.visible(found.queue)
    if not found.ahead:
        return f"ready, the next one of queue {queue}: it starts as soon as a worker has a place"
    count = words.count(found.ahead, "job")
    ahead = f"{count} of queue {queue} {'is' if found.ahead == 1 else 'are'} ahead of it"
    at_least = "" if found.ahead_exact else "at least "
    soon = "" if found.starts_in_us is None else f"; it starts in about {words.duration(found.starts_in_us)}"
    return f"ready: {at_least}{ahead}{soon}"


def _per(gate: Gate) -> str:
    return "" if gate.limit is None or gate.span_us is None else f" ({gate.limit} per {words.duration(gate.span_us)})"


def _several(noun: str, numbers: Sequence[int]) -> str:
    return f"{noun if len(numbers) == 1 else noun + 's'} {_and([str(number) for number in numbers])}"


def _and(parts: Sequence[str]) -> str:
    shown = [words.visible(part) for part in parts]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _at(at_us: int | None, zone: tzinfo | None) -> str:
    return "some time" if at_us is None else words.moment(at_us, zone)


def _in(at_us: int | None, now_us: int) -> str:
    return "later" if at_us is None else f"in {words.duration(max(0, at_us - now_us))}"


def _for(since_us: int | None, now_us: int) -> str:
    return "" if since_us is None else f" for {words.duration(max(0, now_us - since_us))}"
