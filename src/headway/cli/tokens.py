"""`headway tokens`: what programs use the API with."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "add": Entry("headway.cli.tokens_add", "Make a token, and print it this once."),
    "list": Entry("headway.cli.tokens_list", "Show all tokens and sign-in links."),
    "revoke": Entry("headway.cli.tokens_revoke", "Let a token open nothing any more."),
})  # fmt: skip

command = LazyGroup(
    name="tokens",
    entries=COMMANDS,
    help="Make and revoke the tokens that programs use the API with.",
    no_args_is_help=True,
)
