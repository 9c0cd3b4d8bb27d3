"""What attempts say while they run: progress, status, statistics, checkpoint and log lines, under the fence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headway.model.outcome import Report
from headway.store.verbs.transaction import Transaction, as_json

LINES_MAX: Final = 1_000
LINES_HEAD: Final = 50
"""The first lines are kept, then the newest; the middle goes."""


def record(tx: Transaction, node_id: int, reports: Sequence[Report]) -> None:
    """Write the reports whose attempt still holds its job; the others change nothing."""
    if not reports:
        return
    held: dict[int, int] = dict(
        tx.rows("fenced_jobs", {"ids": as_json([report.id for report in reports]), "node_id": node_id})
    )
    for report in reports:
        if held.get(report.id) == report.epoch:
            write_report(tx, report)


def write_report(tx: Transaction, report: Report) -> None:
    """Write one report; the caller has checked the fence."""
    row = tx.row("last_line", {"id": report.id})
    before: int = 0 if row is None else row[0]
    first = before + report.skipped + 1
    last = before + report.skipped + len(report.lines)
    tx.change(
        "store_progress",
        {
            "id": report.id,
            "fraction": report.fraction,
            "message": report.message,
            "status": report.status,
            "stats": report.stats,
            "last_line": last,
        },
    )
    if report.checkpoint is not None:
        tx.change("store_checkpoint", (report.checkpoint, report.id))
    if report.lines:
        tx.many(
            "insert_line",
            [
                (report.id, number, report.epoch, line.at_us, line.level, line.text)
                for number, line in enumerate(report.lines, first)
            ],
        )
        _cut(tx, report.id, last)


def _cut(tx: Transaction, job_id: int, last: int) -> None:
    if last <= LINES_MAX:
        return
    row = tx.row("count_lines", {"id": job_id})
    surplus = (0 if row is None else row[0]) - LINES_MAX
    if surplus > 0:
        tx.change("cut_lines", {"id": job_id, "surplus": surplus, "head": LINES_HEAD})
