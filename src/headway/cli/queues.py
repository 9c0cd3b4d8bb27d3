"""`headway queues`: how queues stand, and what may start of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "list": Entry("headway.cli.queues_list", "Show how each queue stands."),
    "pause": Entry("headway.cli.queues_pause", "Let no job of a queue start; what runs goes on.", "pause"),
    "resume": Entry("headway.cli.queues_pause", "Let jobs of a paused queue start again.", "resume"),
    "resize": Entry("headway.cli.queues_limit", "Set how many jobs of a queue may run at once.", "resize"),
    "rate": Entry("headway.cli.queues_limit", "Set how many jobs of a queue may start in a span of time.", "rate"),
})  # fmt: skip

command = LazyGroup(
    name="queues", entries=COMMANDS, help="Show queues; pause, resume and limit them.", no_args_is_help=True
)
