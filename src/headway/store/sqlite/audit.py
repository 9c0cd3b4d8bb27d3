"""The audit: reads everything and reports each invariant that does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from headway.store.protocol import Breach
from headway.store.sqlite import month
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
    ("audit_grants", "every grant has its end", "the number of attempts does not fit the epoch"),
)
"""Statement, invariant, and what the finding says."""


def audit(tx: Transaction, folder: Path) -> tuple[Breach, ...]:
    """Every check over the main file, then every archived job in its month."""
    found: list[Breach] = []
    for statement, invariant, note in CHECKS:
        rows = tx.rows(statement, {"limit": FINDINGS_MAX})
        found += [Breach(invariant=invariant, job_id=row[0], note=note) for row in rows]
    check = tx.connection.execute("PRAGMA quick_check(10)").fetchall()
    if check != [("ok",)]:
        found += [Breach(invariant="the database file is sound", job_id=None, note=str(row[0])) for row in check]
    return (*found, *_archived(tx, folder))


def _archived(tx: Transaction, folder: Path) -> list[Breach]:
    """An archived job is in its month's file, unless that file was taken away."""
    found: list[Breach] = []
    for job_id, created_at in tx.rows("audit_archived"):
        path = month.month_file(folder, created_at)
        if not path.exists() or len(found) >= FINDINGS_MAX:
            continue
        if month.get(path, job_id) is None:
            note = f"it is neither here nor in {path.name}"
            found.append(Breach(invariant="every job is in the main file or in its archive", job_id=job_id, note=note))
    return found
