"""What a host has to say, collected into batches and handed over in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from headway.model.outcome import Ending, Report
from headway.run.attempt import Key
from headway.run.duty import Broken, tell_broken
from headway.run.runner import Batch, Deliver, Started

ENDINGS_MAX: Final = 64
"""So many waiting endings are handed over at once, without lingering."""
LINGER_S: Final = 0.002
"""How long an ending may wait for company while its thread goes on with the next job."""


class Outbox:
    """Thread-safe. Batches are delivered one at a time, so what an attempt said never overtakes its earlier words."""

    def __init__(self, deliver: Deliver, monotonic: Callable[[], float], broken: Broken | None = None) -> None:
        self._deliver = deliver
        self._broken = broken
        self._monotonic = monotonic
        self._turn = threading.RLock()
        """Held while delivering; re-entrant, because whoever is told may hand in more."""
        self._lock = threading.Lock()
        self._endings: list[Ending] = []
        self._reports: list[Report] = []
        self._started: list[Started] = []
        self._leaked: list[Key] = []
        self._freed: list[Key] = []
        self._warnings: list[str] = []
        self._waiting_since = 0.0

    def end(self, endings: Iterable[Ending], freed: Iterable[Key] = (), *, linger: bool = False) -> bool:
        """Hand over endings. With `linger` they may wait a moment for company; answers whether somebody must flush later."""
        with self._lock:
            first = not self._endings
            self._endings.extend(endings)
            self._freed.extend(freed)
            if linger and len(self._endings) < ENDINGS_MAX:
                now = self._monotonic()
                if first:
                    self._waiting_since = now
                    return True
                if now - self._waiting_since < LINGER_S:
                    return False
        self.flush()
        return False

    def report(self, take: Callable[[], Report | None]) -> None:
        """Take an attempt's report in the same breath as it is queued, so that its ending cannot come first."""
        with self._lock:
            report = take()
            if report is not None:
                self._reports.append(report)

    def start(self, started: Started) -> None:
        """Announce an attempt at the next flush."""
        with self._lock:
            self._started.append(started)

    def leak(self, key: Key, ending: Ending, warning: str) -> None:
        """An attempt ends while its body goes on."""
        with self._lock:
            self._endings.append(ending)
            self._leaked.append(key)
            self._warnings.append(warning)

    def warn(self, warning: str) -> None:
        """Say a sentence at the next flush."""
        with self._lock:
            self._warnings.append(warning)

    def say(self, warning: str) -> None:
        """Say a sentence now."""
        self.warn(warning)
        self.flush()

    def break_off(self, words: str) -> None:
        """Say that the runner broke."""
        self._deliver(Batch(broken=words))

    def flush(self) -> None:
        """Deliver everything that waits."""
        with self._turn:
            batch = self._take()
            if batch is None:
                return
            try:
                self._deliver(batch)
            except Exception as error:
                if self._broken is not None:  # nobody would ever hear of these ends
                    tell_broken("the delivery of endings", error, self._broken)
                # The engine's own failure must not end the thread that runs jobs.
                logging.getLogger(__name__).exception(
                    "a batch of %d endings could not be delivered", len(batch.endings)
                )

    def _take(self) -> Batch | None:
        with self._lock:
            endings, self._endings = self._endings, []
            if not (self._reports or self._started or self._leaked or self._freed or self._warnings):
                return Batch(tuple(endings)) if endings else None
            reports, self._reports = self._reports, []
            started, self._started = self._started, []
            leaked, self._leaked = self._leaked, []
            freed, self._freed = self._freed, []
            warnings, self._warnings = self._warnings, []
        endings, reports = folded(endings, reports)
        return Batch(tuple(endings), tuple(reports), tuple(started), tuple(leaked), tuple(freed), tuple(warnings))


def folded(endings: list[Ending], reports: list[Report]) -> tuple[list[Ending], list[Report]]:
    """Put reports of attempts that end in the same batch into their endings: after the ending they would be refused."""
    if not endings or not reports:
        return endings, reports
    ended = {(one.id, one.epoch): place for place, one in enumerate(endings)}
    rest: list[Report] = []
    for report in reversed(reports):
        place = ended.get((report.id, report.epoch))
        if place is None:
            rest.append(report)
        else:
            ending = endings[place]
            last = report if ending.report is None else merged(report, ending.report)
            endings[place] = msgspec.structs.replace(ending, report=last)
    rest.reverse()
    return endings, rest


def merged(first: Report, second: Report) -> Report:
    """Two reports of one attempt as one: the later word wins, lines follow each other."""
    return Report(
        first.id,
        first.epoch,
        second.fraction if second.fraction is not None else first.fraction,
        second.message if second.message is not None else first.message,
        second.status if second.status is not None else first.status,
        second.stats if second.stats is not None else first.stats,
        second.checkpoint if second.checkpoint is not None else first.checkpoint,
        first.lines + second.lines,
        first.skipped + second.skipped,
    )
