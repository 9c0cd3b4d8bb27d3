"""`headway acts`: what people did."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "list": Entry("headway.cli.acts_list", "List what people did, newest first."),
})  # fmt: skip

command = LazyGroup(
    name="acts", entries=COMMANDS, help="Show what people did: who changed what, and when.", no_args_is_help=True
)
