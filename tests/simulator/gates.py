"""The rules of gates and limits, asked at every grant: nothing out of a paused queue, no more at once, no more in any span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.rate import Window
from tests.simulator.flow import ALIAS

if TYPE_CHECKING:
    from tests.simulator.flow import Flow
    from tests.simulator.lines import Must
    from tests.simulator.record import Row

GATES: Final = "SELECT name, paused_at, size, rate_starts, rate_window FROM headway_queue"
WORKS: Final = frozenset({"work", ALIAS})
"""Names that share the limit."""


class GateSeen(msgspec.Struct, frozen=True, array_like=True):
    """A queue's gate as a commit left it."""

    queue: str
    paused_us: int | None
    size: int | None
    starts: int | None
    span_us: int | None

    @property
    def rate(self) -> Window | None:
        """Its rate limit."""
        return None if self.starts is None or self.span_us is None else Window(self.starts, self.span_us)


class StartLog:
    """The starts that one rate limit saw, by the store's clock."""

    def __init__(self) -> None:
        self.starts: list[int] = []

    def pull(self, now_us: int) -> None:
        """What a clock that was set back left in the future counts as now."""
        self.starts = [min(one, now_us) for one in self.starts]

    def add(self, at_us: int) -> None:
        """A start."""
        self.pull(at_us)
        self.starts.append(at_us)

    def within(self, at_us: int, span_us: int) -> int:
        """How many there were in the span before that moment."""
        return sum(one > at_us - span_us for one in self.starts)


class GateRules:
    """Remembers starts."""

    def __init__(self, flow: Flow, must: Must) -> None:
        self._flow = flow
        self._must = must
        self._logs: dict[str, StartLog] = {}
        self._heavy = StartLog()

    def hold(
        self,
        granted: Mapping[int, int],
        rows: Mapping[int, Row],
        before: Mapping[str, GateSeen],
        gates: Mapping[str, GateSeen],
        now_us: int,
    ) -> None:
        """These jobs were granted, each at its moment."""
        for queue in before.keys() | gates.keys():
            self._set(queue, before.get(queue), gates.get(queue), now_us)
        running = Counter(row.queue for row in rows.values() if row.state == "running")
        for job, at_us in sorted(granted.items(), key=lambda one: one[1]):
            row = rows[job]
            gate = gates.get(row.queue)
            if gate is not None and gate == before.get(row.queue):
                self._may_start(row, gate, running[row.queue], at_us)
            self._handler(row, rows, at_us)
        for log in (*self._logs.values(), self._heavy):
            log.pull(now_us)

    def _set(self, queue: str, old: GateSeen | None, new: GateSeen | None, now_us: int) -> None:
        rate = None if new is None else new.rate
        if rate is None:
            self._logs.pop(queue, None)
            return
        log = self._logs.setdefault(queue, StartLog())
        was = None if old is None else old.rate
        if was is not None and was.span_us < rate.span_us:  # the store remembered no longer
            log.starts = [one for one in log.starts if one > now_us - was.span_us]

    def _may_start(self, row: Row, gate: GateSeen, running: int, at_us: int) -> None:
        name = f"{row.ref_id} of the queue {row.queue}"
        self._must(gate.paused_us is None, f"{name} was granted, which is paused")
        self._must(gate.size is None or running <= gate.size, f"{name} was granted, where {running} run of {gate.size}")
        if gate.rate is not None:
            self._count(name, self._logs[row.queue], gate.rate, at_us)

    def _handler(self, row: Row, rows: Mapping[int, Row], at_us: int) -> None:
        limit, rate = self._flow.limit, self._flow.rate
        if limit is not None and row.name in WORKS:
            running = sum(one.state == "running" and one.name in WORKS for one in rows.values())
            self._must(running <= limit, f"{row.ref_id} was granted: {running} of its handler run, and {limit} may")
        if rate is not None and row.name == "heavy":
            self._count(f"{row.ref_id} of the handler heavy", self._heavy, rate, at_us)

    def _count(self, name: str, log: StartLog, rate: Window, at_us: int) -> None:
        log.add(at_us)
        starts = log.within(at_us, rate.span_us)
        self._must(starts <= rate.starts, f"{name} was the start number {starts} in {rate.span_us} us")

    # -- why something does not start ----------------------------------------------------------------------------

    def keep_back(self, row: Row, rows: Iterable[Row], gates: Mapping[str, GateSeen], now_us: int) -> bool:
        """Whether a gate is closed for this job."""
        gate = gates.get(row.queue)
        running = [one for one in rows if one.state == "running"]
        if gate is not None:
            full = gate.size is not None and sum(one.queue == row.queue for one in running) >= gate.size
            log = self._logs.get(row.queue)
            if gate.paused_us is not None or full or (log and gate.rate and _is_full(log, gate.rate, now_us)):
                return True
        limit, rate = self._flow.limit, self._flow.rate
        if limit is not None and row.name in WORKS and sum(one.name in WORKS for one in running) >= limit:
            return True
        return rate is not None and row.name == "heavy" and _is_full(self._heavy, rate, now_us)


def _is_full(log: StartLog, rate: Window, now_us: int) -> bool:
    return log.within(now_us, rate.span_us) >= rate.starts
