"""`headway workers`: named workers, whose jobs run one at a time."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "restart": Entry("headway.cli.workers_restart", "Cancel what runs on a named worker; then the next job runs there."),
})  # fmt: skip

command = LazyGroup(name="workers", entries=COMMANDS, help="Restart named workers.", no_args_is_help=True)
