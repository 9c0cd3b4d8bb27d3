"""`headway batches`: everything about batches."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "list": Entry("headway.cli.batches_list", "List batches, newest first."),
    "show": Entry("headway.cli.batches_show", "Show one batch with its counts."),
    "cancel": Entry("headway.cli.batches_cancel", "Cancel batches with all their jobs."),
})  # fmt: skip

command = LazyGroup(name="batches", entries=COMMANDS, help="List, show and cancel batches.", no_args_is_help=True)
