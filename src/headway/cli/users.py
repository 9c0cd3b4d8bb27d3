"""`headway users`: who signs in with the built-in login."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "add": Entry("headway.cli.users_add", "Make a user.", "add"),
    "list": Entry("headway.cli.users_list", "Show all users."),
    "permissions": Entry("headway.cli.users_add", "Let a user do more, or less.", "permit"),
    "password": Entry("headway.cli.users_add", "Give a user another password.", "rekey"),
    "link": Entry("headway.cli.users_link", "Print a link that signs a user in, once."),
    "disable": Entry("headway.cli.users_end", "Let nobody sign in as a user.", "disable"),
    "enable": Entry("headway.cli.users_end", "Let a disabled user sign in again.", "enable"),
    "remove": Entry("headway.cli.users_end", "Forget a user.", "remove"),
})  # fmt: skip

command = LazyGroup(
    name="users", entries=COMMANDS, help="Make and change the users of the built-in login.", no_args_is_help=True
)
