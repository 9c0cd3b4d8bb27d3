"""`headway jobs`: everything about single jobs."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "list": Entry("headway.cli.jobs_list", "List jobs, newest first or sorted."),
    "show": Entry("headway.cli.jobs_show", "Show everything about one job."),
    "explain": Entry("headway.cli.jobs_explain", "Say why a job is not running."),
    "log": Entry("headway.cli.jobs_log", "Print a job's log."),
    "cancel": Entry("headway.cli.jobs_cancel", "Cancel jobs by id or filter."),
    "retry": Entry("headway.cli.jobs_retry", "Run failed or cancelled jobs again."),
    "delete": Entry("headway.cli.jobs_delete", "Delete jobs for good, by id or filter."),
    "replay": Entry("headway.cli.jobs_replay", "Do what ended jobs did once more, as new jobs."),
    "revise": Entry("headway.cli.jobs_revise", "Change a job that has not started."),
    "counts": Entry("headway.cli.jobs_counts", "Count the jobs in each state."),
})  # fmt: skip

command = LazyGroup(
    name="jobs",
    entries=COMMANDS,
    help="List, show, explain, change, cancel, retry and delete jobs.",
    no_args_is_help=True,
)
