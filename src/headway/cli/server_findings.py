"""What `headway check` finds of a server: who keeps it from clearing away what is of no use any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from headway.cli.findings import LOG_MAX_BYTES, Finding, Level
from headway.store.facts import Facts
from headway.view import words

SNAPSHOT_AGE_MAX_US: Final = 5 * 60 * 1_000_000
"""A transaction that is open longer holds up the server's clearing away."""


def hindrances(facts: Facts) -> Iterator[Finding]:
    """Whether somebody keeps the server from clearing away old rows: then every claim reads through more and more of them."""
    old = [one for one in facts.hindrances if one.age_us is not None and one.age_us > SNAPSHOT_AGE_MAX_US]
    for one in old:
        name = f"{one.what} of process {one.which}" if one.what == "transaction" else f"{one.what} {one.which}"
        who = f" ({one.who})" if one.who else ""
        yield Finding(
            level=Level.WARNING,
            topic="old transactions",
            what=f"{name}{who} is open for {words.duration(one.age_us or 0)}; meanwhile the server clears nothing away, and "
            "looking for jobs takes longer and longer",
            advice=f"let it end, or end it: {one.cure}",
        )
    slots = [one for one in facts.hindrances if one.age_us is None and one.log_bytes > LOG_MAX_BYTES]
    for one in slots:
        yield Finding(
            level=Level.WARNING,
            topic="replication",
            what=f"nobody reads the replication slot {one.which}, and for it the server keeps "
            f"{words.grouped(one.log_bytes // 2**20)} MiB of its log",
            advice=f"let its reader go on, or drop it: {one.cure}",
        )
    if not old:
        yield Finding(topic="old transactions", what="none")
