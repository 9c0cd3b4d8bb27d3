"""`headway recurring`: everything about schedules."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "list": Entry("headway.cli.recurring_list", "List schedules, with their next and last runs."),
    "show": Entry("headway.cli.recurring_show", "Show everything about one schedule."),
    "pause": Entry("headway.cli.recurring_pause", "Let schedules not fire.", "pause"),
    "resume": Entry("headway.cli.recurring_pause", "Let paused schedules fire again.", "resume"),
    "run": Entry("headway.cli.recurring_run", "Run a schedule's job now."),
    "revise": Entry("headway.cli.recurring_revise", "Change a schedule that is managed in the store."),
    "remove": Entry("headway.cli.recurring_remove", "Remove schedules; their jobs stay."),
    "preview": Entry("headway.cli.recurring_preview", "Say when a cron expression or an interval comes."),
    "diff": Entry("headway.cli.recurring_diff", "Say what a deployment would change."),
})  # fmt: skip

command = LazyGroup(
    name="recurring",
    entries=COMMANDS,
    help="List, show, pause, run, change and compare schedules.",
    no_args_is_help=True,
)
