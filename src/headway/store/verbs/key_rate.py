"""Rate limits of concurrency keys: how many more of a key may start now, which starts count, and when its line has room again.

A job that waits for its key's rate stands in the key's line like any other, so a claim never reads it. A line with a rate
opens by time as well: whoever leaves somebody waiting there notes the moment at which the oldest start leaves the span.
The first claim after that moment, or the upkeep, looks at the line again. What starts is logged as the starts of queues are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from headway.model.gate import GateKind, StartLog, freeing, log_name, rate_room
from headway.model.line import Candidate
from headway.model.rate import Window
from headway.model.terms import join_terms, limit_of, rate_of
from headway.store.verbs.gates import frees_us, read_log, remember
from headway.store.verbs.transaction import Transaction, as_json

Named = tuple[str, str]
"""An app, and a key of it."""
Line = tuple[str, str, int, str, str]
"""App, key, terms, queue, handler."""
_FREE: Final = 0
"""The number of no rate limit."""


def terms(tx: Transaction, limit: int, rate: Window | None) -> int:
    """The terms of a new job's key, as they are stored."""
    if rate is None:
        return limit
    values = {"starts": rate.starts, "span": rate.span_us}
    row = tx.row("rate_number", values) or tx.row("insert_rate", values)
    assert row is not None
    return join_terms(limit, row[0])


def log_of(key: str) -> str:
    """Under which name the starts of a key are remembered."""
    return log_name(GateKind.KEY_RATE, key)


class KeyRooms:
    """How many of each group of some keys may be ready. Lines without a rate cost no look at the store."""

    __slots__ = ("_logs", "_opens", "_rates", "_spans", "_tx")

    def __init__(self, tx: Transaction, lines: Collection[Line]) -> None:
        """Read the rate limits of these lines."""
        self._tx = tx
        numbers = sorted({rate_of(line[2]) for line in lines} - {_FREE})
        rows = tx.rows("rates_by_number", {"ids": as_json(numbers)}) if numbers else []
        self._rates = {number: Window(starts, span_us) for number, starts, span_us in rows}
        self._logs: dict[Line, StartLog] = {}
        self._spans: dict[Named, int] = {}
        self._opens: dict[Named, int] = {}

    def free(self, line: Line, running: int) -> int:
        """How many may be ready: as many as have a place, and may start now."""
        places = limit_of(line[2]) - running
        rate = self._rates.get(rate_of(line[2]))
        if rate is None:
            return places
        log = self._logs[line] = read_log(self._tx, line[0], log_of(line[1]), rate)
        self._spans[line[:2]] = max(rate.span_us, self._spans.get(line[:2], 0))
        return min(places, rate_room(rate, log))

    def is_rated(self, line: Line) -> bool:
        """Whether it has a rate limit."""
        return rate_of(line[2]) != _FREE

    def wait(self, line: Line, running: int) -> None:
        """Somebody is left waiting in this line. If that is because of its rate, it opens by itself."""
        rate, log = self._rates[rate_of(line[2])], self._logs[line]
        recent = log.total - log.before
        if recent and rate_room(rate, log) < limit_of(line[2]) - running:
            opens_us = frees_us(self._tx, line[0], log_of(line[1]), rate, freeing(rate, log))
            self._opens[line[:2]] = min(opens_us, self._opens.get(line[:2], opens_us))

    def note(self) -> None:
        """Write down when the keys are to be looked at again."""
        for (app, key), span_us in self._spans.items():
            values = {"app": app, "key": key, "span": span_us, "opens_at": self._opens.get((app, key))}
            self._tx.change("note_key", {**values, "now": self._tx.now_us})


class KeyStarts:
    """The candidates of one claim whose keys have a rate limit."""

    __slots__ = ("_jobs", "_tx", "rooms")

    def __init__(self, tx: Transaction, candidates: Sequence[Candidate]) -> None:
        """Read what they are bounded by."""
        self._tx = tx
        ids = [one.id for one in candidates if rate_of(one.terms) != _FREE]
        rows = tx.rows("rated_jobs", {"ids": as_json(ids)}) if ids else []
        self._jobs: dict[int, tuple[Named, int]] = {}
        self.rooms: dict[int, int] = {}
        """How many jobs of its key may start now, for each candidate by its own rate."""
        known: dict[tuple[Named, Window], int] = {}
        for job_id, app, key, starts, span_us in rows:
            rate = Window(starts, span_us)
            if ((app, key), rate) not in known:
                known[(app, key), rate] = rate_room(rate, read_log(tx, app, log_of(key), rate))
            self.rooms[job_id] = known[(app, key), rate]
            self._jobs[job_id] = ((app, key), span_us)

    def start(self, ids: Iterable[int]) -> None:
        """These start: it is remembered, and the lines of their keys are looked at again."""
        spans: dict[Named, list[int]] = defaultdict(list)
        for job_id in ids:
            found = self._jobs.get(job_id)
            if found is not None:
                spans[found[0]].append(found[1])
        for (app, key), of_jobs in spans.items():
            tx, log = self._tx, log_of(key)
            values = {"app": app, "key": key, "span": max(of_jobs), "now": tx.now_us}
            ((span_us,),) = tx.rows("remember_key", values)
            total = read_log(tx, app, log, Window(1, span_us)).total + len(of_jobs)
            remember(tx, app, log, len(of_jobs), total, span_us)
            tx.keys.add((app, key))


class KeyRoom(msgspec.Struct, frozen=True, gc=False):
    """What a rate limit lets start of a key."""

    starts: int
    opens_us: int | None
    """When it is one more, if it is none."""


def key_room(tx: Transaction, app: str, key: str, rate: Window) -> KeyRoom:
    """How a key stands, for who explains."""
    log = read_log(tx, app, log_of(key), rate)
    room = rate_room(rate, log)
    return KeyRoom(room, None if room else frees_us(tx, app, log_of(key), rate, freeing(rate, log)))


def open_due(tx: Transaction, limit: int) -> int:
    """Have the lines looked at that have more room now; answers how many keys."""
    rows = tx.rows("open_keys", {"now": tx.now_us, "limit": limit})
    tx.keys.update(rows)
    return len(rows)


def upkeep(tx: Transaction, limit: int) -> None:
    """Look again where the clock was set back, and forget keys whose starts count no more."""
    values = {"now": tx.now_us, "limit": limit}
    tx.keys.update(tx.rows("late_keys", values))
    over = tx.rows("forget_keys", values)
    if over:
        tx.change("forget_key_starts", {"keys": as_json(over)})
