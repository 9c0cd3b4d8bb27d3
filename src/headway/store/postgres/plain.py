"""What many processes may do at the same moment: statements that touch only rows which are theirs, or new.

Every other statement is written for one writer at a time. A transaction that shares the schema's lock and comes to such a
statement is rolled back, and run again alone.
"""

from __future__ import annotations

from typing import Final

PLAIN: Final = frozenset({
    # new jobs on which nothing hangs
    "insert_plain_job",
    "insert_plain_body",
    "insert_whole_job",
    # calls that were committed elsewhere
    "take_outbox",
    # what a holder says and writes of its own jobs: each is running, under its epoch, and nobody else writes that
    "fenced_jobs",
    "held_jobs",
    "marks",
    "last_line",
    "store_progress",
    "store_checkpoint",
    "insert_line",
    "count_lines",
    "cut_lines",
    "verdict",
    "complete_jobs",
    "insert_success",
    "store_results",
    "store_result",
    "settle_job",
    "insert_attempt",
    "reset_progress",
    "insert_event",
    # the grant: candidates are locked, and those that others have locked are passed over
    "turn_facts",
    "next_due",
    "ready_groups",
    "ready_jobs",
    "ready_level",
    "ready_levels",
    "grant_jobs",
    "live_names",
    # ended jobs on their way to the archive: locked, and those that others have locked are passed over
    "archivable",
    "record_of",
    "put_record",
    "mark_archived",
    "drop_body",
    "drop_attempt",
    "drop_event",
    "drop_progress",
    "drop_line",
    # in which line of history the store is
    "setting",
    # a sweep that finds no dead node; the latest one to say that it looked is right
    "set_setting",
    "dead_nodes",
    # the node's own row
    "beat",
    "renew_node",
    "stops",
})  # fmt: skip


class NotPlain(Exception):
    """The transaction came to something that is done alone; it is run again so."""
