"""The gates of queues, set at run time: pause, size, rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headway.model.gate import GateKind, log_name
from headway.model.rate import Window
from headway.store.operation import Operation
from headway.store.verbs.transaction import Transaction


class QueueKeys:
    """The verbs of `store/flow.py`. Each wakes the workers: a gate may have opened."""

    def pause_queue(self, queue: str, *, app: str, by: str | None = None) -> Operation[bool]:
        """Let no job of it start."""
        return Operation("pause_queue", lambda tx: pause(tx, app, queue, by))

    def resume_queue(self, queue: str, *, app: str) -> Operation[bool]:
        """Let its jobs start again."""
        return Operation("resume_queue", lambda tx: resume(tx, app, queue))

    def size_queue(self, queue: str, size: int | None, *, app: str) -> Operation[None]:
        """Let so many of its jobs run at once."""
        return Operation("size_queue", lambda tx: resize(tx, app, queue, size))

    def rate_queue(self, queue: str, rate: Window | None, *, app: str) -> Operation[None]:
        """Let so many of its jobs start in a span."""
        return Operation("rate_queue", lambda tx: limit_rate(tx, app, queue, rate))


def pause(tx: Transaction, app: str, queue: str, by: str | None) -> bool:
    """Whether it was not paused before; else who paused it, and when, stay."""
    return tx.change("set_queue_pause", {"app": app, "name": queue, "now": tx.now_us, "by": by}) == 1


def resume(tx: Transaction, app: str, queue: str) -> bool:
    """Whether it was paused."""
    return _open(tx, "end_queue_pause", {"app": app, "name": queue})


def resize(tx: Transaction, app: str, queue: str, size: int | None) -> None:
    """None takes the gate away."""
    _open(tx, "set_queue_size", {"app": app, "name": queue, "size": size, "now": tx.now_us})


def limit_rate(tx: Transaction, app: str, queue: str, rate: Window | None) -> None:
    """None takes the gate away, and what it remembered."""
    starts, span = (None, None) if rate is None else (rate.starts, rate.span_us)
    values = {"app": app, "name": queue, "starts": starts, "span": span, "now": tx.now_us}
    _open(tx, "set_queue_rate", values)
    if rate is None:
        tx.change("forget_log", {"app": app, "gate": log_name(GateKind.QUEUE_RATE, queue)})


def _open(tx: Transaction, statement: str, values: Mapping[str, Any]) -> bool:
    changed = tx.change(statement, values) > 0
    tx.change(
        "drop_open_queues", {"app": values["app"], "name": values["name"]}
    )  # without a gate, claims look at nothing
    tx.wake = True
    return changed
