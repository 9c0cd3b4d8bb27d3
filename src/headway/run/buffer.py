"""What one attempt says between two flushes: coalesced and bounded, safe from any thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from headway.model.failure import clean
from headway.model.outcome import LogLine, Report
from headway.model.stats import Stats

LINES_HEAD_MAX: Final = 50
LINES_TAIL_MAX: Final = 950
"""Of the lines of one flush window the first 50 and the newest 950 are kept; the others are counted."""
LINE_CHARS_MAX: Final = 8_000
TEXT_CHARS_MAX: Final = 1_000
"""Of a progress message or a status text."""
CHECKPOINT_BYTES_MAX: Final = 256 * 1024
WARNING: Final = 30
CUT_MARK: Final = " ... (cut)"


class Buffer:
    """Progress, status, counters, checkpoint and log lines of one attempt since the latest flush."""

    __slots__ = (
        "_bare_max",
        "_bare_seen",
        "_checkpoint",
        "_complained",
        "_fraction",
        "_head",
        "_lock",
        "_message",
        "_now_us",
        "_saved_stats",
        "_skipped",
        "_state",
        "_stats",
        "_status",
        "_tail",
        "changed",
        "flushed_at",
    )

    def __init__(self, now_us: Callable[[], int], checkpoint: str | None) -> None:
        self._now_us = now_us
        self._lock = threading.Lock()
        self._fraction: float | None = None
        self._message: str | None = None
        self._status: str | None = None
        self._stats: Stats | None = None
        self._saved_stats = "{}"
        self._state: dict[str, Any] | None = None
        self._checkpoint = checkpoint or "{}"
        self._complained = False
        self._head: list[LogLine] = []
        self._tail: deque[LogLine] = deque(maxlen=LINES_TAIL_MAX)
        self._skipped = 0
        self._bare_max = 0.0
        self._bare_seen = 0
        self.changed = False
        """Whether there is something to say; counters and checkpoint are compared at the flush."""
        self.flushed_at = float("-inf")
        """Monotonic seconds of the latest flush."""

    def progress(self, fraction: float, message: str | None, *, bare: bool) -> None:
        """Keep the latest; an earlier message stays when none is given."""
        with self._lock:
            self._fraction = fraction
            if message is not None:
                self._message = shortened(message, TEXT_CHARS_MAX)
            if bare:
                self._bare_seen += 1
                self._bare_max = max(self._bare_max, fraction)
            self.changed = True

    def status(self, text: str) -> None:
        """Keep the latest."""
        with self._lock:
            self._status = shortened(text, TEXT_CHARS_MAX)
            self.changed = True

    def line(self, level: int, text: str) -> None:
        """Keep a line within the limits."""
        line = LogLine(self._now_us(), level, shortened(text, LINE_CHARS_MAX))
        with self._lock:
            self._put(line)

    def watch_stats(self, stats: Stats) -> None:
        """Report these counters whenever they differ from what was reported."""
        self._stats = stats

    def watch_state(self, state: dict[str, Any]) -> None:
        """Save this dictionary whenever it differs from what was saved."""
        self._state = state

    @property
    def lines(self) -> int:
        """How many lines wait."""
        return len(self._head) + len(self._tail)

    def take(self, id_: int, epoch: int, *, last: bool = False) -> Report | None:
        """What changed since the latest call, or None; nothing is taken twice."""
        stats = self._changed_stats()
        checkpoint = self._changed_checkpoint()
        with self._lock:
            if last:
                self._hint_percent()
            if not self.changed and stats is None and checkpoint is None:
                return None
            report = Report(
                id_,
                epoch,
                self._fraction,
                self._message,
                self._status,
                stats,
                checkpoint,
                (*self._head, *self._tail),
                self._skipped,
            )
            self._fraction = self._message = self._status = None
            self._head.clear()
            self._tail.clear()
            self._skipped = 0
            self.changed = False
        return report

    def _put(self, line: LogLine) -> None:
        if len(self._head) < LINES_HEAD_MAX:
            self._head.append(line)
        else:
            if len(self._tail) == LINES_TAIL_MAX:
                self._skipped += 1
            self._tail.append(line)
        self.changed = True

    def _changed_stats(self) -> str | None:
        if self._stats is None:
            return None
        text = self._stats.to_json()
        if text == self._saved_stats:
            return None
        self._saved_stats = text
        return text

    def _changed_checkpoint(self) -> str | None:
        if self._state is None:
            return None
        # One call of C code: another thread cannot change the dictionary in the middle of it.
        try:
            text = clean(msgspec.json.encode(self._state).decode())
            problem = f"it takes {len(text):,} bytes" if len(text) > CHECKPOINT_BYTES_MAX else None
        except Exception as error:  # noqa: BLE001 - whatever the job put in
            text, problem = self._checkpoint, str(error)
        if problem is not None:
            if not self._complained:
                self._complained = True
                self.line(WARNING, f"ctx.state was not saved: {problem}")
            return None
        if text == self._checkpoint:
            return None
        self._checkpoint = text
        return text

    def _hint_percent(self) -> None:
        if self._bare_seen > 1 and 0 < self._bare_max <= 0.01:  # noqa: PLR2004 - one percent
            text = "every progress report was at most 1: a bare number is percent, write progress(fraction=...)"
            self._put(LogLine(self._now_us(), WARNING, text))


def shortened(text: str, chars_max: int) -> str:
    """The text, storable and at most so long."""
    if len(text) > chars_max:
        text = text[: chars_max - len(CUT_MARK)] + CUT_MARK
    return text if text.isascii() and "\0" not in text else clean(text)
