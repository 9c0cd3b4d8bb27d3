"""The audit of the main file: reads everything in it and reports each invariant that does not hold."""

from __future__ import annotations

from typing import Final

from headway.store.protocol import Breach
from headway.store.sqlite.transaction import Transaction

FINDINGS_MAX: Final = 100
"""Of each kind."""

CHECKS: Final = (
    ("audit_running_without_node", "a running job has a node that is active", "it runs under no active node"),
    ("audit_success_records", "a completed job has exactly one success record", "it has another number of them"),
    ("audit_epochs", "an epoch is granted once and grows", "an attempt has a higher epoch than its job"),
    ("audit_final_moment", "a final job has its end's moment, another has none", "it does not"),
    ("audit_waiting", "a waiting job has parents that have not ended", "it waits for nobody"),
    ("audit_started_early", "a dependant starts only after its parents' success", "a parent has not completed"),
    ("audit_bodies", "a job that is not archived has its body here", "its body is missing"),
    ("audit_queue_sizes", "no more jobs of a queue run than its size", "it started when the queue was full"),
    ("audit_rates", "no more jobs start in a span than the rate limit of their queue", "more of one queue did"),
    ("audit_start_logs", "what a rate limit remembers adds up", "the starts of one do not"),
    ("audit_grants", "every grant has its end", "the number of attempts does not fit the epoch"),
)
"""Statement, invariant, and what the finding says."""


def check_main(tx: Transaction) -> list[Breach]:
    """Every check over the main file."""
    found: list[Breach] = []
    for statement, invariant, note in CHECKS:
        rows = tx.rows(statement, {"limit": FINDINGS_MAX})
        found += [Breach(invariant=invariant, job_id=row[0], note=note) for row in rows]
    check = tx.connection.execute("PRAGMA quick_check(10)").fetchall()
    if check != [("ok",)]:
        found += [Breach(invariant="the database file is sound", job_id=None, note=str(row[0])) for row in check]
    return found
