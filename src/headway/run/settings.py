"""The settings of a host: limits and rhythms, each with its default. They travel to host processes as they are."""

from __future__ import annotations

import logging

import msgspec

MIB = 1024 * 1024


class HostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a host behaves. Times are seconds; tests shorten them."""

    tick_s: float = 0.05
    """How often the watcher looks at what runs."""
    settle_grace_s: float = 0.5
    """How long a stopped body may take before its ending is reported without it."""
    announce_after_s: float = 0.1
    """An attempt that runs longer is announced as started."""
    flush_s: float = 2.0
    """At most so often is an attempt's progress reported."""
    flush_lines: int = 50
    """So many waiting log lines are reported sooner, at most every `flush_lines_s`."""
    flush_lines_s: float = 0.2
    blocked_after_s: float = 1.0
    """A loop that does not answer for so long is reported as blocked."""
    beat_s: float = 1.0
    """A host process shows that it is alive so often."""
    log_level: int = logging.INFO
    """The least level that enters a job's log."""
    result_bytes_max: int = MIB
    """A larger result is not stored; its size is."""
    memory_limit_bytes: int | None = None
    """Address space of a child that runs one job at a time; None: no limit."""
