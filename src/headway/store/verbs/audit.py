"""The audit of the main file: reads everything in it and reports each invariant that does not hold."""

from __future__ import annotations

from typing import Final

from headway.store.protocol import Breach
from headway.store.verbs.transaction import Transaction

FINDINGS_MAX: Final = 100
"""Of each kind."""
KNOWN_FOR_US: Final = 12 * 3600 * 1_000_000
"""Nodes, and the limits that they wrote down, are forgotten a day after they went: what is younger than this is judged by them."""
LEASE_MAX_US: Final = 3600 * 1_000_000
"""A node that died may have worked for so long after it was last seen."""

CHECKS: Final = (
    ("audit_running_without_node", "a running job has a node that is active", "it runs under no active node"),
    ("audit_success_records", "a completed job has exactly one success record", "it has another number of them"),
    ("audit_epochs", "an epoch is granted once and grows", "an attempt has a higher epoch than its job"),
    ("audit_final_moment", "a final job has its end's moment, another has none", "it does not"),
    ("audit_waiting", "a waiting job has parents that have not ended", "it waits for nobody"),
    ("audit_released", "a waiting job waits for something", "nothing is left that it waits for"),
    ("audit_callbacks", "an executed job has exactly one callback that has not ended", "it has another number of them"),
    ("audit_callback_jobs", "a callback that has not ended belongs to an executed job", "its job is not executed"),
    (
        "audit_children",
        "a job that an attempt asked for is there only with that attempt's success",
        "there is no success",
    ),
    ("audit_started_early", "a dependant starts only after its parents' success", "a parent has not completed"),
    ("audit_bodies", "a job that is not archived has its body here", "its body is missing"),
    ("audit_lanes", "a named worker runs one at a time", "another of the same named worker runs too"),
    ("audit_keys", "no more of a concurrency key run than its limit", "more of its key run"),
    ("audit_front", "who is ready or runs stands at the front of its lines", "it does not, or without reason"),
    ("audit_ready_early", "a job in a line is ready only when it is its turn", "it is ready before its turn"),
    (
        "audit_held_lanes",
        "a named worker on which nothing runs has a ready job",
        "it is the first, and it is not ready",
    ),
    (
        "audit_held_keys",
        "a concurrency key that is not full has ready jobs",
        "there is a place for it, and it is not ready",
    ),
    (
        "audit_held_rates",
        "a concurrency key that may start more has ready jobs",
        "there is room for it, and it is not ready",
    ),
    ("audit_key_rates", "no more jobs start in a span than the rate limit of their key", "more of its key had started"),
    ("audit_key_starts", "a start of a key with a rate limit is remembered", "its start is not"),
    (
        "audit_unique",
        "a unique key is held until its job has ended, or for its span",
        "it holds it too long or not at all",
    ),
    ("audit_batch_waits", "who waits for a batch is told when it ends", "it was not told"),
    ("audit_queue_sizes", "no more jobs of a queue run than its size", "it started when the queue was full"),
    (
        "audit_handler_limits",
        "no more jobs of a handler run than the limit that its worker knows",
        "it started when as many ran",
    ),
    (
        "audit_handler_rates",
        "no more jobs start in a span than the rate limit of their handler",
        "more of one handler did",
    ),
    ("audit_rates", "no more jobs start in a span than the rate limit of their queue", "more of one queue did"),
    ("audit_start_logs", "what a rate limit remembers adds up", "the starts of one do not"),
    ("audit_grants", "every grant has its end", "the number of attempts does not fit the epoch"),
)
"""Statement, invariant, and what the finding says."""

BATCH_CHECKS: Final = (
    ("audit_batch_counts", "a batch's counts are the states of its jobs", "they differ"),
    ("audit_batch_ends", "a closed batch has ended when everything in it has, and not before", "it does not fit"),
    ("audit_batch_calls", "a batch's calls are made once, when it ends", "one was not made, or too early"),
)
"""The same, of batches, by name."""

SCHEDULE_CHECKS: Final = (
    ("audit_tick_jobs", "an instant of a schedule has one job, and that is its own", "a run's job is another one"),
    ("audit_tick_ends", "a run of a schedule ends with its job", "it does not"),
    ("audit_schedules_due", "exactly the active schedules are due at some time", "it is not active, or is never due"),
    ("audit_schedules_judged", "no instant is due that was judged", "its next instant was judged"),
    ("audit_schedule_counts", "a schedule counts its runs and knows its last success", "there are more, or later ones"),
)
"""The same, of schedules, by name."""


def check_main(tx: Transaction) -> list[Breach]:
    """Every check over the main file."""
    found: list[Breach] = []
    now = tx.now_us
    values = {"limit": FINDINGS_MAX, "now": now, "since": now - KNOWN_FOR_US, "lag": LEASE_MAX_US}
    for statement, invariant, note in CHECKS:
        rows = tx.rows(statement, values)
        found += [Breach(invariant=invariant, job_id=row[0], note=note) for row in rows]
    for statement, invariant, note in BATCH_CHECKS:
        rows = tx.rows(statement, values)
        found += [Breach(invariant=invariant, job_id=None, note=f"batch {row[0]!r}: {note}") for row in rows]
    for statement, invariant, note in SCHEDULE_CHECKS:
        rows = tx.rows(statement, values)
        found += [
            Breach(invariant=invariant, job_id=None, note=f"schedule {row[0]!r}: {note}") for row in dict.fromkeys(rows)
        ]
    found += [Breach(invariant="the database itself is sound", job_id=None, note=note) for note in tx.damage()]
    return found
